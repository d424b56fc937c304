"""Which of the learner's goals are reached, for the list that is ticked off during the call."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vivavoce.lesson.asides import asks_of, counted
from vivavoce.lesson.detect import detect, in_one_line
from vivavoce.lesson.record import Record
from vivavoce.lesson.transcript import Line
from vivavoce.scenario.match import is_said
from vivavoce.scenario.model import Check, Scenario


class OpenGoals:
    """The goals of one call that can be reached and are not yet; what was reached once stays so.

    It knows which lines show a check by themselves, so a long call is not read from its beginning for each line.
    """

    __slots__ = ("_scenario", "_shown_in", "_waiting")

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._waiting = [goal for goal in scenario.learner.goals if goal.checks]
        self._shown_in: dict[str, set[str]] = {}
        """Of each such check the item ids of the lines."""

    def tick_off(self, goal_id: str) -> None:
        """It is on record that the goal was reached."""
        self._waiting = [goal for goal in self._waiting if goal.id != goal_id]

    def reached(self, new: Iterable[Line], record: Callable[[], Record]) -> list[str]:
        """Ids of the goals all of whose checks are shown now; no model is asked. A goal without checks is never one.

        `new` are the lines that are new or changed since the last look, `record` is asked only for what takes more
        than a line.
        """
        if not self._waiting:
            return []
        asks, checks = asks_of(self._scenario), checks_by_id(self._scenario)
        said = [(line, counted(line, asks)) for line in new]
        waiting = {id for goal in self._waiting for id in goal.checks}
        shown = {id for id in waiting if self._is_shown(checks[id], said, record)}
        reached = [goal.id for goal in self._waiting if shown.issuperset(goal.checks)]
        for goal_id in reached:
            self.tick_off(goal_id)
        return reached

    def _is_shown(self, check: Check, said: Iterable[tuple[Line, str]], record: Callable[[], Record]) -> bool:
        alone = in_one_line(check, self._scenario)
        if alone is None:
            return detect(check, self._scenario, record()).result == "shown"
        speaker, cues = alone
        for line, words in said:
            if line.role != speaker:
                continue
            if is_said(cues, words):
                self._shown_in.setdefault(check.id, set()).add(line.item_id)
            elif check.id in self._shown_in:
                self._shown_in[check.id].discard(line.item_id)
        return bool(self._shown_in.get(check.id))


def checks_by_id(scenario: Scenario) -> dict[str, Check]:
    return {check.id: check for criterion in scenario.rubric.criteria for check in criterion.checks}
