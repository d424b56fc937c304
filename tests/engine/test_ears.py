"""How the scripted persona makes out what it is asked: parts of a turn, slips of the recogniser, likeness."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.scenes import scene
from vivavoce.engine.dialogue import synonyms
from vivavoce.engine.dialogue.ears import Ears
from vivavoce.engine.dialogue.likeness import Likeness
from vivavoce.engine.dialogue.parts import MAX_PARTS, parts
from vivavoce.engine.dialogue.slips import Slips
from vivavoce.scenario.model import Disclosure, Fact, Reply


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("What is your room number, and when did it start?", ["What is your room number, and ", "when did it start?"]),
        ("how old are you and do you smoke", ["how old are you and ", "do you smoke"]),
        ("can you tell me when it started", ["can you tell me when it started"]),
        ("Since when have you had this?", ["Since when have you had this?"]),
        ("I'm sorry. Which room?", ["I'm sorry. ", "Which room?"]),
        ("so sorry what room is it", ["so sorry ", "what room is it"]),
        ("And what about you?", ["And what about you?"]),
        ("N'T", ["N'T"]),
        ("I don't want to know when, I want to know why.", ["I don't want to know when, ", "I want to know why."]),
        ("I don't care what would help you.", ["I don't care what would help you."]),
        ("Some forget it. And what about you?", ["Some forget it. And what about you?"]),
        ("I work at an agency, where I look after guests.", ["I work at an agency, where I look after guests."]),
        ("", []),
    ],
)
def test_parts(text: str, pieces: list[str]) -> None:
    assert [part.text for part in parts(text)] == pieces


@given(st.text())
def test_parts_lose_nothing_that_was_said(text: str) -> None:
    found = parts(text)
    assert all(text[part.start : part.start + len(part.text)] == part.text for part in found)
    assert len(found) <= MAX_PARTS
    assert "".join(part.text for part in found) == (text[found[0].start :] if found else "")


@pytest.mark.parametrize("text", ["Which room?", "tell me your name", "is it loud", "I'd like to know when it began."])
def test_what_asks(text: str) -> None:
    assert parts(text)[0].asks


@pytest.mark.parametrize("text", ["My car is broken.", "We'll see what we can do.", "I know how it feels."])
def test_what_asks_for_nothing(text: str) -> None:
    assert not parts(text)[0].asks


@pytest.mark.parametrize(
    ("text", "declines"),
    [
        ("I don't want to know your room number.", True),
        ("You needn't tell me, never mind.", True),
        ("I wasn't going to ask why you left.", True),
        ("It makes no difference to me what you earn.", True),
        ("Don't you want to tell me your room number?", False),
        ("I don't know your room number.", False),
    ],
)
def test_what_need_not_be_told(text: str, declines: bool) -> None:
    assert parts(text)[0].declines is declines


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("how much is the celery", "how much is the salary"),
        ("what are the working ours", "what are the working hours"),
        ("did you tell any body", "did you tell anybody"),
        ("your suit cases", "your suitcases"),
        ("what medicaton", "what medication"),
        ("my week point?", "my weak point?"),
        ("let me think", "let me think"),
        ("the stars are bright", "the stars are bright"),
    ],
)
def test_what_a_recogniser_may_have_meant(heard: str, meant: str) -> None:
    slips = Slips(("salary", "hours", "anybody", "suitcases", "medication", "weak", "point", "thank", "stairs"))
    assert slips.heard_again(heard) == meant


def test_likeness_grows_with_what_is_in_common() -> None:
    likeness = Likeness([("when noise start", "since when"), ("room number",)], [("It began last night.",), ()])
    same, near, one, other = (
        likeness.of(text)[0]
        for text in ("when did the noise start", "when did the racket begin", "when do you leave", "my cat is black")
    )
    assert same == near == 1
    assert near > one
    assert other == 0


def test_no_word_has_two_meanings() -> None:
    groups = [frozenset(group.split()) for group in synonyms.GROUPS]
    assert [one & other for one, other in combinations(groups, 2) if one & other] == []


def ears() -> tuple[Ears, list[Fact | Reply]]:
    facts = (
        Fact("room", "Room 214", Disclosure.ASKED, 0, ("room number", "which room"), ("It is room two fourteen.",)),
        Fact("train", "Came by train", Disclosure.OPEN, 0, ("train", "how travel"), ("I came by train.",)),
    )
    replies = (
        Reply("thanks", ("free breakfast",), ("Too late.",), False, 0),
        Reply("earned", ("breakfast",), ("How kind.",), False, 3),
    )
    small = scene()
    scenario = replace(small, facts=facts, script=replace(small.script, replies=replies))
    return Ears(scenario), [*facts, *replies]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Which room is it?", ["room"]),
        ("witch room is it", ["room"]),
        ("In what suite, I mean which number?", ["room"]),
        ("Did you take the train?", ["train"]),
        ("The train was late this morning.", []),
        ("I need not know your room number.", []),
        ("It makes no difference to me which room you have.", []),
        ("I can tell you which room is free.", []),
        ("Did you have a good trip, or was the train late?", []),
        ("I'd like to ask about your room number.", ["room"]),
        ("Have a free breakfast.", ["earned"]),
        ("The moon is bright.", []),
    ],
)
def test_what_is_asked_for(text: str, ids: list[str]) -> None:
    hearing, sources = ears()
    assert [asked.source.id for asked in hearing.asked(text, sources)] == ids


def test_a_scenario_that_waits_for_nothing_is_asked_for_nothing() -> None:
    small = scene()
    assert Ears(replace(small, facts=(), script=replace(small.script, replies=()))).asked("Which room is it?", []) == []
