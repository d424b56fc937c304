"""Replies cut into clauses, and the choice between an author's variants."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.engine.clauses import LONG_CHARS, Clauses
from vivavoce.engine.dialogue.wording import Wording, sentences


def clauses(text: str, size: int | None = None) -> list[str]:
    """The clauses of a text that comes `size` characters at a time."""
    taken = Clauses()
    step = size or max(len(text), 1)
    pieces = [piece for at in range(0, len(text), step) for piece in taken.take(text[at : at + step])]
    return pieces + taken.end()


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
    assert clauses(text, size=1) == pieces


ODD = (30 * "endless", 30 * "on and on ", 20 * " ", 20 * ".", 20 * "a, ")
SPEECH = st.lists(
    st.sampled_from(
        [
            "a",
            "word ",
            "B",
            " ",
            ", ",
            ". ",
            "! ",
            "\n",
            '"',
            "\u201c",
            "(",
            "Dr. ",
            "。",
            "4.30",
            "; ",
            "\u2014 ",
            *ODD,
        ]
    ),
    max_size=80,
).map("".join)


@given(SPEECH, st.integers(1, 30))
def test_clauses_are_the_same_however_the_text_comes(text: str, size: int) -> None:
    assert clauses(text, size) == clauses(text)


@pytest.mark.parametrize("odd", [".", " ", "\n", "'", "— ", "?'", "word", "word ", ". \t", "a, ", "。"])
def test_no_text_takes_long_or_becomes_one_long_clause(odd: str) -> None:
    text = f"Well {odd * 100_000}so"
    pieces = clauses(text)
    assert "".join(pieces) == text
    assert max(map(len, pieces)) < 330


def test_a_clause_is_given_as_soon_as_it_is_sure() -> None:
    taken = Clauses()
    assert taken.take("My room is far too loud tonight.") == []
    assert taken.take(" W") == ["My room is far too loud tonight. "]
    assert taken.take("hat will you do about it, now that you have heard what it is like up there, ") == []
    assert taken.take("and how soon will that be, please, ") == []
    assert taken.take("if I may ask you that so late at night") == [
        "What will you do about it, ",
        "now that you have heard what it is like up there, ",
        "and how soon will that be, please, ",
    ]
    assert taken.end() == ["if I may ask you that so late at night"]


@given(st.text())
def test_clauses_lose_nothing(text: str) -> None:
    assert "".join(clauses(text)) == text.strip()
    assert all(clauses(text))


def test_a_sentence_without_a_breath_is_cut_only_where_it_has_no_end() -> None:
    text = "word " * (LONG_CHARS // 5 + 10)
    assert clauses(text) == [text.strip()]
    assert clauses("word " * 70) == ["word " * 59 + "word", " word" * 10]


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
