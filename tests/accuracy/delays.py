"""How soon after its beginning a total outage is told, in event time: `suspected` (the incident's first event), and
较大 at the first tick at which it is certain whatever the open requests turn out to be, computed here from the truth.
Beside it, when the usual burn-rate alerts of Prometheus would have fired on the same business."""
import collections
import json
import os
import re
import shutil
import subprocess
import tempfile

import scenarios
import truth

LIMIT_S, BUCKET_S = 5, 10
START = "2026-03-10T09:57:00+08:00"
ONSET_S = 180  # after the start: 10:00:00
RATES = {32: 4, 33: 4, 44: 4}
# Kind, the fault, most seconds to the first alert.
KINDS = (
    ("no answer", "no_answer", "", 30),
    ("error codes", "error_code", ', code: "91"', 30),
    ("slow: answered after the limit", "slow", ", delay: 8s", 30),
    ("connections refused", "refused", "", 25),
    ("connections reset, then silence", "silence", "", 25),
    ("unreachable: no answer to a SYN", "unreachable", "", 30),
)


def scenario_text(kind, more, offset):
    rates = "".join(f"  - {{code: {code}, rate: {rate}}}\n" for code, rate in RATES.items())
    return (f'seed: 3\nstart: "{START}"\nduration: 20min\ntail: 10s\nnetwork: pay\ndialect: cups\ntime_limit: {LIMIT_S}s\necho: 10s\ncards: 300\n'
        "latency: {min: 6ms, median: 35ms, max: 900ms}\nlinks:\n  - {id: cups-a, client: 10.1.0.10, server: '10.2.0.10:9001', "
        f'connections: 6}}\ninstitutions: ["0306"]\nprovinces:\n{rates}functions:\n'
        '  - {id: payment, mti: "0200", processing: "000000", condition: "00", share: 100}\n'
        f'declines: {{share: 6, codes: ["51"]}}\nfaults:\n  - {{from: {ONSET_S + offset}s, to: 20min, kind: {kind}{more}}}\n')


def settings_text(source):
    """No merchants are counted on an issuer's link: the minutes alone decide."""
    return scenarios.settings_text(source, False).replace("role: acquirer", "role: issuer")


