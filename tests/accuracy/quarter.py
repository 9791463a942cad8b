"""A quarter, as counters: how loud it is while all is well, and which of thirty hidden outages are found.

Loudness (what a person hears): the wall shows what is suspected; the operator's tone sounds at a grade of 一般 or above; a
provisional brief opens when the conservative reading says 较大 and the default one does not."""
import datetime
import json
import os
import random
import subprocess
import tempfile

import scenarios
import truth

DAYS = 91
START = datetime.datetime.fromisoformat("2026-04-01T00:00:00+08:00")


def fault(begin_s, length_s, kind, name, share=100, **reach):
    more = "".join(f", {key}: [{', '.join(map(str, value))}]" for key, value in reach.items())
    return f"  - {{from: {begin_s}s, to: {begin_s + length_s}s, name: {name}, kind: {kind}, share: {share}{more}}}\n"


def at(day, hour, minute=0):
    return day * 86400 + hour * 3600 + minute * 60


def troubles(rng):
    """What a healthy bank has all the time: (faults, extras, blind)."""
    faults, extras, blind = [], [], []
    for day in range(DAYS):  # the cut-over at 23:00: a third of the business fails for a minute
        faults.append(fault(at(day, 23), 50, "failed", "cut-over", 30))
    for day in range(2, DAYS, 7):
        extras.append(f"  - {{from: {at(day, 2)}s, to: {at(day, 4)}s, name: batch, functions: [payment], rate: 25, declined: 30}}\n")
    for day in range(3, DAYS, 9):
        extras.append(f"  - {{from: {at(day, 13)}s, to: {at(day, 19)}s, name: crawler, functions: [query], rate: 6}}\n")
        hour = rng.randint(0, 23)
        extras.append(f"  - {{from: {at(day, hour)}s, to: {at(day, hour, 40)}s, name: card testing, functions: [payment], "
            "provinces: [44], rate: 30, declined: 97}\n")
    faults.append(fault(at(20, 11), 2 * 3600, "failed", "one issuer's outage", 9, functions=["payment"]))
    faults.append(fault(at(66, 15), 5400, "unanswered", "another issuer's", 6))
    for day in range(5, DAYS, 11):
        hour, kind = rng.randint(0, 23), rng.choice(("dead", "theirs", "ours", "part"))
        length, link = rng.choice((60, 180, 300, 480)), rng.choice(("cups-a", "cups-b"))
        more = {"dead": "", "theirs": ", sender: theirs", "ours": ", sender: ours", "part": ", share: 8"}[kind]
        blind.append(f"  - {{from: {at(day, hour)}s, to: {at(day, hour) + length}s, links: [{link}]{more}}}\n")
    return faults, extras, blind


def outages(rng):
    """Thirty real ones: more than 70 % of a main function of a whole province or of all; (text, begin, end)."""
    found = []
    for number in range(30):
        day, hour = 2 + number * 2 + number // 2, rng.choice((1, 3, 5, 8, 10, 11, 14, 16, 17, 20, 21))
        begin = at(day, hour, rng.randint(0, 55)) + rng.choice((0, 10, 30))
        # By night a window of 15 minutes decides, which shorter ones do not fill.
        length = rng.choice((1900, 2300, 2700) if hour < 6 else (300, 600, 1000, 1900, 2700))
        kind = rng.choice(("unanswered", "failed", "slow", "silence", "refused"))
        name = f"hidden {number}"
        if kind in ("silence", "refused"):
            text = fault(begin, length, kind, name)
        else:
            provinces = rng.choice(([31, 44], [32, 44], [31, 32, 44], [44], [32]))
            text = fault(begin, length, kind, name, rng.choice((86, 92, 100)), provinces=provinces)
        found.append((text, begin, begin + length))
    return found


class Quarter:
    def __init__(self, options, hidden):
        rng = random.Random(7)
        with open(os.path.join(options.source, "tests/accuracy/quarter.yaml"), encoding="utf-8") as given:
            text = given.read()
        faults, extras, blind = troubles(rng)
        self.hidden = outages(random.Random(30)) if hidden else []
        text += "faults:\n" + "".join(faults + [one[0] for one in self.hidden]) + "extras:\n" + "".join(extras) + "blind:\n" + "".join(blind)
        with tempfile.TemporaryDirectory() as into:
            course, settings = os.path.join(into, "course.yaml"), os.path.join(into, "settings.yaml")
            for path, content in ((course, text), (settings, scenarios.settings_text(options.source, True))):
                with open(path, "w", encoding="utf-8") as out:
                    out.write(content)
            open(os.path.join(into, "normals.csv"), "w", encoding="utf-8").close()
            subprocess.run([options.tapgrade, "generate", "--counters", settings, course, "--normals", os.path.join(into, "normals.csv")],
                check=True)
            self.incidents = self.play(options, settings, course)

    @staticmethod
    def play(options, settings, course):
        with subprocess.Popen([options.tapgrade, "generate", "--counters", settings, course, "-o", "-"], stdout=subprocess.PIPE) as made:
            played = subprocess.run([options.tapgrade, "replay", "-c", settings, "--start-at", "counters", "--stop-after", "incidents",
                "-"], stdin=made.stdout, stdout=subprocess.PIPE, check=True)
        by_id = {}
        for line in played.stdout.splitlines():
            event = json.loads(line)
            by_id.setdefault(event["incident"], []).append(event)
        return [Incident(events) for events in by_id.values()]

    def near(self, span):
        return [one for one in self.incidents if one.begin < span[1] + 60 and one.end > span[0] - 60]


class Incident:
    def __init__(self, events):
        start = START.timestamp()
        self.events = events
        self.begin = truth.seconds(events[0]["first_suspected"]) - start
        self.end = truth.seconds(events[-1]["at"]) - start
        self.grade = max(event["grade_code"] for event in events)
        self.conservative = max(event["conservative_grade_code"] for event in events)

    def text(self):
        at_text = (START + datetime.timedelta(seconds=self.begin)).strftime("%m-%d %H:%M:%S")
        return f"{at_text}, {self.grade}/{self.conservative}, {self.events[-1]['condition']}"


def report(options):
    healthy, struck = Quarter(options, False), Quarter(options, True)
    tones = [one for one in healthy.incidents if one.grade >= 1]
    briefs = [one for one in healthy.incidents if one.conservative >= 2 > one.grade]
    missed = [one for one in struck.hidden if not struck.near(one[1:])]
    print("\n".join(f"tone or brief: {one.text()}" for one in tones + briefs))
    print("\n".join(f"missed: {one[0]}" for one in missed))
    weeks = DAYS / 7
    lines = ["| 91 days | came out | goal |", "| --- | --- | --- |",
        f"| healthy: on the wall only (suspected) | {len(healthy.incidents) - len(tones) - len(briefs)} | – |",
        f"| healthy: operator's tone (一般 and above) | {len(tones)}, {len(tones) / weeks:.2f} a week | at most 1 a week |",
        f"| healthy: provisional briefs (待判定) | {len(briefs)} | at most 1 a quarter |",
        f"| with 30 outages hidden in it: missed | {len(missed)} | 0 |"]
    return len(tones) <= weeks and len(briefs) <= 1 and not missed, "\n".join(lines)
