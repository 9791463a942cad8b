"""A quarter, as counters: how loud it is while all is well, and which of thirty hidden outages are found.

Loudness (what a person hears): the wall shows what is suspected; the operator's tone sounds at a grade of 一般 or above; a
provisional brief opens when the conservative reading says 较大 and the default one does not."""
import csv
import datetime
import json
import os
import random
import subprocess
import tempfile

import scenarios
import truth

DAYS = 91
PROVINCES = (31, 32, 44, 54)
WINDOWS_S = (10, 60, 300, 900)
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
        found.append(outage(rng, begin, rng.choice((300, 600, 1000, 1900, 2700)), f"hidden {number}"))
    return found


def outage(rng, begin, length, name):
    kind = rng.choice(("unanswered", "failed", "slow", "silence", "refused"))
    if kind in ("silence", "refused"):
        return Outage(fault(begin, length, kind, name), begin, begin + length, 100, PROVINCES, False)
    provinces, share = rng.choice(([31, 44], [32, 44], [31, 32, 44], [44], [32])), rng.choice((86, 92, 100))
    return Outage(fault(begin, length, kind, name, share, provinces=provinces), begin, begin + length, share, provinces, True)


def nights(rng, others):
    """Short ones between midnight and 6 o'clock, when provinces have 1 to 30 intents a minute."""
    found = []
    for number in range(30):
        day = 1 + 3 * number
        begin = at(day, rng.randint(0, 5), rng.randint(0, 55)) + rng.choice((0, 10, 30))
        one = outage(rng, begin, rng.choice((120, 300, 600, 900)), f"night {number}")
        if all(abs(other.begin - begin) > 2 * 3600 for other in others):
            found.append(one)
    return found


class Outage:
    def __init__(self, text, begin, end, share, provinces, arrives):
        self.text, self.begin, self.end, self.share, self.provinces, self.arrives = text, begin, end, share, provinces, arrives

    def is_decidable(self, volumes):
        """Whether the rule's own widening decides it: the smallest of the aligned windows of 10 s, 1, 5 and 15 minutes
        that holds 30 intents of a function of a province, N = max(B, D), has more than 70 % of them lost. A tenth is left
        to chance."""
        return any(self.is_decided(volumes, group) for group in volumes.groups if int(group["province"]) in self.provinces)

    def is_decided(self, volumes, group):
        sizes = [size for size in WINDOWS_S if volumes.total(group, self.begin, size, self.arrives) >= 33]
        size = sizes[0] if sizes else None
        return size is not None and any((min(self.end, first + size) - max(self.begin, first)) * self.share > 77 * size
            for first in range(self.begin // size * size, self.end, size))


class Volumes:
    """What is asked, by the generator, and what is normal, by the bank's table."""

    def __init__(self, truth_path, table_path):
        with open(table_path, encoding="utf-8") as lines:
            self.table = {(row["function"], row["province"], int(row["hour"])): float(row["normal_per_hour"]) for row in csv.DictReader(lines)}
        with open(truth_path, encoding="utf-8") as lines:
            known = [json.loads(line) for line in lines]
        self.groups = next(line["groups"] for line in known if "groups" in line)
        self.days = [line["expected"] for line in known if "day" in line]
        self.all = sum(self.weight(group) for group in self.groups)

    @staticmethod
    def weight(group):
        return group["rate_milli"] * group["share_ppm"]

    def total(self, group, second, length, arrives):
        """N of so many seconds: max(B, D); of what never arrives nothing is known but B."""
        normal = self.table[group["function"], group["province"], second % 86400 // 3600] * length / 3600
        return max(normal, self.asked(group, second, length)) if arrives else normal

    def asked(self, group, second, length):
        """Straight lines between the middles of hours."""
        hours, place = self.days[second // 86400], second % 86400 / 3600 - 0.5
        low, part = int(place // 1), place % 1
        hourly = hours[max(low, 0)] * (1 - part) + hours[min(low + 1, 23)] * part
        return hourly * self.weight(group) / self.all * length / 3600


class Quarter:
    def __init__(self, options, hidden):
        rng = random.Random(7)
        with open(os.path.join(options.source, "tests/accuracy/quarter.yaml"), encoding="utf-8") as given:
            text = given.read()
        faults, extras, blind = troubles(rng)
        self.hidden = outages(random.Random(30)) if hidden else []
        self.hidden += nights(random.Random(5), self.hidden) if hidden else []
        text += "faults:\n" + "".join(faults + [one.text for one in self.hidden]) + "extras:\n" + "".join(extras) + "blind:\n" + "".join(blind)
        with tempfile.TemporaryDirectory() as into:
            course, settings = os.path.join(into, "course.yaml"), os.path.join(into, "settings.yaml")
            for path, content in ((course, text), (settings, scenarios.settings_text(options.source, True))):
                with open(path, "w", encoding="utf-8") as out:
                    out.write(content)
            open(os.path.join(into, "normals.csv"), "w", encoding="utf-8").close()
            known = os.path.join(into, "truth.jsonl")
            subprocess.run([options.tapgrade, "generate", "--counters", settings, course, "-o", "/dev/null", "--truth", known,
                "--normals", os.path.join(into, "normals.csv")], check=True, stdout=subprocess.DEVNULL)
            volumes = Volumes(known, os.path.join(into, "normals.csv"))
            self.decidable = [one for one in self.hidden if one.is_decidable(volumes)]
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

    def is_found(self, outage):
        return any(one.begin < outage.end + 60 and one.end > outage.begin - 60 for one in self.incidents)


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
    missed = [one for one in struck.decidable if not struck.is_found(one)]
    others = [one for one in struck.hidden if one not in struck.decidable]
    print("\n".join(f"tone or brief: {one.text()}" for one in tones + briefs))
    print("\n".join(f"missed: {one.text}" for one in missed))
    print("\n".join(f"too few to decide, and not told: {one.text}" for one in others if not struck.is_found(one)))
    weeks = DAYS / 7
    lines = ["| 91 days | came out | goal |", "| --- | --- | --- |",
        f"| healthy: on the wall only (suspected) | {len(healthy.incidents) - len(tones) - len(briefs)} | – |",
        f"| healthy: operator's tone (一般 and above) | {len(tones)}, {len(tones) / weeks:.2f} a week | at most 1 a week |",
        f"| healthy: provisional briefs (待判定) | {len(briefs)} | at most 1 a quarter |",
        f"| with {len(struck.hidden)} outages hidden in it, {sum(one.begin % 86400 < 6 * 3600 for one in struck.hidden)} by night: decidable, and "
        f"missed | {len(struck.decidable)}, {len(missed)} | 0 missed |",
        f"| too few intents in time for any window of the rule to decide them; of those told all the same | {len(others)}, "
        f"{sum(struck.is_found(one) for one in others)} | – |"]
    return len(tones) <= weeks and len(briefs) <= 1 and not missed, "\n".join(lines)
