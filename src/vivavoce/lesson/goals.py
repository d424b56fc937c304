"""Which of the learner's goals are reached, for the list that is ticked off during the call."""

from __future__ import annotations

from collections.abc import Iterable

from vivavoce.lesson.detect import detect
from vivavoce.lesson.record import Record
from vivavoce.lesson.transcript import Line
from vivavoce.scenario.model import Check, Goal, Scenario

_IN_ONE_LINE = frozenset({"phrase", "fact"})
"""Detectors that find what they look for in a line by itself."""


def open_goals(scenario: Scenario, before: frozenset[str], newest: Line | None = None) -> tuple[Goal, ...]:
    """The goals that can be reached and were not `before`.

    With `newest`, a line that is new or changed, those only that it may have brought nearer: so a long call need not be
    read from its beginning for each line.
    """
    goals = [goal for goal in scenario.learner.goals if goal.checks and goal.id not in before]
    if newest is None or not goals:
        return tuple(goals)
    checks, alone = checks_by_id(scenario), Record((newest,))

    def may_be_news(check: Check) -> bool:
        return check.detector.type not in _IN_ONE_LINE or detect(check, scenario, alone).result == "shown"

    return tuple(goal for goal in goals if any(may_be_news(checks[id]) for id in goal.checks))


def goals_reached(scenario: Scenario, record: Record, among: Iterable[Goal] | None = None) -> tuple[str, ...]:
    """Ids of the goals all of whose checks are shown; no model is asked. A goal without checks is never ticked off."""
    checks = checks_by_id(scenario)
    shown: dict[str, bool] = {}
    reached = []
    for goal in open_goals(scenario, frozenset()) if among is None else among:
        for id in goal.checks:
            if id not in shown:
                shown[id] = detect(checks[id], scenario, record).result == "shown"
        if all(shown[id] for id in goal.checks):
            reached.append(goal.id)
    return tuple(reached)


def checks_by_id(scenario: Scenario) -> dict[str, Check]:
    return {check.id: check for criterion in scenario.rubric.criteria for check in criterion.checks}
