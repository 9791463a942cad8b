"""A calendar year as counters: as long as a cup of coffee, and each of its incidents found at its instant with its
grade, nothing else; and the peak hours that the sensor finds by itself are those of the year's truth (art. 31(3))."""
import json
import os
import re
import resource
import subprocess
import tempfile
import time

import scenarios
import truth

# By the articles, of the faults of year.yaml: (name, grade).
EXPECTED = {"settled at once": 0, "two provinces in peak": 2, "the whole site": 2, "in the night": 1, "slow": 2,
    "connections refused": 2, "a third is no interruption": 1}


def peak_hours(truth_lines):
    """Hours with more than 3 % of the year, as the settings name them."""
    hours = next(line["summary"]["hours"] for line in truth_lines if "summary" in line)
    peak = [hour for hour in range(24) if hours[hour] * 100 > 3 * sum(hours)]
    assert peak == list(range(peak[0], peak[-1] + 1)), "one stretch of hours"
    return f'["{peak[0]:02d}:00-{peak[-1] + 1:02d}:00"]'


def play(options, into):
    course = os.path.join(options.source, "tests/accuracy/year.yaml")
    settings, lines, normals = (os.path.join(into, name) for name in ("settings.yaml", "truth.jsonl", "normals.csv"))
    text = scenarios.settings_text(options.source, False)
    for peak in ('["09:00-21:00"]', None):
        with open(settings, "w", encoding="utf-8") as out:
            out.write(text.replace('["09:00-21:00"]', peak or peak_hours(known)))
        if peak:
            with open(normals, "w", encoding="utf-8"):
                pass
            subprocess.run([options.tapgrade, "generate", "--counters", settings, course, "-o", "/dev/null", "--truth", lines,
                "--normals", normals], check=True, stdout=subprocess.DEVNULL)
            with open(lines, encoding="utf-8") as given:
                known = [json.loads(line) for line in given]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with subprocess.Popen([options.tapgrade, "generate", "--counters", settings, course, "-o", "-"], stdout=subprocess.PIPE) as made:
        played = subprocess.run([options.tapgrade, "replay", "-c", settings, "--start-at", "counters", "--stop-after", "grades", "-"],
            stdin=made.stdout, capture_output=True, check=True, text=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = (time.monotonic() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return known, [json.loads(line) for line in played.stdout.splitlines()], played.stderr.decode(), took


def report(options):
    with tempfile.TemporaryDirectory() as into:
        known, grades, said, took = play(options, into)
    wrong, rows, found = [], [], {}
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
    rows += [f"\n365 days to grades, on two busy cores: {took[0]:.0f} s by the clock, {took[1]:.0f} s of CPU in replay."]
    return not wrong, "\n".join(["| what happened | when | grade by the rule | found |", "| --- | --- | --- | --- |", *rows])
