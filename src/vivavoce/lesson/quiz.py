"""The quiz: its questions without their answers, and the marking of what the learner answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


def quiz_items(scenario: Scenario) -> list[dict[str, Any]]:
    """QuizItem of shared/events.schema.json, for each question."""
    return [
        {"id": item.id, "kind": item.kind, "prompt": item.prompt, "options": list(item.options)}
        for item in scenario.quiz.items
    ]


def mark(scenario: Scenario, item_id: str, answer: str) -> Mark:
    """Mark an answer: the option's text for a choice, the learner's own words for a short answer."""
    for item in scenario.quiz.items:
        if item.id == item_id:
            return Mark(_is_right(item, answer), item.answer, item.explain)
    raise UnknownItem(f"The quiz has no question {item_id!r}.")


def _is_right(item: QuizItem, answer: str) -> bool:
    if item.kind == "choice":
        return answer.strip() == item.answer
    return best(item.accept, answer) is not None
