from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.lessons import lesson, shipped, whole_lesson
from kit.records import call
from vivavoce.lesson.grade import grade
from vivavoce.lesson.quiz import UnknownItem, mark, quiz_items
from vivavoce.lesson.record import Record
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


def missed_only() -> Scenario:
    data = whole_lesson()
    data["quiz"]["when"] = "on_missed"
    return parse_scenario(data, "lost-bag.json")


def test_only_what_was_missed_is_asked() -> None:
    scenario = missed_only()
    kind = grade(scenario, Record(call(">I'm sorry to hear that.")))
    assert [item["id"] for item in quiz_items(scenario, kind)] == ["first", "form"]
    asked = Record(call(">What colour is the bag? Then I'll look.", "It's green."))
    rest = grade(scenario, asked)
    assert [item["id"] for item in quiz_items(scenario, rest)] == ["kind", "form"]
    assert quiz_items(scenario, rest.to_json()) == quiz_items(scenario, rest)


def test_a_question_that_a_check_waits_for_is_asked() -> None:
    """Its criterion is not met before it is answered."""
    scenario = missed_only()
    full = Record(call(">I'm sorry. What colour is it? Because I'll look. Where was it?", "Green."))
    before = grade(scenario, full)
    assert [item["id"] for item in quiz_items(scenario, before)] == ["form"]
    after = grade(scenario, Record(full.transcript, marks={"form": True}))
    assert (before.score < after.score, quiz_items(scenario, after)) == (True, [])


def test_without_a_grade_everything_is_asked() -> None:
    scenario = missed_only()
    assert [item["id"] for item in quiz_items(scenario)] == ["first", "kind", "form"]


def test_the_end_of_the_call_asks_everything() -> None:
    graded = grade(BAG, Record(call(">I'm sorry.")))
    assert quiz_items(BAG, graded) == quiz_items(BAG)


def test_a_spoken_answer_is_marked_like_a_short_one() -> None:
    scenario = missed_only()
    (item,) = (item for item in quiz_items(scenario) if item["id"] == "form")
    assert (item["kind"], item["options"]) == ("spoken", [])
    assert mark(scenario, "form", "um the number of her train i think").correct
    assert not mark(scenario, "form", "her name").correct


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
