"""Plays the 200 scenarios and holds what tapgrade says of them against the truth."""
import json
import os
import re
import subprocess
import tempfile

import recipes
import truth

LOSSES = (0.1, 1, 5, 50)
# Business that is usual does not come, or is not seen, and leaves no trace: by the stricter reading that counts (T-R8, T-R11).
# So do the persons of a partial failure.
UNSEEN = ("partial failure", "deep lull", "holiday", "quiet stop", "dead tap", "one direction dark", "one of two taps dead")
BUCKET_S, LIMIT_S = 10, 5


def settings_text(source, two_links):
    with open(os.path.join(source, "tools/demo.settings.yaml"), encoding="utf-8") as given:
        text = given.read()
    text = text.replace("../out/demo", "unused").replace("../config", os.path.join(source, "config"))
    text = text.replace("generate/demo.normals.csv", "normals.csv").replace("time_limit: 30s", "time_limit: 5s")
    begin = text.index("  - id: cups-a\n")
    end = begin + re.search(r"(?m)^(?=\S|$)", text[begin:]).start()
    link = text[begin:end]
    other = link.replace("cups-a", "cups-b").replace("10.1.0.0", "10.3.0.0").replace("10.2.0.0", "10.4.0.0")
    return text[:begin] + link + (other if two_links else "") + text[end:]


