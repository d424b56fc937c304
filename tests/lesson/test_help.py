"""Goals that are ticked off, and help that costs points."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.lessons import shipped, whole_lesson
from kit.records import call, good_call
from vivavoce.lesson.detect import detect
from vivavoce.lesson.goals import OpenGoals, checks_by_id
from vivavoce.lesson.grade import grade
from vivavoce.lesson.hints import hint_cost, hint_kind, hint_text, next_hint, rungs_left
from vivavoce.lesson.record import HintGiven, Record
from vivavoce.lesson.transcript import Line
from vivavoce.scenario import match
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.model import Scenario

BAG = parse_scenario(whole_lesson(), "lost-bag.json")
START = call("Excuse me, can you help me, please?")
TOLD = call("Excuse me, can you help me, please?", ">What colour is it?", "It's green.")
CHECKS = [check.id for criterion in BAG.rubric.criteria for check in criterion.checks]
FIRST = tuple(HintGiven(0, rung, 5.0 * rung) for rung in (1, 2, 3))


def reached(scenario: Scenario, record: Record) -> list[str]:
    """By whoever looks at all lines at once."""
    return OpenGoals(scenario).reached(record.lines, lambda: record)


def test_a_goal_is_reached_when_all_its_checks_are_shown() -> None:
    assert reached(BAG, Record(START)) == []
    assert reached(BAG, Record(TOLD)) == ["help"]
    data = whole_lesson()
    data["learner"]["goals"][0]["checks"] = ["colour", "sorry"]
    data["learner"]["goals"].append({"id": "calm", "text": "Stay calm"})
    both = parse_scenario(data, "lost-bag.json")
    assert reached(both, Record(TOLD)) == []
    assert reached(both, Record((*TOLD, *call("", "", "", ">I'm sorry.")[3:]))) == ["help"]


def test_lines_that_were_held_against_a_goal_once_are_not_held_against_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = call(*(f"I have looked at {number} bags today." for number in range(1, 400)))
    looked: list[str] = []

    def find(cue: str, text: str) -> match.Match | None:
        looked.append(text)
        return None

    monkeypatch.setattr(match, "find", find)
    goals = OpenGoals(BAG)
    assert goals.reached(lines[:-1], lambda: Record(lines[:-1])) == []
    assert len(set(looked)) == len(lines) - 1
    looked.clear()
    assert goals.reached(lines[-1:], lambda: Record(lines)) == []
    assert set(looked) == {lines[-1].text}, "a call's every line costs as much as its first"


@given(
    st.lists(
        st.sampled_from(
            [
                *("Excuse me, can you help me, please?", "It's green.", ">I'm sorry.", ">What colour is it?"),
                *("Never mind.", ">Your bag is here.", "It is not green. Good morning!", "Thank you. Goodbye."),
            ]
        ),
        max_size=8,
    ),
    st.lists(st.lists(st.sampled_from(CHECKS), min_size=1, max_size=3), min_size=1, max_size=3),
    st.lists(st.none() | st.integers(0, 7), min_size=8, max_size=8),
)
def test_who_looks_at_each_line_when_it_comes_ticks_off_what_a_look_at_all_of_them_does(
    said: list[str], wanted: list[list[str]], cuts: list[int | None]
) -> None:
    data = whole_lesson()
    data["learner"]["goals"] = [{"id": f"g{n}", "text": "…", "checks": checks} for n, checks in enumerate(wanted)]
    lesson = parse_scenario(data, "lost-bag.json")
    goals, checks, whole = OpenGoals(lesson), checks_by_id(lesson), set[str]()
    lines: dict[str, Line] = {}
    for line, cut in zip(call(*said), cuts, strict=False):
        lines[line.item_id] = line
        new = [line]
        if cut is not None and cut < len(lines):  # of an earlier line less was heard than it seemed
            earlier = list(lines.values())[cut]
            lines[earlier.item_id] = replace(earlier, interrupted=True, heard_chars=5)
            new.append(lines[earlier.item_id])
        record = Record(tuple(lines.values()))
        now = {
            goal.id
            for goal in lesson.learner.goals
            if all(detect(checks[id], lesson, record).result == "shown" for id in goal.checks)
        }
        assert set(goals.reached(new, partial(Record, record.transcript))) == now - whole
        whole |= now


def test_help_goes_up_the_ladder_and_then_to_the_next_check() -> None:
    given: list[HintGiven] = []
    for _ in range(6):
        hint = next_hint(BAG, Record(START, tuple(given), seconds=30.0))
        assert hint is not None
        given.append(hint)
    assert next_hint(BAG, Record(START, tuple(given), seconds=30.0)) is None
    assert given == [HintGiven(hint, rung, 30.0) for hint in (0, 1) for rung in (1, 2, 3)]
    assert [hint_kind(hint) for hint in given[:3]] == ["nudge", "phrase", "script"]
    assert [hint_text(BAG, hint) for hint in given[:3]] == [
        "You can't find what you can't recognise.",
        "What colour …",
        "What colour is it, please?",
    ]


def test_what_is_shown_needs_no_help() -> None:
    assert next_hint(BAG, Record(TOLD, FIRST[:1])) == HintGiven(1, 1, 0.0)


@pytest.mark.parametrize(
    ("record", "left"),
    [(Record(START), 6), (Record(START, FIRST[:2]), 4), (Record(START, FIRST), 3), (Record(TOLD, FIRST[:1]), 3)],
)
def test_what_help_is_left(record: Record, left: int) -> None:
    assert rungs_left(BAG, record) == left


def test_help_costs_points_and_never_more_than_there_are() -> None:
    points = grade(BAG, Record(TOLD)).score
    helped = grade(BAG, Record(TOLD, FIRST[:2]))
    assert (helped.points, helped.hint_cost, helped.score) == (points, 4.0, points - 4)
    assert "Help cost 4." in helped.closing
    poor = grade(BAG, Record(call("Excuse me?", ">Hm."), FIRST))
    assert (poor.points, poor.hint_cost, poor.score) == (8, 6.0, 2)
    many = tuple(HintGiven(hint, rung, 0.0) for hint in (0, 1) for rung in (1, 2, 3))
    assert grade(BAG, Record(START, many)).score == 0


def test_help_may_cost_the_pass() -> None:
    dear = replace(BAG, support=replace(BAG.support, hints=(replace(BAG.support.hints[0], cost=20.0),)))
    record = Record(call(">Sorry. What colour is it? Then I'll search.", "It's green."))
    alone = grade(dear, record)
    assert alone.passed
    helped = grade(dear, replace(record, hints=FIRST[:2]))
    assert (helped.score, helped.passed) == (alone.score - 40, False)
    assert helped.closing.endswith("Help cost 40.")


def test_a_rung_costs_once_and_a_hint_that_is_gone_nothing() -> None:
    assert hint_cost(BAG, Record(START, (*FIRST, *FIRST))) == 6.0
    assert hint_cost(replace(BAG, support=replace(BAG.support, hints=())), Record(START, FIRST)) == 0.0


@pytest.mark.parametrize("scenario", shipped().values(), ids=shipped())
def test_a_good_call_reaches_goals_and_needs_less_help(scenario: Scenario) -> None:
    nothing, good = Record(call(scenario.opening)), Record(call(*good_call(scenario)))
    assert reached(scenario, nothing) == []
    assert reached(scenario, good) != []
    assert rungs_left(scenario, good) < rungs_left(scenario, nothing) == 3 * len(scenario.support.hints)
