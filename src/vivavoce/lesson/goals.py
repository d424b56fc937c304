"""Which of the learner's goals are reached, for the list that is ticked off during the call."""

from __future__ import annotations

from vivavoce.lesson.detect import detect
from vivavoce.lesson.record import Record
from vivavoce.scenario.model import Check, Scenario


def goals_reached(scenario: Scenario, record: Record, before: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Ids of the goals all of whose checks are shown, but those reached `before`; no model is asked.

    A goal without checks is never ticked off.
    """
    open_goals = [goal for goal in scenario.learner.goals if goal.checks and goal.id not in before]
    if not open_goals:
        return ()
    checks = checks_by_id(scenario)
    shown: dict[str, bool] = {}
    reached = []
    for goal in open_goals:
        for id in goal.checks:
            if id not in shown:
                shown[id] = detect(checks[id], scenario, record).result == "shown"
        if all(shown[id] for id in goal.checks):
            reached.append(goal.id)
    return tuple(reached)


def checks_by_id(scenario: Scenario) -> dict[str, Check]:
    return {check.id: check for criterion in scenario.rubric.criteria for check in criterion.checks}
