"""Real brokers, and a feeder of messages, for tests/kafka: what `secure` and `faults` have in common."""
import collections
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

FEED, SOURCE, JARS = sys.argv[1:4]
BROKER = os.path.join(SOURCE, "tests/kafka/broker")
FOLDER = tempfile.mkdtemp(prefix="tapgrade-kafka-")
FAILED = []


def free_ports(count):
    """The first of `count` ports in a row that nobody listens on."""
    for first in range(19400, 19900, count):
        sockets = []
        try:
            for port in range(first, first + count):
                one = socket.socket()
                sockets.append(one)
                one.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise SystemExit("no free ports between 19400 and 19900")


def expect(what, condition, detail=""):
    print(("ok      " if condition else "NOT OK  ") + what + (f": {detail}" if detail else ""), flush=True)
    if not condition:
        FAILED.append(what)


def broker(*arguments, check=True):
    return subprocess.run([BROKER, *arguments], check=check, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def jars():
    broker("jars", JARS)


class Node:
    """One broker, in a folder of its own."""

    def __init__(self, name, port, more=""):
        self.port, self.folder = port, os.path.join(FOLDER, name)
        self.more = os.path.join(FOLDER, name + ".more")
        with open(self.more, "w", encoding="utf-8") as file:
            file.write(more)

    def start(self):
        broker("start", JARS, self.folder, str(self.port), self.more)
        return self

    def stop(self):
        broker("stop", self.folder)

    def kill(self):
        broker("kill", self.folder)

    @property
    def pid(self):
        with open(os.path.join(self.folder, "pid"), encoding="utf-8") as file:
            return int(file.read())

    def run(self, command, *arguments):
        return broker("run", JARS, command, "--bootstrap-server", f"127.0.0.1:{self.port}", *arguments)


def settings(name, brokers, compression="lz4", **replaced):
    """The demo's settings with other brokers, and with values of keys replaced."""
    with open(os.path.join(SOURCE, "tools/demo.settings.yaml"), encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"(?m)^(\s+)enabled: false", r"\1enabled: true", text)
    text = re.sub(r"(?m)^(\s+)brokers: .*", lambda m: f"{m[1]}brokers: '{brokers}'", text)
    text = re.sub(r"(?m)^(\s+)topic_prefix: .*", rf"\1topic_prefix: {name}", text)
    text = re.sub(r"(?m)^(\s+)compression: .*", rf"\1compression: {compression}", text)
    for key, value in {"topics": TOPICS, **replaced}.items():
        text, count = re.subn(rf"(?m)^  {key}: \{{[^}}]*\}}", lambda m, k=key, v=value: f"  {k}: {v}", text)
        if count != 1:
            raise SystemExit(f"the demo's settings have {count} times {key}")
    path = os.path.join(FOLDER, "tools", f"{name}.settings.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


TOPICS = "{create: true, partitions: 3, replication: 1, retention: 90d, counters: false, ecs: false}"


def mirror_source():
    """Settings name their files relative to themselves: the same names lead there from FOLDER/tools."""
    os.symlink(os.path.join(SOURCE, "config"), os.path.join(FOLDER, "config"))
    os.mkdir(os.path.join(FOLDER, "tools"))
    for name in os.listdir(os.path.join(SOURCE, "tools")):
        os.symlink(os.path.join(SOURCE, "tools", name), os.path.join(FOLDER, "tools", name))


def feed(name, path, incidents, pause_ms, wait_s, before=()):
    """Starts the feeder; its object comes from `fed`."""
    return subprocess.Popen([*before, FEED, path, os.path.join(FOLDER, name + ".sqlite"), str(incidents), str(pause_ms),
                             str(wait_s)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def fed(process):
    out, log = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"feed ended with {process.returncode}: {log}")
    return json.loads(out), log


def records(port, prefix):
    """Every record of finding, incident and draft, by topic and partition in their order; kcat mostly waits."""
    found = []
    readers = [subprocess.Popen(["kcat", "-C", "-q", "-e", "-J", "-b", f"127.0.0.1:{port}", "-t", f"{prefix}.{topic}.v1"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
               for topic in ("finding", "incident", "draft")]
    for reader in readers:
        for line in reader.communicate()[0].splitlines():
            record = json.loads(line)
            pairs = record["headers"]
            record["headers"] = dict(zip(pairs[::2], pairs[1::2]))
            found.append(record)
    return found


def check_topics(port, prefix, incidents):
    """Every message is there by distinct ce_id, and in order for each incident."""
    found = records(port, prefix)
    ids = collections.Counter(record["headers"]["ce_id"] for record in found)
    expect(f"{prefix}: every message is there", len(ids) == 3 * incidents, f"{len(ids)} of {3 * incidents}")
    again = sum(ids.values()) - len(ids)
    seen, orders = set(), collections.defaultdict(list)
    for record in sorted(found, key=lambda r: (r["topic"], r["partition"], r["offset"])):
        if record["headers"]["ce_id"] not in seen:
            seen.add(record["headers"]["ce_id"])
            orders[record["topic"], record["key"]].append(int(record["headers"]["ce_sequence"]))
    expect(f"{prefix}: in order for each incident", all(order == sorted(order) for order in orders.values()),
           f"{len(orders)} keys, {again} came again")
    return found


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False