class Delay:
    """One outage through the program."""

    def __init__(self, options, kind, more, offset):
        with tempfile.TemporaryDirectory() as into:
            paths = {name: os.path.join(into, name) for name in ("settings.yaml", "scenario.yaml", "c.pcap", "t.jsonl", "normals.csv")}
            for name, text in (("settings.yaml", settings_text(options.source)),
                    ("scenario.yaml", scenario_text(kind, more, offset))):
                with open(paths[name], "w", encoding="utf-8") as out:
                    out.write(text)
            subprocess.run([options.tapgrade, "generate", paths["scenario.yaml"], "-o", paths["c.pcap"], "--truth", paths["t.jsonl"],
                "--normals", paths["normals.csv"]], check=True, stdout=subprocess.DEVNULL)
            lines = subprocess.run([options.tapgrade, "replay", "-c", paths["settings.yaml"], "--stop-after", "incidents",
                paths["c.pcap"]], check=True, stdout=subprocess.PIPE).stdout.splitlines()
            with open(paths["t.jsonl"], encoding="utf-8") as given:
                self.attempts = [a for a in map(json.loads, given) if a.get("kind") == "business"]
        self.events = [json.loads(line) for line in lines]
        self.begin = truth.seconds(START)
        self.onset = self.begin + ONSET_S + offset

    def suspected_after(self):
        return truth.seconds(self.events[0]["at"]) - self.onset if self.events else None

    def graded_at(self):
        return next((truth.seconds(event["at"]) for event in self.events if event["grade_code"] >= 2), None)

    def decidable_at(self):
        """Two provinces for 15 minutes, every bucket of them certain."""
        first = next(b for b in range(int(self.onset) // BUCKET_S, int(self.onset) // BUCKET_S + 3)
            if all(self.certain_at(p, b) is not None for p in RATES))
        buckets = range(first, first + 90)
        return sorted(max(self.certain_at(province, b) for b in buckets) for province in RATES)[1]

    def certain_at(self, province, bucket):
        """The first tick from the bucket's end on at which more than 70 % is lost even if all that is open succeeds."""
        usual, asked, end = RATES[province] * BUCKET_S, self.of(province, bucket), (bucket + 1) * BUCKET_S
        for tick in range(end, end + LIMIT_S + 1):
            saved = sum(1 for known_at, processed in asked if known_at > tick or processed)
            if (usual - saved) * 100 > 70 * usual:
                return tick
        return None

    def of(self, province, bucket):
        if not hasattr(self, "by_bucket"):
            self.by_bucket = collections.defaultdict(list)
            for a in self.attempts:
                asked_at = truth.seconds(a["requested_at"])
                in_time = a["answered_at"] and truth.seconds(a["answered_at"]) <= asked_at + LIMIT_S
                known_at = truth.seconds(a["answered_at"]) if in_time else asked_at + LIMIT_S
                if a["outcome"] != "unsent":
                    self.by_bucket[a["province"], int(asked_at) // BUCKET_S].append((known_at, a["outcome"] in ("succeeded", "declined")))
        return self.by_bucket[str(province), bucket]

    # ---- Prometheus: what clients count of the same business, every 15 s

    def series(self):
        wanted, failed = collections.Counter(), collections.Counter()
        for a in self.attempts:
            asked_at = truth.seconds(a["requested_at"])
            in_time = a["answered_at"] and truth.seconds(a["answered_at"]) <= asked_at + LIMIT_S
            known_at = truth.seconds(a["answered_at"]) if in_time else asked_at + LIMIT_S
            if a["outcome"] != "unsent":
                wanted[int((known_at - self.begin) // 15)] += 1
                failed[int((known_at - self.begin) // 15)] += a["outcome"] not in ("succeeded", "declined")
        return wanted, failed


RULES = """groups:
  - name: burn
    rules:
      - {alert: fast, expr: 'sum(rate(failed[1h])) / sum(rate(asked[1h])) > 14.4 * 0.001 and sum(rate(failed[5m])) / sum(rate(asked[5m])) > 14.4 * 0.001'}
      - {alert: slow, expr: 'sum(rate(failed[6h])) / sum(rate(asked[6h])) > 6 * 0.001 and sum(rate(failed[30m])) / sum(rate(asked[30m])) > 6 * 0.001'}
"""
HISTORY_S = 6 * 3600


def prometheus(delay, alert):
    """Seconds from the onset until the alert fires first; None: not within 16 minutes. The six hours before are healthy."""
    wanted, failed = delay.series()
    steps, history = 20 * 60 // 15, HISTORY_S // 15
    usual = sum(RATES.values()) * 15
    asked_values, failed_values, asked_sum, failed_sum = [], [], usual * history, 0
    for step in range(steps):
        asked_sum, failed_sum = asked_sum + wanted[step], failed_sum + failed[step]
        asked_values.append(str(asked_sum))
        failed_values.append(str(failed_sum))
    times = range(HISTORY_S + ONSET_S, HISTORY_S + 19 * 60, 15)
    firing = "".join(f"      - {{eval_time: {time}s, alertname: {alert}, exp_alerts: [{{exp_labels: {{}}}}]}}\n" for time in times)
    with tempfile.TemporaryDirectory() as into:
        with open(os.path.join(into, "rules.yaml"), "w", encoding="utf-8") as out:
            out.write(RULES)
        with open(os.path.join(into, "tests.yaml"), "w", encoding="utf-8") as out:
            out.write("rule_files: [rules.yaml]\nevaluation_interval: 15s\ntests:\n  - interval: 15s\n    input_series:\n"
                f"      - {{series: asked, values: '0+{usual}x{history} {' '.join(asked_values)}'}}\n"
                f"      - {{series: failed, values: '0+0x{history} {' '.join(failed_values)}'}}\n    alert_rule_test:\n{firing}")
        told = subprocess.run(["promtool", "test", "rules", "tests.yaml"], cwd=into, check=False, capture_output=True, text=True)
    silent = {duration(text) for text in re.findall(r"time: (\S+?),", told.stdout + told.stderr)}
    fired = [time for time in times if time not in silent]
    return fired[0] - HISTORY_S - (delay.onset - delay.begin) if fired else None


def duration(text):
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", text))


def seconds_text(value, most=""):
    return "never" if value is None else f"{value:.0f} s{most}"


def row(options, what, kind, more, most):
    wrong, worst = [], 0
    offsets = range(10) if options.offsets else (0, 4)
    for offset in offsets:
        delay = Delay(options, kind, more, offset)
        after, graded, decidable = delay.suspected_after(), delay.graded_at(), delay.decidable_at()
        worst = max(worst, after if after is not None else 9999)
        if after is None or not 0 < after <= most:
            wrong.append(f"{what}, {offset} s into a bucket: first alert after {after} s")
        if graded != decidable:
            wrong.append(f"{what}, {offset} s into a bucket: graded {graded and graded - delay.onset} s after the onset, decidable {decidable - delay.onset}")
        if offset == 0:
            first, graded_after = after, graded and graded - delay.onset
            fast, slow = (prometheus(delay, "fast"), prometheus(delay, "slow")) if shutil.which("promtool") else ("", "")
    text = (f"| {what} | {seconds_text(first)} | {seconds_text(worst)} | {seconds_text(graded_after)} | "
        f"{seconds_text(fast) if fast != '' else '–'} | {seconds_text(slow) if slow != '' else '–'} |")
    return wrong, text


def report(options):
    lines = ["| what happens | first alert, onset on a bucket's edge | at the worst offset | 较大 (900 s) told after | Prometheus, 14.4× over 1 h and 5 min | 6× over 6 h and 30 min |",
        "| --- | --- | --- | --- | --- | --- |"]
    wrong = []
    for kind in KINDS:
        found, text = row(options, *kind)
        wrong += found
        lines.append(text)
    print("\n".join(wrong))
    return not wrong, "\n".join(lines)
