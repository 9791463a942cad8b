"""A calendar year as counters: as long as a cup of coffee, and each of its incidents found at its instant with its
grade, nothing else; and the peak hours that the sensor finds by itself are those of the year's truth (art. 31(3))."""
import csv
import datetime
import json
import os
import re
import resource
import statistics
import subprocess
import tempfile

import scenarios
import truth

# By the articles, of the faults of year.yaml: (name, grade).
EXPECTED = {"settled at once": 0, "two provinces in peak": 2, "the whole site": 2, "in the night": 1, "slow": 2,
    "connections refused": 2, "a third is no interruption": 1}


# Days whose learned volumes are held against the truth: shape in year.yaml, date.
LEARNED = (("workday", "2026-12-31"), ("weekend", "2027-01-02"), ("holiday", "2026-10-07"))
MOST_OFF = 0.06  # of an hour: the level of days wavers by so much


def peak_hours(truth_lines):
    """Hours with more than 3 % of the year, as the settings name them."""
    hours = next(line["summary"]["hours"] for line in truth_lines if "summary" in line)
    peak = [hour for hour in range(24) if hours[hour] * 100 > 3 * sum(hours)]
    assert peak == list(range(peak[0], peak[-1] + 1)), "one stretch of hours"
    return f'["{peak[0]:02d}:00-{peak[-1] + 1:02d}:00"]'


def settings_text(options, peak):
    """No table of the bank's: what is normal is what the sensor learns."""
    text = scenarios.settings_text(options.source, False).replace("normals: normals.csv", 'normals: ""')
    return text.replace('store: ""', "store: normals.db").replace('["09:00-21:00"]', peak)


def play(options, into):
    course = os.path.join(options.source, "tests/accuracy/year.yaml")
    settings, lines = (os.path.join(into, name) for name in ("settings.yaml", "truth.jsonl"))
    for peak in ('["09:00-21:00"]', None):
        with open(settings, "w", encoding="utf-8") as out:
            out.write(settings_text(options, peak or peak_hours(known)).replace("folder: unused", f"folder: {into}"))
        if peak:
            subprocess.run([options.tapgrade, "generate", "--counters", settings, course, "-o", "/dev/null", "--truth", lines],
                check=True, stdout=subprocess.DEVNULL)
            with open(lines, encoding="utf-8") as given:
                known = [json.loads(line) for line in given]
    with subprocess.Popen([options.tapgrade, "generate", "--counters", settings, course, "-o", "-"], stdout=subprocess.PIPE) as made:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        played = subprocess.run([options.tapgrade, "replay", "-c", settings, "--learn", "--start-at", "counters", "--stop-after",
            "grades", "-"], stdin=made.stdout, capture_output=True, check=True, text=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    learned = [(*day, learned_hours(options.tapgrade, settings, day[1])) for day in LEARNED]
    return known, [json.loads(line) for line in played.stdout.splitlines()], played.stderr.decode(), took, learned


def learned_hours(tapgrade, settings, day):
    """Intents by hour, all functions and provinces."""
    said = subprocess.run([tapgrade, "normals", "export", "-c", settings, "--date", day], check=True, stdout=subprocess.PIPE, text=True)
    hours = [0.0] * 24
    for row in csv.DictReader(said.stdout.splitlines()):
        hours[int(row["hour"])] += float(row["normal_per_hour"])
    return hours


def usual_hours(known, shape, day):
    """By the generator: the median of the last eight days of the shape before yesterday."""
    days = [line["expected"] for line in known if line.get("shape") == shape and line["day"] < yesterday(day)][-8:]
    return [statistics.median(hours) for hours in zip(*days)]


def yesterday(day):
    return str(datetime.date.fromisoformat(day) - datetime.timedelta(days=1))


def learned_rows(known, learned):
    """Learned volumes beside what was usual."""
    rows, wrong = [], []
    for shape, day, hours in learned:
        usual = usual_hours(known, shape, day)
        off, worst = sum(hours) / sum(usual) - 1, max(abs(hour / true - 1) for hour, true in zip(hours, usual))
        rows.append(f"| {shape}, for {day} | {sum(usual):.0f} | {sum(hours):.0f}, {100 * off:+.1f} % | {100 * worst:.1f} % |")
        if worst > MOST_OFF:
            wrong.append(f"learned for {day}: {100 * off:+.1f} %, an hour {100 * worst:.1f} %")
    return rows, wrong


def report(options):
    with tempfile.TemporaryDirectory() as into:
        known, grades, said, took, learned = play(options, into)
    found = {}
    learned, wrong = learned_rows(known, learned)
    rows = []
    for record in grades:
        found.setdefault(truth.seconds(record["onset"]), []).append(record)
    for fault in (line for line in known if "fault" in line):
        begin = truth.seconds(fault["from"])
        near = [onset for onset in found if abs(onset - begin) <= (300 if fault["name"] == "in the night" else 10)]
        grade = max((record["grade"] for onset in near for record in found[onset]), default=None)
        rows.append(f"| {fault['name']} | {fault['from'][:16].replace('T', ' ')} | {EXPECTED[fault['name']]} | {'–' if grade is None else grade} |")
        if grade != EXPECTED[fault["name"]]:
            wrong.append(f"{fault['name']}: graded {grade}, truly {EXPECTED[fault['name']]}")
        for onset in near:
            del found[onset]
    wrong += [f"nothing happened: {records[-1]['onset']}, graded {records[-1]['grade']}" for records in found.values()]
    if re.search("other peak hours", said):
        wrong.append(f"peak hours: {said}")
    print("\n".join(wrong))
    return not wrong, "\n".join(["| what happened | when | grade by the rule | found |", "| --- | --- | --- | --- |", *rows, "",
        "| learned by the end of the year | truth: median of eight such days | learned | an hour off by at most |", "| --- | --- | --- | --- |", *learned, "",
        f"365 days of counters to grades: {took:.0f} s of CPU in `replay`."])
