"""The author's examples prove a check: what meets it is found, and what only comes near is not."""

from __future__ import annotations

from collections.abc import Iterator

from vivavoce.scenario.check import every_check
from vivavoce.scenario.meeting import decided_by, gets_told, met, saying
from vivavoce.scenario.model import Check, Detector, Disclosure, Fact, Scenario, Turns
from vivavoce.scenario.reading import Fault

_MOST_QUOTED = 60


def unproven_checks(scenario: Scenario) -> Iterator[Fault]:
    facts = {fact.id: fact for fact in scenario.facts}
    for path, check in every_check(scenario.rubric):
        at = f"{path}.examples"
        if check.detector.type in ("measure", "quiz"):
            if check.examples.shown or check.examples.missed:
                yield Fault(at, f"words do not decide a {check.detector.type}; leave the examples out")
            continue
        yield from _lacking(at, check)
        for kind, examples in (("shown", check.examples.shown), ("missed", check.examples.missed)):
            for i, turns in enumerate(examples):
                if reason := _decided_otherwise(
                    scenario, facts.get(check.detector.fact), check, turns, kind == "shown"
                ):
                    yield Fault(f"{at}.{kind}[{i}]", reason)


def _lacking(at: str, check: Check) -> Iterator[Fault]:
    absence = "absence" in (check.detector.type, check.detector.evidence)
    if not check.examples.shown and not absence:
        yield Fault(f"{at}.shown", "is missing: give at least one thing to say that meets the check")
    if not check.examples.missed:
        what = "breaks it" if absence else "comes near and does not meet it"
        yield Fault(f"{at}.missed", f"is missing: give at least one thing to say that {what}")


def _decided_otherwise(scenario: Scenario, fact: Fact | None, check: Check, turns: Turns, shown: bool) -> str | None:
    """Why the detector would not decide as the author says."""
    if check.detector.type == "fact":
        return _asked_otherwise(scenario, fact, turns, shown) if fact else None
    detector = decided_by(check)
    if detector is None or met(detector, turns) == shown:
        return None
    where = "detector.otherwise" if check.detector.type == "judge" else "detector"
    return f"{_quoted(turns)} {_why(detector, turns, where)}"


def _why(detector: Detector, turns: Turns, where: str) -> str:
    found = saying(detector.any_of or detector.none_of, turns)
    cue = found.cue if found else ""
    match detector.type:
        case "phrase" if found:
            return f"is found by the cue {cue!r} of {where}.any_of, so it would be shown; narrow the cue or reword this"
        case "phrase":
            return f"is found by no cue of {where}.any_of, so it would be missed; add a cue or reword this"
        case "absence" if found:
            return (
                f"is found by the cue {cue!r} of {where}.none_of, so it would be missed; narrow the cue or reword this"
            )
        case "absence":
            return f"is found by no cue of {where}.none_of, so it would be shown; add a cue or reword this"
    if met(detector, turns):
        return f"says one of {where}.first before one of {where}.then, so it would be shown; narrow them or reword this"
    return f"does not say one of {where}.first and then one of {where}.then; add cues, or write the turns as a list"


def _asked_otherwise(scenario: Scenario, fact: Fact, turns: Turns, shown: bool) -> str | None:
    if fact.disclosure is Disclosure.NEVER:
        return None
    if shown and saying(fact.cues, turns) is None:
        return f"{_quoted(turns)} is found by no cue of the fact {fact.id!r}; add one to its cues, or reword this"
    if not shown and (told := gets_told(scenario, fact, turns)):
        return (
            f"{_quoted(turns)} gets the fact {fact.id!r} told, by its cue {told.cue!r}; narrow the cue or reword this"
        )
    return None


def _quoted(turns: Turns) -> str:
    said = " / ".join(turns)
    return repr(said if len(said) <= _MOST_QUOTED else f"{said[: _MOST_QUOTED - 1]}…")
