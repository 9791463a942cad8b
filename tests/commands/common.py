"""What the tests of the commands share: running them, and captures and settings made by hand."""
import os
import re
import struct
import subprocess

START_S = 1773108000  # 2026-03-10T10:00:00+08:00
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONFIG = os.path.join(SOURCE, "config")
SCENARIOS = os.path.join(SOURCE, "tests", "scenarios")


def run(*command, **more):
    more.setdefault("stdout", subprocess.PIPE)
    return subprocess.run(command, stderr=subprocess.PIPE, check=False, **more)


def write(path, data):
    with open(path, "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())
    return path


def frame(at_ns, payload):
    return struct.pack("<IIII", at_ns // 10**9, at_ns % 10**9, len(payload), len(payload)) + payload


def capture(*frames):
    return struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1) + b"".join(frames)


def generate(tapgrade, scenario, into):
    path = os.path.join(into, scenario + ".pcap")
    made = run(tapgrade, "generate", os.path.join(SCENARIOS, scenario, "scenario.yaml"), "-o", path)
    assert made.returncode == 0, made.stderr
    return path


def settings(path, into, *changes, ledgers="ledgers"):
    """The settings of a scenario with what they name made absolute, and texts changed."""
    with open(path, encoding="utf-8") as source:
        text = source.read()
    text = text.replace("../../../config", CONFIG).replace("../../config", CONFIG)
    text = text.replace("normals.csv", os.path.join(os.path.dirname(path), "normals.csv"))
    text = re.sub(r"folder: .*", "folder: " + os.path.join(into, ledgers), text)
    for old, new in changes:
        text = text.replace(old, new)
    return write(os.path.join(into, "settings.yaml"), text)
