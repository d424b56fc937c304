"""Help for a learner who asks for it: a nudge, then how the sentence begins, then the sentence. Each costs points."""

from __future__ import annotations

from math import fsum
from typing import Final, Literal

from vivavoce.lesson.detect import detect
from vivavoce.lesson.goals import checks_by_id
from vivavoce.lesson.record import HintGiven, Record
from vivavoce.scenario.model import Scenario

HintKind = Literal["nudge", "phrase", "script"]
RUNGS: Final[tuple[HintKind, ...]] = ("nudge", "phrase", "script")


def next_hint(scenario: Scenario, record: Record) -> HintGiven | None:
    """The next rung of the first hint whose check is still open; None when there is no more help to give."""
    checks = checks_by_id(scenario)
    for i, hint in enumerate(scenario.support.hints):
        rung = 1 + max((given.rung for given in record.hints if given.hint == i), default=0)
        if rung <= len(RUNGS) and detect(checks[hint.check], scenario, record).result != "shown":
            return HintGiven(i, rung, record.seconds)
    return None


def rungs_left(scenario: Scenario, record: Record) -> int:
    """How often the learner may still ask for help, as far as can be said: checks that are met need none."""
    checks = checks_by_id(scenario)
    left = 0
    for i, hint in enumerate(scenario.support.hints):
        if detect(checks[hint.check], scenario, record).result != "shown":
            left += len(RUNGS) - max((given.rung for given in record.hints if given.hint == i), default=0)
    return left


def hint_kind(given: HintGiven) -> HintKind:
    return RUNGS[given.rung - 1]


def hint_text(scenario: Scenario, given: HintGiven) -> str:
    hint = scenario.support.hints[given.hint]
    return {"nudge": hint.nudge, "phrase": hint.phrase, "script": hint.script}[hint_kind(given)]


def hint_cost(scenario: Scenario, record: Record) -> float:
    """Points of all the help that was given; a rung costs once. Hints that the scenario has no more cost nothing."""
    hints = scenario.support.hints
    rungs = {(given.hint, given.rung) for given in record.hints if given.hint < len(hints)}
    return fsum(hints[hint].cost for hint, _ in rungs)
