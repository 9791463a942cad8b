"""Courses of counters in which persons are affected, and what the program says of them."""
import json
import os
import subprocess
from collections import defaultdict

BASE = 10 * 3600  # 10:00, inside peak
PARTIES = ("01020000", "01030000")
AFTER = 60  # a person is known to be affected so long after the intent


def instant(second, fraction=""):
    return "2026-03-%02dT%02d:%02d:%02d%s+08:00" % (10 + second // 86400, second // 3600 % 24, second // 60 % 60,
        second % 60, fraction)


class Course:
    """What happened, second by second; written as the ticks in which it was known."""

    def __init__(self, begin=BASE, network="pay", link="cups", function="payment"):
        self.begin, self.cell = begin, {"network": network, "link": link, "function": function}
        self.cells, self.persons = defaultdict(dict), defaultdict(list)
        self.last = begin
        self.unseen = range(0)  # seconds in which the tap lost answers
        self.links = {}  # sums of the link that are not those of every second, by second
        self.parties = {}  # by the second in which they are known

    def outcome(self, second, province="32", known=None, **sums):
        sums = {name: value for name, value in sums.items() if value}
        self.cells[second + 1 if known is None else known][(province, second)] = sums
        self.last = max(self.last, second + 1 if known is None else known)

    def party(self, second, known=None, **sums):
        """How business fared with counterparties, each by its name."""
        self.parties.setdefault(second + 1 if known is None else known, []).append((second, sums))

    def affected(self, second, ids, kind="natural", province="32", known=None, served=False, function=None):
        known = second + AFTER if known is None else known
        self.persons[known].append((second, province, kind, served, ids, function))
        self.last = max(self.last, known)

    def group(self, province, second, function=None):
        cell = {**self.cell, "function": function or self.cell["function"]}
        return '"network":"%s","link":"%s","function":"%s","province":"%s","site":"上海数据中心","cohort":"%s"' % (
            cell["network"], cell["link"], cell["function"], province, instant(second))

    def write(self, out, until):
        order = {"natural": 0, "legal": 1, "unknown": 2, "merchant": 3}
        functions = {"consumption": 1, "query": 2}
        for tick in range(self.begin, until + 1):
            cells = ["{%s,%s}" % (self.group(province, second), json.dumps(sums)[1:-1])
                for (province, second), sums in sorted(self.cells.get(tick, {}).items())]
            affected = []
            for second, province, kind, served, ids, function in sorted(self.persons.get(tick, []),
                    key=lambda group: (functions.get(group[5], 0), group[1], group[0], order[group[2]], group[3])):
                affected.append('{%s,"kind":"%s"%s,"ids":["%s"]}' % (self.group(province, second, function), kind,
                    ',"served":true' if served else "", '","'.join(map("%016x".__mod__, ids))))
            where = {key: self.cell[key] for key in ("network", "link", "function")}
            parties = [json.dumps({**where, "counterparty": name, "cohort": instant(second), **of})
                for name, second, of in sorted((name, second, of) for second, sums in self.parties.get(tick, [])
                for name, of in sums.items())]
            link = {"link": self.cell["link"], "second": instant(tick - 1), "frames": 100, "seen_request_bytes": 10000,
                "seen_answer_bytes": 10000, **self.links.get(tick - 1, {})}
            if tick - 1 in self.unseen:
                link.update(missing_answer_bytes=100000, shortest_answer_bytes=100)
            out.write('{"tick":"%s","evicted":0,"cells":[%s],"links":[%s]%s%s}\n' % (instant(tick), ",".join(cells),
                json.dumps(link), ',"counterparties":[%s]' % ",".join(parties) if parties else "",
                ',"affected":[%s]' % ",".join(affected) if affected else ""))


class Program:
    def __init__(self, tapgrade, folder, into):
        self.tapgrade, self.into = tapgrade, into
        with open(os.path.join(folder, "settings.yaml"), encoding="utf-8") as source:
            self.settings = source.read().replace("../../config", os.path.abspath(os.path.join(folder, "../../config")))

    def grades(self, course, changes=None, after=120, normal_per_hour=None):
        settings, lines = os.path.join(self.into, "settings.yaml"), os.path.join(self.into, "counters.jsonl")
        text = self.settings
        with open(os.path.join(self.into, "normals.csv"), "w", encoding="utf-8") as out:
            out.write("network,function,province,hour,normal_per_hour\n")
            out.writelines(f"pay,payment,32,{hour},{normal_per_hour}\n" for hour in range(24))
        with open(os.path.join(self.into, "parties.tsv"), "w", encoding="utf-8") as out:
            out.write("field\tpart\tfrom\tto\tname\n" + "".join(f"100\tfirst\t{name}\t{name}\t{name}\n" for name in PARTIES))
        if normal_per_hour is not None:
            text = text.replace('normals: ""', f'normals: "{self.into}/normals.csv"', 1)
        for old, new in {'counterparties: ""': f'counterparties: "{self.into}/parties.tsv"', **(changes or {})}.items():
            assert old in text, old
            text = text.replace(old, new)
        with open(settings, "w", encoding="utf-8") as out:
            out.write(text)
        with open(lines, "w", encoding="utf-8") as out:
            course.write(out, course.last + after)
        done = subprocess.run([self.tapgrade, "replay", "-c", settings, "--start-at", "counters", "--stop-after",
            "grades", lines], check=True, stdout=subprocess.PIPE, encoding="utf-8")
        return [json.loads(line) for line in done.stdout.splitlines()]


def half_fails(course, first, seconds, demand=200, failed=None, province="32"):
    for second in range(first, first + seconds):
        bad = demand // 2 if failed is None else failed
        course.outcome(second, province, demand=demand, succeeded=demand - bad, failed=bad)


def healthy(course, first, seconds, demand=200, province="32"):
    for second in range(first, first + seconds):
        course.outcome(second, province, demand=demand, succeeded=demand)


def spread(course, persons, first, seconds, kind="natural", offset=0, **more):
    """`persons` different ones, evenly over the seconds."""
    for i in range(seconds):
        ids = range(offset + 1 + persons * i // seconds, offset + 1 + persons * (i + 1) // seconds)
        if len(ids) > 0:
            course.affected(first + i, ids, kind, **more)


def disturbance(seconds=600, persons=0, kind="natural", network="pay", link="cups"):
    function = "payment"
    course = Course(network=network, link=link, function=function)
    healthy(course, BASE, 120)
    half_fails(course, BASE + 120, seconds)
    healthy(course, BASE + 120 + seconds, 120)
    spread(course, persons, BASE + 120, seconds, kind)
    return course


def last_of(grades):
    return (grades[-1]["grade"], grades[-1]["conservative_grade"]) if grades else (0, 0)


def check(what, found, expected):
    assert found == expected, f"{what}: {found}, not {expected}"
    print(f"{what}: {found}")
