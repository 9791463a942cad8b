"""The 200 scenarios: what happens in each is drawn by its number alone, so that number 57 is the same
network, fault and tap for ever. Even numbers are healthy, whatever else they are; odd ones have one
outage (or two). No depth lies between 60 and 90 %: there chance alone moves single buckets over the line."""
import random

PROVINCES = (11, 13, 21, 31, 32, 33, 37, 41, 42, 44, 51, 61)
HEALTHY = ("plain", "lossy tap", "retries", "surge", "lull", "deep lull", "holiday", "partial failure", "reversals", "night",
           "dead tap", "one direction dark", "one of two taps dead", "quiet stop", "declines", "slow but in time")
OUTAGES = ("no_answer", "error_code", "silence", "refused", "unreachable", "slow", "mixed", "no_answer in a surge",
           "error_code in a lull", "twice", "blind inside", "one function", "no_answer, retried", "silence of one link")


class Recipe:
    """A scenario as text, and what is true of it beside the generator's own truth."""

    def __init__(self, number):
        self.number = number
        self.rng = rng = random.Random(20260000 + number)
        self.healthy = number % 2 == 0
        kinds = HEALTHY if self.healthy else OUTAGES
        self.kind = kinds[number // 2 % len(kinds)]
        self.two_links = self.kind in ("one of two taps dead", "silence of one link") or rng.random() < 0.25
        self.provinces = sorted(rng.sample(PROVINCES, rng.randint(2, 4)))
        self.functions = [("payment", "000000", 60), ("query", "300000", 40)] if self.kind == "one function" or rng.random() < 0.3 \
            else [("payment", "000000", 100)]
        self.rates = {province: rng.randint(4, 7) * len(self.functions) * (2 if self.two_links else 1) / (1 if rng.random() < 0.6 else 1.25)
                      for province in self.provinces}
        if self.kind == "night":
            self.rates = {province: rng.choice((0.2, 0.5, 1)) for province in self.provinces}
        self.minutes = rng.choice((22, 26, 30))
        hour = rng.randint(0, 5) if self.kind == "night" or rng.random() < 0.1 else rng.randint(8, 19)
        # Surges and lulls begin with an hour of the day.
        minute = 60 - rng.randint(5, 9) if "surge" in self.kind or "lull" in self.kind else rng.randint(0, 59)
        self.start = f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}T{hour:02d}:{minute:02d}:00+08:00"
        self.hour, self.level, self.normal_level = hour, 100, 100
        self.loss = rng.choice((0, 0, 0.1, 0.5, 1, 2))
        self.failures, self.declines = rng.choice((0, 0.1, 0.5, 1)), rng.choice((4, 6, 9))
        self.retries = self.reversals = None
        self.faults, self.dark = [], []
        self.conditions()
        if not self.healthy:
            self.outage()

    def conditions(self):
        rng, kind = self.rng, self.kind
        if "surge" in kind:
            self.level = rng.choice((180, 250, 320))
        elif kind == "deep lull":
            self.level = rng.choice((15, 22))
        elif "lull" in kind:
            self.level = rng.choice((40, 60, 75))
        elif kind == "holiday":
            self.normal_level = rng.choice((160, 220, 300))
        elif kind == "lossy tap":
            self.loss = 2
        elif kind == "declines":
            self.declines = 60
        elif kind == "reversals":
            self.reversals, self.failures = (80, "3s"), 2
        elif kind == "partial failure":
            self.fault(self.span(6, 14), rng.choice(("no_answer", "error_code")), rng.choice((10, 30, 50, 58)), rng.random() < 0.5)
        elif kind == "slow but in time":
            self.faults.append((*self.span(5, 10), "slow", "delay: 3s"))
        elif kind == "quiet stop":
            self.faults.append((*self.span(5, 10), "quiet", ""))
        elif "dark" in kind or "dead" in kind:
            begin, end = self.span(3, 10)
            links = ", links: [cups-b]" if "one of two" in kind else ""
            sender = ", sender: " + rng.choice(("client", "server")) if "direction" in kind else ""
            self.dark.append((begin, end, links + sender))
        if "retries" in kind or "retried" in kind or rng.random() < 0.3:
            self.retries = (rng.choice((40, 80)), rng.choice(("2s", "5s", "12s")), rng.choice((2, 3)))
        if kind == "retries":
            self.failures = 4

    def span(self, shortest, longest):
        """Of whole buckets, with time before and behind it for what is usual."""
        length = self.rng.randint(shortest * 6, min(longest, self.minutes - 11) * 6) * 10
        begin = self.rng.randint(36, (self.minutes * 60 - 300 - length) // 10) * 10 if self.minutes * 60 - 300 - length > 360 else 360
        return begin, begin + length

    def fault(self, span, kind, share, all_provinces):
        hit = self.provinces if all_provinces else self.provinces[:self.rng.randint(1, len(self.provinces))]
        more = ', code: "%s"' % self.rng.choice(("91", "96", "98")) if kind == "error_code" else ""
        self.faults.append((*span, kind, f"provinces: {hit}, share: {share}{more}".replace("'", "")))

    def outage(self):
        rng, kind = self.rng, self.kind
        depth = rng.choice((92, 95, 98, 100, 100))
        span = self.span(4, 18)
        if self.number % 3 == 0:  # long enough for art. 9(一)
            self.minutes = 30
            span = self.span(16, 19)
        if kind in ("refused", "unreachable"):
            self.faults.append((*span, kind, ""))
        elif kind == "silence":
            self.faults.append((*span, kind, ""))
        elif kind == "silence of one link":  # half of everything: no province is down, and nothing may be said to be
            self.faults.append((*span, "silence", "links: [cups-b]"))
        elif kind == "slow":
            self.faults.append((*span, "slow", "delay: 8s"))
        elif kind == "mixed":
            self.fault(span, "no_answer", 50, True)
            self.fault(span, "error_code", 96, True)
        elif kind == "one function":
            self.faults.append((*span, "error_code", f'functions: [query], share: {depth}, code: "96"'))
        elif kind == "twice":
            middle = (span[0] + span[1]) // 20 * 10
            gap = rng.choice((60, 120, 180, 190, 300)) // 2 // 10 * 10
            self.fault((span[0], middle - gap), "no_answer", depth, True)
            self.fault((middle + gap, span[1]), "error_code", depth, True)
        else:
            self.fault(span, "error_code" if kind.startswith("error_code") else "no_answer", depth, rng.random() < 0.6)
        if kind == "blind inside":
            begin = (span[0] + (span[1] - span[0]) // 3) // 10 * 10
            self.dark.append((begin, begin + 30, rng.choice((", sender: server", ""))))

    def slack_s(self, function, province):
        """How far an onset may be off: a bucket; where a bucket usually holds less than 30 intents, the minute that
        decides in its place."""
        share = next(share for name, _, share in self.functions if name == function)
        usual = self.rates[int(province)] * share / 100 * max(self.level, self.normal_level) / 100
        return 10 if min(self.rates[int(province)] * share / 100, usual) * 10 * 0.95 >= 30 else 60

    # ---- text

    def links(self):
        names = ["cups-a", "cups-b"] if self.two_links else ["cups-a"]
        return "".join(f"  - {{id: {name}, client: 10.{2 * i + 1}.0.10, server: '10.{2 * i + 2}.0.10:9001', "
            f"connections: {self.rng_connections()}}}\n" for i, name in enumerate(names))

    def rng_connections(self):
        return 4 + self.number % 5

    def hourly(self, level):
        """The next hour is another; all others are 100."""
        return "[" + ", ".join(str(level if hour == (self.hour + 1) % 24 else 100) for hour in range(24)) + "]"

    def provinces_text(self, level, factor, two_links):
        names = ["cups-a", "cups-b"] if two_links else ["cups-a"]
        return "".join(f"  - {{code: {code}, rate: {round(rate * factor / len(names), 3)}, link: {name}, hourly: {self.hourly(level)}}}\n"
            for code, rate in self.rates.items() for name in names)

    def faults_text(self):
        rows = "".join(f"  - {{from: {begin}s, to: {end}s, kind: {kind}{', ' if more else ''}{more}}}\n"
            for begin, end, kind, more in self.faults)
        return "faults:\n" + rows if rows else ""

    def tap_text(self, loss):
        rows = "".join(f"    - {{from: {begin}s, to: {end}s{more}}}\n" for begin, end, more in self.dark)
        return f"tap:\n  loss: {loss}\n  bare_ack: 10\n" + ("  dark:\n" + rows if rows else "")

    def text(self, loss=None, usual=False):
        """`usual`: what the operator's table of normal volumes is made from."""
        level, factor = (100, self.normal_level / 100) if usual else (self.level, 1)
        functions = "".join(f'  - {{id: {name}, mti: "0200", processing: "{code}", condition: "00", share: {share}}}\n'
            for name, code, share in self.functions)
        more = ""
        if self.retries:
            more += "retries: {share: %s, delay: %s, tries: %s}\n" % self.retries
        if self.reversals:
            more += "reversals: {share: %s, delay: %s}\n" % self.reversals
        return (f'seed: {self.number}\nstart: "{self.start}"\nduration: {self.minutes}min\ntail: 20s\nnetwork: pay\ndialect: cups\n'
            f"time_limit: 5s\necho: 10s\nlatency: {{min: 6ms, median: 35ms, max: 900ms}}\nlinks:\n{self.links()}"
            f'institutions: ["0306", "0105"]\nprovinces:\n{self.provinces_text(level, factor, self.two_links and not usual)}functions:\n{functions}'
            f'declines: {{share: {self.declines}, codes: ["51", "55"]}}\nfailures: {{share: {self.failures}, codes: ["96", "none"]}}\n'
            f"{more}{'' if usual else self.faults_text()}{self.tap_text(self.loss if loss is None else loss)}")


def all_recipes(count=200):
    return [Recipe(number) for number in range(count)]
