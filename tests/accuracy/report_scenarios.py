"""The table of the scenarios: what was found, by kind, and how far onsets and ends lie from the truth."""
import multiprocessing
import os

import recipes
import scenarios

LOSSES = scenarios.LOSSES


def play(task):
    tapgrade, source, number, loss = task
    if loss is None:
        return task, scenarios.judge(tapgrade, source, number)
    return task, scenarios.judge_lossy(tapgrade, source, number, loss)


def play_all(options, losses):
    tasks = [(options.tapgrade, options.source, number, loss) for loss in losses
        for number in options.numbers or range(options.first)]
    with multiprocessing.Pool(min(2, os.cpu_count())) as pool:
        return pool.map(play, tasks, chunksize=2)


class Row:
    def __init__(self, kind):
        self.kind, self.scenarios, self.spans, self.missed, self.false, self.wrong = kind, 0, 0, 0, 0, []
        self.onsets, self.ends, self.grades, self.heads = [], [], 0, []

    def add(self, verdict):
        self.scenarios += 1
        self.spans += verdict.spans
        self.missed += verdict.missed
        self.false += len(verdict.false)
        self.onsets += verdict.onsets
        self.ends += verdict.ends
        self.grades += verdict.true_grade > 0
        self.heads += [verdict.heads] if verdict.heads else []
        self.wrong += [f"scenario {verdict.recipe.number} ({verdict.recipe.kind}): {sentence}" for sentence in verdict.wrong]

    def text(self):
        return (f"| {self.kind} | {self.scenarios} | {self.spans} | {self.missed} | {self.false} | {off(self.onsets)} | "
            f"{off(self.ends)} | {self.grades} |")

    def heads_text(self):
        """Of the scenarios in which persons were told at all."""
        sharp, based = [one for one in self.heads if one.sharp], [one for one in self.heads if one.has_basis]
        return (f"| {self.kind} | {len(self.heads)} | {sum(one.exact for one in sharp)} of {len(sharp)} | "
            f"{percent(min((one.seen / max(one.arrived, 1) for one in self.heads), default=None))} | "
            f"{sum(one.within for one in self.heads)} of {len(self.heads)} | {percent(max((one.off for one in based), default=None))} |")


def percent(value):
    return "–" if value is None else f"{100 * value:.1f} %"


def off(values):
    return f"{max(map(abs, values)):.0f} s" if values else "–"


def by_kind(results):
    rows = {}
    for _, verdict in sorted(results, key=lambda result: (not result[1].recipe.healthy, kind_order(result[1].recipe.kind))):
        rows.setdefault(verdict.recipe.kind, Row(verdict.recipe.kind)).add(verdict)
    return list(rows.values())


def kind_order(kind):
    return (recipes.HEALTHY + recipes.OUTAGES).index(kind)


def loss_text(loss, results):
    healthy = [verdict for _, verdict in results if verdict.recipe.healthy]
    struck = [verdict for _, verdict in results if not verdict.recipe.healthy]
    spans, missed = sum(v.spans for v in struck), sum(v.missed for v in struck)
    return (f"| {loss} % | {len(healthy)} | {sum(len(v.false) for v in healthy)} | "
        f"{sum(bool(v.grade or v.conservative) for v in healthy)} | {sum(len(v.false) for v in struck)} | {spans - missed} of {spans} | "
        f"{sum(bool(v.grade >= 2) for v in struck if v.true_grade >= 2)} of {sum(v.true_grade >= 2 for v in struck)} |")


def report(options):
    """The table by kind, and the persons'."""
    rows = by_kind(play_all(options, (None,)))
    wrong = [sentence for row in rows for sentence in row.wrong]
    print("\n".join(wrong))
    told = [row for row in rows if row.heads]
    return not wrong, "\n".join([
        "| kind | scenarios | interruptions | missed | false | onset off by at most | end off by at most | to be graded |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |", *(row.text() for row in rows), "",
        "| kind | persons told | exact, where nothing is lost | seen failing, at least | all of them between low and high | best figure "
        "off by at most |", "| --- | --- | --- | --- | --- | --- |", *(row.heads_text() for row in told)])


def report_losses(options):
    """The same scenarios behind taps that lose more."""
    results = play_all(options, LOSSES)
    wrong = []
    for loss in LOSSES:
        row = Row("")
        for task, verdict in results:
            if task[3] == loss:
                row.add(verdict)
        wrong += [f"{loss} % loss, {sentence}" for sentence in row.wrong]
    print("\n".join(wrong))
    return not wrong, "\n".join(["| capture loss | healthy ones | false interruptions there | graded, or to be decided, there | false ones in the "
        "others | interruptions found as certain | 较大 found as 较大 |", "| --- | --- | --- | --- | --- | --- | --- |",
        *(loss_text(loss, [result for result in results if result[0][3] == loss]) for loss in LOSSES)])
