"""Hints that would not help: whoever says the script of one must meet its check."""

from __future__ import annotations

from collections.abc import Iterator

from vivavoce.scenario.check import every_check
from vivavoce.scenario.meeting import begins, decided_by, met, saying
from vivavoce.scenario.model import Check, Disclosure, Hint, Scenario
from vivavoce.scenario.reading import Fault


def useless_hints(scenario: Scenario) -> Iterator[Fault]:
    checks = {check.id: check for _, check in every_check(scenario.rubric)}
    for i, hint in enumerate(scenario.support.hints):
        check = checks.get(hint.check)
        if check is None:
            continue
        at = f"support.hints[{i}]"
        detector = check.detector.otherwise or check.detector
        if detector.type == "quiz":
            yield Fault(f"{at}.check", "is decided by the quiz, after the call; hint at another check")
        elif detector.type == "absence":
            yield Fault(f"{at}.check", "holds until it is broken, and then no hint helps; hint at another check")
        elif reason := _unhelpful(scenario, check, hint):
            yield Fault(f"{at}.script", reason)


def _unhelpful(scenario: Scenario, check: Check, hint: Hint) -> str | None:
    if not hint.script.strip():
        return None
    said = (hint.script,)
    if check.detector.type == "fact":
        fact = next((fact for fact in scenario.facts if fact.id == check.detector.fact), None)
        if fact is None or fact.disclosure is Disclosure.NEVER or saying(fact.cues, said):
            return None
        return f"is found by no cue of the fact {fact.id!r}, so it does not get it told; add a cue, or reword this"
    detector = decided_by(check)
    if detector is None or met(detector, said):
        return None
    if detector.type == "order":
        if begins(detector, said):
            return None
        return f"does not begin with one of `first` of the check {check.id!r}; add a cue, or reword this"
    return f"does not meet the check {check.id!r}: no cue finds it; add a cue, or reword this"
