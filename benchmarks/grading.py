"""How often the grader, without a judge, says of a check what a fair teacher says, over the grading set.

Run it with `make grading`. The halves of the set are reported apart: cues were written with the first in view. Accuracy
needs one set of labels; kappa is told where somebody else labelled the same calls without sight of the first labels.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from benchmarks.report import show, table
from kit.labelled import HALVES, SCENARIOS, Verdict, accuracy, kappa, transcripts, verdicts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--missed", action="store_true", help="show each check on which grader and label differ")
    parser.add_argument("--half", choices=HALVES, help="only this half")
    options = parser.parse_args()
    for half in (options.half,) if options.half else HALVES:
        if every := [verdict for name in SCENARIOS for verdict in verdicts(name, half)]:
            report(half, every)
            report_second(half, every)
            for verdict in every if options.missed else ():
                if not verdict.agrees:
                    show(disagreement(verdict))


def report(half: str, every: Sequence[Verdict]) -> None:
    calls = sum(len(transcripts(name, half)) for name in SCENARIOS)
    headings = ["checks", "agree", "accuracy", "too mild", "too strict"]
    show(f"\n{half}: {calls} calls. Too mild: shown, and labelled as missed; too strict: the other way round.")
    table(["lesson", *headings], [*rows(every, lambda verdict: verdict.scenario), ["all", *figures(every)]])
    table(["decided by", *headings], rows(every, lambda verdict: verdict.decided))
    checks = rows(every, lambda verdict: f"{verdict.scenario} `{verdict.check.id}`")
    table([f"check ({len(checks)} in all; those below 100 %)", *headings], [row for row in checks if row[1] != row[2]])


def rows(every: Sequence[Verdict], key: Callable[[Verdict], str]) -> list[list[str]]:
    groups: dict[str, list[Verdict]] = {}
    for verdict in every:
        groups.setdefault(key(verdict), []).append(verdict)
    return [[name, *figures(group)] for name, group in groups.items()]


def figures(group: Sequence[Verdict]) -> list[str]:
    mild = sum(verdict.graded and not verdict.label for verdict in group)
    strict = sum(verdict.label and not verdict.graded for verdict in group)
    agree = len(group) - mild - strict
    return [f"{len(group)}", f"{agree}", f"{agree / len(group):.1%}", f"{mild}", f"{strict}"]


def report_second(half: str, every: Sequence[Verdict]) -> None:
    both = [(verdict, verdict.second) for verdict in every if verdict.second is not None]
    if not both:
        show(f"{half}: nobody has labelled it a second time, so there is no kappa.")
        return
    labellers = [(verdict.label, second) for verdict, second in both]
    to_first = [(verdict.graded, verdict.label) for verdict, _ in both]
    to_second = [(verdict.graded, second) for verdict, second in both]
    agreed = [(verdict.graded, second) for verdict, second in both if verdict.label == second]
    compared = {
        "the two labellers": labellers,
        "grader and first labels": to_first,
        "grader and second labels": to_second,
        "grader, where the two agree": agreed,
    }
    table(
        [f"{half}: labelled twice", "checks", "accuracy", "kappa"],
        [[name, *two_figures(pairs)] for name, pairs in compared.items() if pairs],
    )
    for verdict, second in both:
        if verdict.label != second:
            show(f"labels differ: {where(verdict)}: first {word(verdict.label)}, second {word(second)}")


def two_figures(pairs: Sequence[tuple[bool, bool]]) -> list[str]:
    value = kappa(pairs)
    return [f"{len(pairs)}", f"{accuracy(pairs):.1%}", "-" if value is None else f"{value:.2f}"]


def disagreement(verdict: Verdict) -> str:
    quotes = " | ".join(verdict.quotes) or "no line"
    return f"{where(verdict)}: {word(verdict.label)} wanted, {word(verdict.graded)} got, from: {quotes}"


def where(verdict: Verdict) -> str:
    return f"{verdict.scenario} {verdict.transcript} `{verdict.check.id}` ({verdict.check.ask})"


def word(shown: bool) -> str:
    return "shown" if shown else "missed"


if __name__ == "__main__":
    main()
