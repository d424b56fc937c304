"""The quiz: its questions without their answers, and the marking of what the learner answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vivavoce.lesson.result import Grade
from vivavoce.scenario.match import best
from vivavoce.scenario.model import QuizItem, Scenario


class UnknownItem(LookupError):
    """An answer to a question that the scenario does not ask."""


@dataclass(frozen=True, slots=True)
class Mark:
    correct: bool
    answer: str
    """The right answer, in words."""
    explain: str


def quiz_items(scenario: Scenario, grade: Grade | Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """QuizItem of shared/events.schema.json, for each question to ask.

    With `when: on_missed`, those of criteria that the grade (or its JSON) does not give in full; without a grade, all.
    """
    items = scenario.quiz.items
    if scenario.quiz.when == "on_missed" and grade is not None:
        open_criteria = _not_fully_met(grade)
        items = tuple(item for item in items if item.criterion in open_criteria)
    return [{"id": item.id, "kind": item.kind, "prompt": item.prompt, "options": list(item.options)} for item in items]


def mark(scenario: Scenario, item_id: str, answer: str) -> Mark:
    """Mark an answer: the option's text for a choice, the learner's own words for a short or spoken one."""
    for item in scenario.quiz.items:
        if item.id == item_id:
            return Mark(_is_right(item, answer), item.answer, item.explain)
    raise UnknownItem(f"The quiz has no question {item_id!r}.")


def _is_right(item: QuizItem, answer: str) -> bool:
    if item.kind == "choice":
        return answer.strip() == item.answer
    return best(item.accept, answer) is not None


def _not_fully_met(grade: Grade | Mapping[str, Any]) -> set[str]:
    data = grade.to_json() if isinstance(grade, Grade) else grade
    return {
        criterion["id"]
        for criterion in data["criteria"]
        if any(check["result"] != "shown" for check in criterion["checks"])
    }
