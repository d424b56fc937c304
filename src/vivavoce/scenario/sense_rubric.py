"""Weights, goals, judges and privacy that do not do what they say."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

from vivavoce.scenario.check import every_check, every_check_within, shares
from vivavoce.scenario.model import Check, Scenario
from vivavoce.scenario.reading import Fault

LEAST_SHARE, MOST_SHARE = 0.01, 0.5
"""Of the score, what one check may decide."""
MOST_DAYS_OF_VOICE = 90


def unweighed(scenario: Scenario) -> Iterator[Fault]:
    rubric = scenario.rubric
    part = shares(rubric)
    for path, check in every_check(rubric):
        if not check.weight:
            continue
        if part[path] < LEAST_SHARE:
            yield Fault(
                f"{path}.weight",
                f"decides {part[path]:.1%} of the score, too little to notice; raise it or drop the check",
            )
        if part[path] > MOST_SHARE + 1e-9:
            yield Fault(
                f"{path}.weight",
                f"decides {part[path]:.0%} of the score alone; lower it, or split it into narrower checks",
            )
    for_nothing = 100 * fsum(part[path] for path, check in every_check(rubric) if _holds_by_itself(check))
    gated = any(criterion.gate and not all(map(_holds_by_itself, criterion.checks)) for criterion in rubric.criteria)
    if for_nothing >= rubric.pass_mark and not gated:
        yield Fault(
            "rubric.pass_mark",
            f"whoever says hello and no more has {for_nothing:.0f} points for what was not said, and passes; "
            "raise it, or give such checks less weight",
        )


def _holds_by_itself(check: Check) -> bool:
    return "absence" in (check.detector.type, check.detector.evidence)


def wrong_speakers(scenario: Scenario) -> Iterator[Fault]:
    """What is measured and answered is the learner's; and a question belongs to the criterion that counts it."""
    criteria = {item.id: item.criterion for item in scenario.quiz.items}
    for path, criterion, check in every_check_within(scenario.rubric):
        detector = check.detector
        if detector.type in ("measure", "quiz") and check.speaker != "user":
            yield Fault(f"{path}.speaker", f"must be user: it is the learner whom a {detector.type} is about")
        owner = criteria.get(detector.item, criterion.id)
        if detector.type == "quiz" and owner != criterion.id:
            yield Fault(
                f"{path}.detector.item",
                f"this question belongs to the criterion {owner!r}, and the check to {criterion.id!r}; let them agree",
            )


def unclear_judges(scenario: Scenario) -> Iterator[Fault]:
    for path, check in every_check(scenario.rubric):
        detector = check.detector
        if detector.type != "judge" or detector.otherwise is None:
            continue
        absent = detector.otherwise.type == "absence"
        if detector.evidence == "quote" and absent:
            yield Fault(
                f"{path}.detector.otherwise",
                "an absence quotes nothing, but the judge must quote what meets the check; "
                "take phrase or order, or set evidence to absence",
            )
        if detector.evidence == "absence" and not absent:
            yield Fault(
                f"{path}.detector.otherwise",
                "looks for what meets the check, but the judge for what breaks it; take absence, or evidence quote",
            )


def unticked_goals(scenario: Scenario) -> Iterator[Fault]:
    """Goals that are never ticked off in the call, or at once."""
    checks = {check.id: check for _, check in every_check(scenario.rubric)}
    for i, goal in enumerate(scenario.learner.goals):
        at = f"learner.goals[{i}].checks"
        named = [checks[id] for id in goal.checks if id in checks]
        if not goal.checks:
            yield Fault(at, "is missing, so the goal is never ticked off: name the checks that make it reached")
        elif any(check.detector.type == "quiz" for check in named):
            yield Fault(at, "names a check of the quiz, which comes after the call; name others")
        elif named and all(check.detector.type == "measure" or _holds_by_itself(check) for check in named):
            yield Fault(at, "is met as soon as the learner speaks; name a check of something that must be said")


def careless_privacy(scenario: Scenario) -> Iterator[Fault]:
    privacy = scenario.privacy
    if privacy.record == "audio" and privacy.retain_days > MOST_DAYS_OF_VOICE:
        yield Fault(
            "privacy.retain_days",
            f"keeps voices for {privacy.retain_days} days; give it, with at most {MOST_DAYS_OF_VOICE}, "
            "or record the transcript only",
        )
