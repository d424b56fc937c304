"""Whether a rubric tells learners apart: the best passes, the worse do not, and every check can go either way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean

from vivavoce.rehearsal.failure import Failure
from vivavoce.rehearsal.learners import WORSE, Learner
from vivavoce.rehearsal.material import deciding
from vivavoce.rehearsal.played import Played
from vivavoce.scenario.check import every_check
from vivavoce.scenario.model import Check, Scenario

Runs = Mapping[str, Sequence[Played]]
"""The calls of each learner."""


def misjudged(scenario: Scenario, learner: Learner, played: Played, seed: int) -> Iterator[Failure]:
    """A learner who should have passed, or should not have, in one call."""
    seeds = (seed,)
    if learner.may_pass:
        for path, check in every_check(scenario.rubric):
            if (result := played.results.get(check.id, "not graded")) != "shown":
                reason = f"the check {check.id!r} is {result} though this learner did what its examples show"
                yield Failure(learner.id, path, reason, _try(check), seeds)
        if not played.passed:
            reason = f"who does everything right does not pass: {_score(scenario, played)}"
            yield Failure(learner.id, "rubric.pass_mark", reason, "lower it, or mend the checks", seeds)
    elif learner.may_pass is False and played.passed:
        given = ", ".join(id for id, result in played.results.items() if result == "shown")
        reason = f"who {learner.does} passes: {_score(scenario, played)}, for {given}"
        yield Failure(learner.id, "rubric", reason, "narrow these checks, make one a gate, or raise pass_mark", seeds)


def together(scenario: Scenario, runs: Runs, can_be_missed: Callable[[Check], bool]) -> Iterator[Failure]:
    """What shows only when the learners are compared.

    `can_be_missed` tries a check that nobody happened to miss with what its author wrote to miss it.
    """
    yield from _out_of_order({id: fmean(played.score for played in calls) for id, calls in runs.items()})
    graded = [played for id in WORSE for played in runs[id] if played.grade]
    for path, check in every_check(scenario.rubric):
        shown_by_all = graded and all(played.results.get(check.id) == "shown" for played in graded)
        if shown_by_all and not can_be_missed(check):
            reason = f"nobody fails the check {check.id!r}, not even who says nothing to the point"
            yield Failure("together", path, reason, f"narrow its {_named(check)}, or leave the check out")


def _out_of_order(mean: Mapping[str, float]) -> Iterator[Failure]:
    best_of_the_rest = max((id for id in WORSE if id != "weak"), key=lambda id: mean[id])
    for better, worse in (("ideal", "average"), ("average", "weak"), ("average", best_of_the_rest)):
        if mean[better] <= mean[worse]:
            reason = f"the {worse} learner ({mean[worse]:.0f}) does as well as the {better} one ({mean[better]:.0f})"
            fix = "give weight to what only the better one does; see both with --learner and --show"
            yield Failure("together", "rubric", reason, fix)


def _try(check: Check) -> str:
    detector = deciding(check)
    match detector.type:
        case "absence":
            return "no example of another check may say what this one wants left out"
        case "fact":
            return f"the persona must tell the fact {detector.fact!r} to who asks for it as the examples do"
        case "measure":
            return "widen the range, or change what must be said"
        case "quiz":
            return "the question must be asked and its own answer be right"
    return f"its {_named(check)} must find its examples in the middle of a conversation too"


def _named(check: Check) -> str:
    detector = deciding(check)
    fields = {
        "phrase": "detector.any_of",
        "order": "detector.first and then",
        "absence": "detector.none_of: add what must not be said",
        "measure": "detector.least and most",
        "fact": "fact's told cues",
        "quiz": "question",
    }
    return fields.get(detector.type, "detector")


def _score(scenario: Scenario, played: Played) -> str:
    return f"{played.score} points, {scenario.rubric.pass_mark} are needed"
