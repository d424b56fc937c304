"""The quiz: asked after the grade or by the model, marked here, and counted where the rubric asks for its answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from vivavoce.lesson.quiz import mark, quiz_items
from vivavoce.lesson.tools import QUIZ_ANSWERED, ToolCall, ToolOutcome
from vivavoce.protocol.browser import BrowserError, QuizAnswer
from vivavoce.scenario.model import Detector, Scenario
from vivavoce.session.call import Call
from vivavoce.session.effects import RunTool

REGRADE_SECONDS = 20.0


def ask_quiz(call: Call) -> None:
    """Ask what the grade leaves to ask, unless the model has asked already."""
    if call.lesson.quiz_asked:
        return
    items = quiz_items(call.scenario, call.lesson.grade)
    note_asked(call, items)
    if items:
        call.record({"type": "vivavoce.quiz", "items": items})


def note_asked(call: Call, items: Iterable[Mapping[str, Any]]) -> None:
    call.lesson.quiz_asked = True
    call.lesson.quiz_items = frozenset(item["id"] for item in items)


def answer_quiz(call: Call, event: QuizAnswer) -> None:
    if event.item_id not in call.lesson.quiz_items:
        raise BrowserError("invalid_value", "No such question was asked.", "item_id", event.event_id)
    if event.item_id in call.lesson.marks:
        raise BrowserError("invalid_value", "This question was answered before.", "item_id", event.event_id)
    marked = mark(call.scenario, event.item_id, event.answer)
    call.lesson.marks[event.item_id] = marked.correct
    call.record(
        {
            "type": "vivavoce.quiz.marked",
            "item_id": event.item_id,
            "given": event.answer,
            "correct": marked.correct,
            "answer": marked.answer,
            "explain": marked.explain,
        }
    )
    count_quiz(call)


def count_quiz(call: Call) -> None:
    """Grade again once every question is answered, if the rubric asks for answers that the grade does not hold."""
    lesson = call.lesson
    answered = lesson.quiz_items and lesson.quiz_items <= lesson.marks.keys()
    news = len(lesson.marks) > lesson.marks_counted
    if not (answered and news and lesson.graded and counts(call.scenario)) or lesson.regrading:
        return
    lesson.regrading, lesson.marks_counted = True, len(lesson.marks)
    call.deadlines["regrade"] = call.now + REGRADE_SECONDS
    grade_again = ToolCall(QUIZ_ANSWERED, "grade_lesson", json.dumps({"reason": "The quiz was answered."}))
    call.effects.append(RunTool(grade_again, call.so_far))


def quiz_counted(call: Call, outcome: ToolOutcome) -> None:
    """The grade with the quiz, or why there is none."""
    call.lesson.regrading = False
    call.deadlines.pop("regrade", None)
    for event in outcome.events:
        call.lesson.grade = event["grade"]
        call.record(event)
    if not outcome.events:
        call.notice("warning", "quiz_not_counted", "The quiz could not be counted; the grade stands as it is.")


def counts(scenario: Scenario) -> bool:
    """Whether the rubric asks for answers to the quiz."""
    checks = (check for criterion in scenario.rubric.criteria for check in criterion.checks)
    return any(_asks_quiz(check.detector) for check in checks)


def _asks_quiz(detector: Detector) -> bool:
    return detector.type == "quiz" or (detector.otherwise is not None and _asks_quiz(detector.otherwise))
