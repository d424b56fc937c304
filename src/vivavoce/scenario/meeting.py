"""Whether what a learner says in an example or a test meets a check, as far as the words alone decide it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vivavoce.scenario.check import usable
from vivavoce.scenario.match import Match, best, earliest
from vivavoce.scenario.model import Check, Detector, Fact, Scenario
from vivavoce.scenario.stance import observe, starting


def decided_by(check: Check) -> Detector | None:
    """The detector of the learner's words that decides a check where there is no model; None: something else does."""
    detector = check.detector.otherwise if check.detector.type == "judge" else check.detector
    if check.speaker != "user" or detector is None or detector.type not in ("phrase", "order", "absence"):
        return None
    return detector if any((detector.any_of, detector.none_of, detector.first and detector.then)) else None


def met(detector: Detector, turns: Sequence[str]) -> bool:
    """Of a detector of words: phrase, order or absence."""
    match detector.type:
        case "phrase":
            return saying(detector.any_of, turns) is not None
        case "absence":
            return saying(detector.none_of, turns) is None
        case _:
            before, after = _earliest(detector.first, turns), _earliest(detector.then, turns)
            return before is not None and after is not None and before < after


def saying(cues: Sequence[str], turns: Sequence[str]) -> Match | None:
    """The first match of one of the cues."""
    return next((match for turn in turns if (match := best(usable(cues), turn))), None)


def begins(detector: Detector, turns: Sequence[str]) -> bool:
    """Whether one of an order detector's `first` is said, and none of `then` before it."""
    before, after = _earliest(detector.first, turns), _earliest(detector.then, turns)
    return before is not None and (after is None or before < after)


def gets_told(scenario: Scenario, fact: Fact, turns: Sequence[str]) -> Match | None:
    """The question that surely gets a fact told: nothing else fits it as well, and the turns have earned the trust."""
    stance = replace(
        scenario.stance, rules=tuple(replace(rule, cues=tuple(usable(rule.cues))) for rule in scenario.stance.rules)
    )
    state = starting(stance)
    others = [cue for other in scenario.facts if other is not fact for cue in other.cues]
    others += [cue for reply in scenario.script.replies for cue in reply.cues]
    for turn in turns:
        state = observe(stance, state, turn).state
        match, rival = best(usable(fact.cues), turn), best(usable(others), turn)
        if match and state.trust >= fact.trust and (rival is None or rival.weight < match.weight):
            return match
    return None


def _earliest(cues: Sequence[str], turns: Sequence[str]) -> tuple[int, int] | None:
    found = ((i, earliest(usable(cues), turn)) for i, turn in enumerate(turns))
    return next(((i, match.start) for i, match in found if match), None)
