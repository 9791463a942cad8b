"""What was really lost, and whom it affected, from the generator's truth alone: of every function and province the
wanted and the processed intents by bucket of 10 s, the stretches in which more than 70 % was lost, what articles 9(一)
and 10(一) make of them, and the persons behind what failed (7(二) to 10(二)). Written without a look at the detectors:
what both say alike is right twice.

The generator says which tries are of one intent. One that a retry served within 60 s of its first failure was wanted
and processed in the second of that retry; any other in the second of its first try. What is normal in a bucket are the
intents that were asked for first there."""
import collections
import datetime
import json

BUCKET_S, MERGE = 10, 18  # buckets
FEWEST = 8  # of a bucket of the truth: a share of fewer says nothing
LOST_PERCENT = 70
SERVED_WITHIN_S = 60
PROCESSED = ("succeeded", "declined")
EXCESS_FEWEST, EXCESS_TIMES, EXCESS_SIGMAS = 30, 2, 3
WINDOWS = (1, 6, 30)  # buckets: 10 s, a minute, five


def seconds(text):
    return datetime.datetime.fromisoformat(text).timestamp()


class Intent:
    """What a customer wanted once."""

    def __init__(self, tries, limit_s):
        self.tries = tries = sorted(tries, key=lambda attempt: attempt["requested_at"])
        first, self.served = tries[0], None
        if first["outcome"] not in PROCESSED:
            due = known_at(first, limit_s) + SERVED_WITHIN_S
            self.served = next((a for a in tries[1:] if a["outcome"] in PROCESSED and seconds(a["answered_at"]) <= due), None)
        self.is_processed = first["outcome"] in PROCESSED or self.served is not None
        counted = self.served or first
        self.group, self.second = (counted["function"], counted["province"]), seconds(counted["requested_at"])
        self.bucket, self.asked_in = int(self.second) // BUCKET_S, int(seconds(first["requested_at"])) // BUCKET_S
        self.customer, self.merchant = first["customer"], first["merchant"]
        self.arrived = first["outcome"] != "unsent"
        self.known_at = known_at(first, limit_s)
        # Lost on the wire's way to the tap, not on the customer's: nobody can tell what became of it.
        self.seen = all(a["seen_request"] and (a["seen_answer"] or not a["answered_at"]) for a in tries if a["outcome"] != "unsent")


def known_at(attempt, limit_s):
    """When the try's outcome is certain."""
    asked = seconds(attempt["requested_at"])
    return min(seconds(attempt["answered_at"]), asked + limit_s) if attempt["answered_at"] else asked + limit_s


class Truth:
    def __init__(self, path, limit_s=5, failing_percent=0):
        self.asked, self.wanted, self.processed = (collections.defaultdict(collections.Counter) for _ in range(3))
        self.share = failing_percent / 100  # of what fails on any day
        tries = collections.defaultdict(list)
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                attempt = json.loads(line)
                if "summary" not in attempt and attempt["kind"] == "business":
                    tries[attempt["intent"]].append(attempt)
        self.intents = [Intent(of, limit_s) for of in tries.values()]
        for intent in self.intents:
            self.asked[intent.group][intent.asked_in] += 1
            self.wanted[intent.group][intent.bucket] += 1
            self.processed[intent.group][intent.bucket] += intent.is_processed

    def is_lost(self, group, buckets):
        wanted = max(sum(self.asked[group][b] for b in buckets), sum(self.wanted[group][b] for b in buckets))
        return wanted >= FEWEST and (wanted - sum(self.processed[group][b] for b in buckets)) * 100 > LOST_PERCENT * wanted

    def interruptions(self, skip=()):
        """(function, province) → [(from, to)] in seconds since 1970; `skip`: spans that assert nothing."""
        found = {}
        for group in self.wanted:
            bad = sorted(b for b in {*self.asked[group], *self.wanted[group]} if self.is_lost(group, [b])
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

    # ---- persons

    def persons(self, interruptions, slack_s):
        return Persons(self, interruptions, slack_s)

    def lost(self, group, buckets):
        """(failed, known) of those that arrived."""
        failed = sum(self.failed[group][b] for b in buckets)
        return failed, failed + sum(self.processed[group][b] for b in buckets)

    def counting(self, group, interruptions):
        """The buckets whose failures count: a significant excess in the bucket, in its minute or its five minutes; or
        an interruption; or next to such a bucket and twice as bad as usual."""
        buckets = set(self.wanted[group])
        found = {b for b in buckets for begin, end in interruptions.get(group, ()) if begin <= b * BUCKET_S < end}
        for size in WINDOWS:
            for first in {b // size * size for b in buckets}:
                window = range(first, first + size)
                if self.is_excess(*self.lost(group, window)):
                    found |= {b for b in window if self.is_worse(*self.lost(group, [b]))}
        return found | {b for at in found for b in (at - 1, at + 1) if self.is_worse(*self.lost(group, [b]))}

    def is_worse(self, failed, known):
        return failed > 0 and failed >= EXCESS_TIMES * self.share * known

    def is_excess(self, failed, known):
        above = failed - self.share * known
        return (failed >= EXCESS_FEWEST and self.is_worse(failed, known)
            and above ** 2 > EXCESS_SIGMAS ** 2 * self.share * (1 - self.share) * known)

    @property
    def failed(self):
        if not hasattr(self, "by_group"):
            self.by_group = collections.defaultdict(collections.Counter)
            for intent in self.intents:
                self.by_group[intent.group][intent.bucket] += intent.arrived and not intent.is_processed
        return self.by_group


class Persons:
    """Who was affected: of intents that no retry served, in buckets that count. `arrived`: their requests reached the
    tap; `all`: and those whose requests never did. `doubtful`: intents of which a tap cannot know, as a message was lost
    on the way to it; or that lie where a minute decides for a small cell."""

    def __init__(self, truth, interruptions, slack_s):
        counting = {group: truth.counting(group, interruptions) for group in truth.wanted}
        edges = {group: {b for span in spans for edge in span for b in self.around(edge, slack_s(*group))}
            for group, spans in interruptions.items() if slack_s(*group) > BUCKET_S}
        self.affected = [i for i in truth.intents if not i.is_processed and i.bucket in counting[i.group]]
        self.doubtful = [i for i in truth.intents if not (i.is_processed and i.served is None)
            and ((not i.seen and i.bucket in counting[i.group]) or i.bucket in edges.get(i.group, ()))]
        doubted = {id(i) for i in self.doubtful}
        self.certain = [i for i in self.affected if i.arrived and id(i) not in doubted]

    @staticmethod
    def around(edge, slack_s):
        return range(int(edge - slack_s) // BUCKET_S, int(edge + slack_s) // BUCKET_S + 1)

    @staticmethod
    def heads(intents, kind):
        return len({getattr(i, kind) for i in intents})

    def band(self, kind):
        """(least, most) of those who were seen failing that a tap may rightly count."""
        arrived = [i for i in self.affected if i.arrived]
        return self.heads(self.certain, kind), self.heads(arrived + self.doubtful, kind)

    def all(self, kind):
        return self.heads(self.affected, kind)


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