class Played:
    """One scenario through the program."""

    def __init__(self, tapgrade, source, recipe, loss=None):
        self.recipe, self.loss = recipe, loss
        with tempfile.TemporaryDirectory() as into:
            self.into, self.tapgrade = into, tapgrade
            settings = self.path("settings.yaml", settings_text(source, recipe.two_links))
            usual = self.path("usual.yaml", recipe.text(usual=True))
            scenario, capture = self.path("scenario.yaml", recipe.text(loss)), os.path.join(into, "capture.pcap")
            lines = os.path.join(into, "truth.jsonl")
            self.run("generate", usual, "--normals", os.path.join(into, "normals.csv"))
            self.run("generate", scenario, "-o", capture, "--truth", lines)
            self.truth = truth.Truth(lines, LIMIT_S, recipe.failures)
            self.outages = self.records(settings, "outages", capture)
            self.grades = self.records(settings, "grades", capture)

    def path(self, name, text):
        path = os.path.join(self.into, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def run(self, *arguments):
        return subprocess.run([self.tapgrade, *arguments], check=True, stdout=subprocess.PIPE).stdout

    def records(self, settings, stage, capture):
        return [json.loads(line) for line in self.run("replay", "-c", settings, "--stop-after", stage, capture).splitlines()]

    def certain(self):
        """What is asserted without a stricter reading."""
        return [o for o in self.outages if o["kind"] == "interruption" and not o["suspected"] and not o["undeterminable"]
            and not o["assumes"]]

    def true_interruptions(self):
        """A stop without a trace asserts nothing (T-R11): it is told as blind."""
        start = truth.seconds(self.recipe.start)
        quiet = [(start + begin, start + end) for begin, end, kind, _ in self.recipe.faults if kind == "quiet"]
        return self.truth.interruptions(quiet)


class Verdict:
    """What was found of one scenario, and what is wrong with it."""

    def __init__(self, played):
        self.recipe, self.wrong = played.recipe, []
        self.true = played.true_interruptions()
        certain = played.certain()
        self.spans = sum(len(of) for of in self.true.values())
        self.onsets, self.ends, self.missed, self.matched = [], [], 0, set()
        for group, spans in self.true.items():
            for span in spans:
                self.match(group, span, certain)
        self.false = [o for i, o in enumerate(certain) if i not in self.matched]
        self.wrong += [f"false: {describe(o)}" for o in self.false]
        last = played.grades[-1] if played.grades else None
        self.grade, self.met_at = by_time(last) if last else (0, None)
        self.any_grade = last["grade"] if last else 0
        self.conservative = last["conservative_grade"] if last else 0
        self.true_grade, self.true_met = truth.grade_of(self.true) if self.true else (0, None)
        self.heads = Heads(played, self.true) if last and last.get("persons") else None
        self.wrong += self.heads.wrong if self.heads else []

    def match(self, group, span, certain):
        near = [i for i, o in enumerate(certain) if (o["function"], o["province"]) == group
            and truth.seconds(o["from"]) < span[1] + BUCKET_S and truth.seconds(o["to"]) > span[0] - BUCKET_S]
        self.matched.update(near)
        if not near:
            self.missed += 1
            self.wrong.append(f"missed: {group} {span[1] - span[0]} s")
            return
        onset = min(truth.seconds(certain[i]["from"]) for i in near) - span[0]
        end = max(truth.seconds(certain[i]["to"]) for i in near) - span[1]
        if self.recipe.slack_s(*group) == BUCKET_S:
            self.onsets.append(onset)
            self.ends.append(end)
        if len(near) > 1:
            self.wrong.append(f"in {len(near)} pieces: {group}")
        slack = self.recipe.slack_s(*group)
        if abs(onset) > slack or abs(end) > slack:
            self.wrong.append(f"onset {onset:+.0f} s, end {end:+.0f} s: {group}")

    def check_grade(self):
        if self.recipe.healthy and (self.any_grade or (self.conservative and self.recipe.kind not in UNSEEN)):
            self.wrong.append(f"healthy, and graded {self.any_grade}, conservative {self.conservative}")
        elif self.grade != self.true_grade:
            self.wrong.append(f"graded {self.grade}, truly {self.true_grade}")
        elif self.true_grade and abs(self.met_at - self.true_met) > BUCKET_S:
            self.wrong.append(f"met {self.met_at - self.true_met:+.0f} s beside the truth")


class Heads:
    """Persons and merchants: those who were seen failing, and the span that holds all of them."""

    def __init__(self, played, interruptions):
        told, true, recipe = played.grades[-1]["persons"], played.truth.persons(interruptions, played.recipe.slack_s), played.recipe
        self.sharp, self.wrong = not recipe.loss and not recipe.dark and played.loss is None, []
        self.all, self.arrived = true.all("customer"), true.heads([i for i in true.affected if i.arrived], "customer")
        self.seen, self.best = told["seen"]["natural"], told["natural"]["best"]
        self.low, self.high = told["natural"]["low"], told["natural"]["high"]
        for kind, name, seen in (("customer", "natural", self.seen), ("merchant", "legal", told["seen"]["merchant"])):
            least, most = true.band(kind)
            if not least * self.sharp <= seen <= most:
                self.wrong.append(f"persons: {seen} {name} ones seen, truly {least} to {most}")
        self.exact = self.seen == self.arrived and told["seen"]["merchant"] == true.heads(
            [i for i in true.affected if i.arrived], "merchant")
        # A retry that served and was lost on the way to the tap makes one more of those who were seen failing.
        served = true.heads([i for i in true.doubtful if i.is_processed], "customer")
        self.within = self.low - served <= self.all <= self.high
        if not self.within:
            self.wrong.append(f"persons: {self.low} to {self.high} told, truly {self.all}")
        self.off = abs(self.best - self.all) / max(self.all, 1)
        self.has_basis = not told["flags"]["without_basis"]


def by_time(record):
    """(grade, met_at) of what is met by durations alone: the truth of persons is another matter. A healthy network
    meets nothing at all."""
    met = [(c["grade"], -truth.seconds(c["met_at"])) for c in record["criteria"] if c["metric"] == "outage"]
    return (max(met)[0], -max(met)[1]) if met else (0, None)


def describe(outage):
    return f"{outage['function']} {outage['province']} {outage['from'][11:19]} to {outage['to'][11:19]} {outage['loss']['ratio']:.2f}"


def judge(tapgrade, source, number):
    """As the recipe's own tap saw it: everything has to be right."""
    verdict = Verdict(Played(tapgrade, source, recipes.Recipe(number)))
    verdict.check_grade()
    return verdict


def judge_lossy(tapgrade, source, number, loss):
    """Behind a tap that loses more: nothing healthy may be an outage; what is one may be left open, but not denied."""
    verdict = Verdict(Played(tapgrade, source, recipes.Recipe(number), loss))
    verdict.wrong = [f"false: {describe(o)}" for o in verdict.false]
    if verdict.recipe.healthy and (verdict.any_grade or (verdict.conservative and verdict.recipe.kind not in UNSEEN)):
        verdict.wrong.append(f"healthy, and graded {verdict.grade}, conservative {verdict.conservative}")
    return verdict
