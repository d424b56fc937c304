"""How much of the dialogue test set the scripted persona understands, and what it must never do over all of it.

The floor is what the development half reached, so that nobody loses it unawares. The held-out half has none: it was
written when the matcher was finished, and its figure says what the matcher is worth (`make dialogue` prints both).
"""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise

import pytest

from kit import understanding
from kit.understanding import Conversation, Row, rows, too_early, unasked, understood
from vivavoce.engine.dialogue.wording import sentences

FLOOR = {"doctor-first-visit": 326, "hotel-complaint": 321, "job-interview": 325}
DEV = rows("dev")
ALL = {name: [*of_it, *rows("held-out").get(name, [])] for name, of_it in DEV.items()}
NAMES = sorted(DEV)
play = cache(understanding.play)
ODD_KINDS = {"off-topic", "abuse", "silence", "role-break", "other language"}


@pytest.mark.parametrize("name", NAMES)
def test_as_much_is_understood_as_before(name: str) -> None:
    missed = [row.say for row in DEV[name] if not understood(row, play(row))]
    assert len(DEV[name]) - len(missed) >= FLOOR[name], missed


@pytest.mark.parametrize("name", NAMES)
def test_no_fact_is_told_before_trust_allows_it(name: str) -> None:
    assert [(row.say, too_early(play(row))) for row in ALL[name] if too_early(play(row))] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_told_to_those_who_ask_for_something_else(name: str) -> None:
    assert [(row.say, unasked(row, play(row))) for row in DEV[name] if unasked(row, play(row))] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("order", range(3))
def test_in_one_long_conversation_no_sentence_comes_twice_in_a_row(name: str, order: int) -> None:
    """All rows one after the other, in their order and in two others; what trust guards stays guarded."""
    every: list[Row] = list(ALL[name])
    if order:
        random.Random(order).shuffle(every)
    conversation, last = Conversation(name), ""
    for row in every:
        for said in (*row.after, row.say):
            turn = conversation.say(said)
            assert turn.answer
            assert not sentences(turn.answer) & sentences(last), (said, last, turn.answer)
            assert not too_early(turn)
            last = turn.answer


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [*sorted(ODD_KINDS), "all of them"])
def test_sixty_turns_of_nonsense_do_not_make_it_loop(name: str, kind: str) -> None:
    """Any six answers in a row hold at least four different ones."""
    kinds = ODD_KINDS if kind == "all of them" else {kind}
    odd = [row.say for row in DEV[name] if row.kind in kinds]
    conversation = Conversation(name)
    answers = [conversation.say(odd[i % len(odd)]).answer for i in range(60)]
    for before, after in pairwise(answers):
        assert not sentences(before) & sentences(after)
    for i in range(len(answers) - 5):
        assert len(set(answers[i : i + 6])) >= 4, answers[i : i + 6]


def test_every_row_names_outcomes_that_exist() -> None:
    for name, of_it in ALL.items():
        known = Conversation(name).outcomes
        assert [(row.say, row.expected - known) for row in of_it if not row.expected | row.also <= known] == []
