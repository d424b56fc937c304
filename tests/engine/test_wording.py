"""Replies cut into clauses, and the choice between an author's variants."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.engine.clauses import LONG_CHARS, clauses
from vivavoce.engine.dialogue.wording import Wording, sentences


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Good evening.", ["Good evening."]),
        (
            "My room is far too loud tonight. What will you do about it?",
            ["My room is far too loud tonight. ", "What will you do about it?"],
        ),
        ("Dr. Brown saw me at 4.30 p.m. on Friday.", ["Dr. Brown saw me at 4.30 p.m. on Friday."]),
        ("No. Never. I said so already, did I not?", ["No. Never. ", "I said so already, did I not?"]),
        ("Well... maybe not today.", ["Well... maybe not today."]),
        (
            "I have been waiting here for more than an hour now, and nobody has come to see what is wrong with it.",
            [
                "I have been waiting here for more than an hour now, ",
                "and nobody has come to see what is wrong with it.",
            ],
        ),
    ],
)
def test_clauses(text: str, pieces: list[str]) -> None:
    assert clauses(text) == pieces


@given(st.text())
def test_clauses_lose_nothing(text: str) -> None:
    assert "".join(clauses(text)) == text.strip()
    assert all(clauses(text))


def test_a_long_sentence_without_a_breath_stays_whole() -> None:
    text = "word " * LONG_CHARS
    assert clauses(text) == [text.strip()]


def test_variants_rotate() -> None:
    variants = ("One.", "Two.", "Three.")
    said: list[str] = []
    for _ in range(7):
        said.append(Wording("en", said).one_of(variants))
    assert said == ["One.", "Two.", "Three.", "One.", "Two.", "Three.", "One."]


def test_a_single_variant_is_said_in_other_words() -> None:
    said: list[str] = []
    for _ in range(6):
        said.append(Wording("en-GB", said).one_of(("It is two one four. Please hurry.",)))
    assert said[0] == "It is two one four. Please hurry."
    assert said[1] == "As I said: It is two one four."
    for before, after in pairwise(said):
        assert not sentences(before) & sentences(after)


def test_what_was_told_before_is_told_in_new_words_first() -> None:
    wording = Wording("en", ["It is two one four.", "Well."])
    assert wording.told_again(("It is two one four.", "Two fourteen.")) == "Two fourteen."
    assert wording.told_again(("It is two one four.",)) == "As I said: It is two one four."


def test_no_variants_are_no_words() -> None:
    assert Wording("en", ["x"]).one_of(()) == ""
    assert Wording("ja", ["はい。"]).one_of(("はい。",)) not in ("", "はい。")
