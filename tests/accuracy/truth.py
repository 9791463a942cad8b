"""What was really lost, from the generator's truth alone: of every function and province the wanted and the
processed intents by bucket of 10 s, the stretches in which more than 70 % was lost, and what articles 9(一) and 10(一)
make of them. Written without a look at the detectors: what both say alike is right twice."""
import collections
import datetime
import json

BUCKET_S, MERGE = 10, 18  # buckets
FEWEST = 8  # of a bucket of the truth: a share of fewer says nothing
LOST_PERCENT = 70


def seconds(text):
    return datetime.datetime.fromisoformat(text).timestamp()


class Truth:
    def __init__(self, path):
        self.wanted, self.processed = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                self.add(json.loads(line))

    def add(self, attempt):
        if "summary" in attempt or attempt["kind"] != "business" or attempt["retry_of"]:
            return
        group, bucket = (attempt["function"], attempt["province"]), int(seconds(attempt["requested_at"])) // BUCKET_S
        self.wanted[group][bucket] += 1
        self.processed[group][bucket] += attempt["outcome"] in ("succeeded", "declined")

    def is_lost(self, group, buckets):
        wanted = sum(self.wanted[group][b] for b in buckets)
        return wanted >= FEWEST and (wanted - sum(self.processed[group][b] for b in buckets)) * 100 > LOST_PERCENT * wanted

    def interruptions(self, skip=()):
        """(function, province) → [(from, to)] in seconds since 1970; `skip`: spans that assert nothing."""
        found = {}
        for group in self.wanted:
            bad = sorted(b for b in self.wanted[group] if self.is_lost(group, [b])
                and not any(begin <= b * BUCKET_S < end for begin, end in skip))
            stretches = self.merge(group, bad)
            if stretches:
                found[group] = [(begin * BUCKET_S, (end + 1) * BUCKET_S) for begin, end in stretches]
        return found

    def merge(self, group, bad):
        """Every start is considered, and the longest stretch taken that is over the share as a whole and has no
        gap of more than 180 s; then what is left before and behind it (T-D19)."""
        if not bad:
            return []
        best = max(((end - begin, -begin, begin, end) for i, begin in enumerate(bad) for end in self.ends(bad, i)
            if self.is_lost(group, range(begin, end + 1))), default=None)
        if best is None:
            return []
        begin, end = best[2:]
        return (self.merge(group, [b for b in bad if b < begin]) + [(begin, end)]
            + self.merge(group, [b for b in bad if b > end]))

    @staticmethod
    def ends(bad, i):
        """Of stretches that begin with bad[i]."""
        yield bad[i]
        for before, b in zip(bad[i:], bad[i + 1:]):
            if b - before - 1 > MERGE:
                return
            yield b


def in_peak(second):
    return 9 <= ((int(second) + 28800) % 86400) / 3600 < 21


def grade_of(interruptions):
    """(grade, met_at) by articles 9(一) and 10(一); functions are judged each by itself, a second at a time."""
    best = (0, None)
    for function in {group[0] for group in interruptions}:
        spans = [span for group, of_group in interruptions.items() if group[0] == function for span in of_group]
        for grade, met in met_of(spans, [of for group, of in interruptions.items() if group[0] == function]):
            if grade > best[0] or (grade == best[0] and grade and met < best[1]):
                best = (grade, met)
    return best


def met_of(spans, by_province):
    first, last = min(s[0] for s in spans), max(s[1] for s in spans)
    both = single = 0
    run_of_two = 0
    longest = {i: 0 for i in range(len(by_province))}
    peak = dict(longest)
    for second in range(first, last):
        down = [i for i, of in enumerate(by_province) if any(a <= second < b for a, b in of)]
        run_of_two = run_of_two + 1 if len(down) >= 2 and in_peak(second) else (0 if len(down) < 2 else run_of_two)
        for i in longest:
            longest[i], peak[i] = (longest[i] + 1, peak[i] + in_peak(second)) if i in down else (0, 0)
            if peak[i] == 1800:
                yield 2, second + 1
            if longest[i] == 1800:
                yield 1, second + 1
        if run_of_two == 900:
            yield 2, second + 1
        both, single = both + (len(down) >= 2), single + bool(down)
