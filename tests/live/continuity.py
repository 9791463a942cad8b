"""A capture played to a live run in pieces, with kills between them, and what the outputs hold then."""
import collections
import datetime
import glob
import hashlib
import json
import os
import sqlite3
import time
import zlib

import live

SCENE = os.path.join(live.SOURCE, "tests/scenarios/two-provinces")


def scene_settings(folder, key, **changes):
    return live.settings(folder, os.path.join(SCENE, "settings.yaml"), account_key=key, **changes)


def cut(capture, begin, end, path):
    """Packets in [begin, end)."""
    options = []
    for option, at in (("-A", begin), ("-B", end)):
        if at is not None:
            options += [option, at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")]
    live.run("editcap", "-F", "pcap", *options, capture, path, env={**os.environ, "TZ": "UTC"})
    return path


def start(path, capture):
    return live.Live(path, ["--clock", "packets"], ["--vdev", "net_pcap0,rx_pcap=" + capture])


def wait_for_all(one, capture):
    count = live.frames(capture)
    one.wait("the whole capture", lambda: one.is_receiving() and one.packets() == count)


def play(path, capture):
    one = start(path, capture)
    wait_for_all(one, capture)
    _, said, status = one.end()
    assert status == 0, f"exit status {status}: {said}"
    return said


def play_and_kill(path, capture):
    """Killed once everything that the capture lets be judged was."""
    folder = os.path.dirname(path)
    seen = [(last_tick(folder), 0)]
    one = start(path, capture)
    wait_for_all(one, capture)
    one.wait("the ticks", lambda: is_settled(folder, seen))
    one.process.kill()
    one.process.wait()


def is_settled(folder, seen):
    """Ticks of this process came, and then none more for 0.2 s. seen: first the last tick before it."""
    last = last_tick(folder)
    if seen[-1][0] != last:
        seen.append((last, time.monotonic()))
    return len(seen) > 1 and time.monotonic() - seen[-1][1] > 0.2


def segment_lines(path):
    """Whole lines of a gzipped file that may end anywhere."""
    with open(path, "rb") as file:
        text = zlib.decompressobj(31).decompress(file.read())
    return text[:text.rfind(b"\n") + 1].splitlines()


def segments(folder):
    return sorted(glob.glob(os.path.join(folder, "ledger", "*.journal", "*.jsonl.gz")))


def last_tick(folder):
    """None: there is no whole line yet."""
    for path in reversed(segments(folder)):
        found = segment_lines(path)
        if found:
            return datetime.datetime.fromisoformat(json.loads(found[-1])["tick"])
    return None


def lines(folder):
    paths = glob.glob(os.path.join(folder, "ledger", "*.jsonl"))
    if not paths:
        return []
    with open(paths[0], "rb") as file:
        return [line for line in file if line.endswith(b"\n")]


def ledger_rows(folder, query):
    [path] = glob.glob(os.path.join(folder, "ledger", "*.sqlite"))
    database = sqlite3.connect(path)
    rows = database.execute(query).fetchall()
    database.close()
    return rows


def candidates(folder):
    """Each (incident, grade, met_at) that was ever told, once, without ids: they are fixed by the first bucket."""
    found = set()
    for [text] in ledger_rows(folder, "SELECT json FROM incident_history"):
        event = json.loads(text)
        if event["grade_code"] > 0:
            found.add((event["incident"], event["grade_code"], event["met_at"]))
    return sorted(found)


def twice(folder):
    ids = collections.Counter(json.loads(line)["headers"]["ce_id"] for line in lines(folder))
    return [name for name, count in ids.items() if count > 1]


def breaks(folder):
    """Keys of entries that do not follow the one before them: the chain over all processes."""
    before, broken = bytes(32), []
    for kind, key, content, previous, found in ledger_rows(
            folder, "SELECT kind, key, content, previous, hash FROM entries ORDER BY number"):
        parts = b"".join(len(part.encode()).to_bytes(8, "little") + part.encode() for part in (kind, key, content))
        if (previous, found) != (before, hashlib.blake2b(before + parts, digest_size=32).digest()):
            broken.append(key)
        before = found
    return broken
