"""A run's verdict beside a replay's, without the names that say where a verdict comes from."""
import glob
import os
import re

import live

# Ids are made of the source: the sensor of a live run, the digest of a replay, which is marked as such.
NAMES = ((rb"[0-9a-f]{32}", b"ID"), (rb"scenarios", b"SOURCE"), (rb"[0-9a-f]{16}", b"ID"),
         (rb'"ce_replay":"true",', b""))


def played(settings, options, eal, ports, count):
    """Standard output and standard error of a run that saw so many packets."""
    one = live.Live(settings, ["--clock", "packets", *options], eal)
    one.wait("the whole capture", lambda: one.is_receiving() and sum(one.packets(port) for port in range(ports)) == count)
    out, said, status = one.end()
    assert status == 0, said
    return out.encode(), said


def replayed(settings, options, captures):
    return live.run(live.TAPGRADE, "replay", "-c", settings, *options, *captures)


def replay_lines(folder):
    """The JSON lines of the folder's one replay."""
    [path] = glob.glob(os.path.join(folder, "ledger", "replay-*.jsonl"))
    digest = re.sub(r".*/replay-|\.jsonl", "", path)
    return plain(path, digest)


def run_lines(folder):
    return plain(os.path.join(folder, "ledger", "scenarios.jsonl"), "no digest")


def plain(path, digest):
    with open(path, "rb") as file:
        text = re.sub(digest.encode() + rb"[0-9a-f]*", b"SOURCE", file.read())
    for name, instead in NAMES:
        text = re.sub(name, instead, text)
    return text
