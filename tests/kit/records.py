"""Records of calls, written down by what was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vivavoce.lesson.record import Record
from vivavoce.lesson.result import CheckResult, Grade
from vivavoce.lesson.transcript import Line, Role, Transcript
from vivavoce.scenario.model import Check, Scenario

LEARNER = ">"
"""How a learner's line begins here; the others are the persona's."""


def call(*said: str) -> Transcript:
    """Lines in turn, ten seconds apart and five seconds long."""
    lines = []
    for i, text in enumerate(said):
        role: Role = "user" if text.startswith(LEARNER) else "assistant"
        lines.append(Line(f"item_{i}", role, text.removeprefix(LEARNER), float(i), 10.0 * i, 10.0 * i + 5))
    return tuple(lines)


def good_call(scenario: Scenario) -> tuple[str, ...]:
    """A conversation that shows what the scenario's own examples and facts can show."""
    said = [scenario.opening]
    for check in every_check(scenario):
        for turns in check.examples.shown[:1]:
            said += [LEARNER + turn for turn in turns]
        if check.detector.type == "fact":
            said += next(fact.say[:1] for fact in scenario.facts if fact.id == check.detector.fact)
    return tuple(said)


def every_check(scenario: Scenario) -> list[Check]:
    return [check for criterion in scenario.rubric.criteria for check in criterion.checks]


def every_result(grade: Grade) -> list[CheckResult]:
    return [check for criterion in grade.criteria for check in criterion.checks]


def results(grade: Grade) -> dict[str, str]:
    return {check.id: check.result for check in every_result(grade)}


def events_of(record: Record) -> Iterable[Mapping[str, Any]]:
    """The durable events that hold a record."""
    for line in record.transcript:
        yield {"type": "vivavoce.transcript", "line": line.to_json()}
    for given in record.hints:
        yield {"type": "vivavoce.hint", "hint": given.hint, "rung": given.rung, "at": given.at}
    for item, correct in record.marks.items():
        yield {"type": "vivavoce.quiz.marked", "item_id": item, "correct": correct}
    yield {"type": "vivavoce.ended", "seconds": record.seconds}
