from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.lessons import lesson, shipped
from vivavoce.lesson.quiz import UnknownItem, mark, quiz_items
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.model import Scenario

BAG = parse_scenario(lesson(), "lost-bag.json")


def test_questions_come_without_answers() -> None:
    assert quiz_items(BAG) == [
        {"id": "first", "kind": "choice", "prompt": "What do you ask first?", "options": ["The colour", "The price"]},
        {"id": "kind", "kind": "short", "prompt": "What does a kind clerk say?", "options": []},
    ]


@pytest.mark.parametrize(
    ("item", "answer", "correct"),
    [
        ("first", "The colour", True),
        ("first", " The colour ", True),
        ("first", "The price", False),
        ("first", "colour", False),
        ("kind", "I would say sorry.", True),
        ("kind", "She apologizes", True),
        ("kind", "I'm not sorry", False),
        ("kind", "", False),
    ],
)
def test_an_answer_is_marked(item: str, answer: str, correct: bool) -> None:
    marked = mark(BAG, item, answer)
    assert marked.correct is correct
    assert (marked.answer, marked.explain) in {
        ("The colour", "It helps to find the bag."),
        ("I'm sorry to hear that.", "It costs nothing."),
    }


def test_an_unknown_question_is_an_error() -> None:
    with pytest.raises(UnknownItem, match="no question 'third'"):
        mark(BAG, "third", "x")


@given(st.text())
def test_any_words_can_be_an_answer(answer: str) -> None:
    for item in BAG.quiz.items:
        assert mark(BAG, item.id, answer).correct in (True, False)


@pytest.mark.parametrize("scenario", shipped().values(), ids=shipped())
def test_the_right_answers_are_right_and_the_wrong_options_wrong(scenario: Scenario) -> None:
    for item in scenario.quiz.items:
        assert mark(scenario, item.id, item.answer).correct
        wrong = [option for option in item.options if option != item.answer]
        assert not any(mark(scenario, item.id, option).correct for option in wrong)
