from __future__ import annotations

from dataclasses import replace

from kit.lessons import whole_lesson
from kit.records import call, events_of
from vivavoce.lesson.grade import grade
from vivavoce.lesson.record import HintGiven, Record, line_of, record_of
from vivavoce.scenario.load import parse_scenario

BAG = parse_scenario(whole_lesson(), "lost-bag.json")
LINES = call("Excuse me?", ">What colour is it?", "It's green.")
RECORD = Record(LINES, (HintGiven(0, 1, 12.5),), {"form": True}, 61.2)


def test_a_record_comes_back_from_its_events() -> None:
    assert record_of(events_of(RECORD)) == RECORD


def test_the_newest_line_of_an_item_stands() -> None:
    half = {"type": "vivavoce.transcript", "line": replace(LINES[2], text="It's").to_json()}
    assert record_of([half, *events_of(RECORD)]) == RECORD
    cut = replace(LINES[2], interrupted=True, heard_chars=4)
    later = record_of([*events_of(RECORD), {"type": "vivavoce.transcript", "line": cut.to_json()}])
    assert later.transcript == (*LINES[:2], cut)


def test_lines_stand_in_the_order_of_the_conversation() -> None:
    lines = (LINES[0], replace(LINES[1], at=99.0, until=99.0), LINES[2])
    mixed = [{"type": "vivavoce.transcript", "line": lines[i].to_json()} for i in (2, 0, 1)]
    assert record_of(mixed).transcript == lines


def test_a_line_without_words_was_not_said() -> None:
    empty = replace(LINES[1], text="").to_json()
    assert record_of([{"type": "vivavoce.transcript", "line": empty}]).transcript == ()


def test_the_first_answer_to_a_question_counts() -> None:
    marked = [{"type": "vivavoce.quiz.marked", "item_id": "form", "correct": correct} for correct in (False, True)]
    assert record_of(marked).marks == {"form": False}


def test_the_newest_grade_is_known() -> None:
    first, second = (grade(BAG, RECORD, revision=n).to_json() for n in (1, 2))
    events = [*events_of(RECORD), *({"type": "vivavoce.grade", "grade": graded} for graded in (first, second))]
    assert record_of(events) == replace(RECORD, earlier=second)


def test_events_that_say_nothing_of_it_are_passed_over() -> None:
    others = [{"type": "vivavoce.goal", "goal_id": "help"}, {"type": "vivavoce.notice"}, {"type": "error"}, {}]
    assert record_of([*others, *events_of(RECORD)]) == RECORD


def test_lines_from_before_their_end_was_noted_took_no_time() -> None:
    old = LINES[1].to_json()
    del old["until"]
    assert line_of({**old, "feeling": "calm"}) == replace(LINES[1], until=LINES[1].at)


def test_learner_turns_are_lines_with_words() -> None:
    assert Record((*LINES, replace(LINES[1], item_id="item_9", text=""))).learner_turns == 1
