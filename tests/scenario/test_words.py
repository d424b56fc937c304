from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.scenario.words import read, sentence_around, stem


def stems(text: str) -> list[str]:
    return [word.stem for word in read(text).words]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("room 214", "room two fourteen"),
        ("room 214", "room two hundred and fourteen"),
        ("room 214", "Room two one four"),
        ("9:30", "nine thirty"),
        ("$1,000", "one thousand dollars"),
        ("20%", "twenty percent"),
        ("the 21st", "the twenty-first"),
        ("2,300", "two thousand three hundred"),
        ("38.5", "thirty eight point five"),
        ("I'm sorry", "Im sorry"),
        ("can\u2019t", "cannot"),
        ("won't", "will not"),
        ("apologised", "apologizing"),
        ("Caf\u00e9", "cafe"),
        ("took", "taking"),
        ("try", "tries"),
        ("said", "saying"),
        ("colour", "colors"),
        ("at 2 a.m. sharp", "at two am sharp"),
    ],
)
def test_the_same_speech_written_in_two_ways(one: str, other: str) -> None:
    assert stems(one) == stems(other)


@pytest.mark.parametrize(("one", "other"), [("hotel", "hot"), ("us", "use"), ("evening", "even"), ("need", "ne")])
def test_different_words_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_numbers_do_not_join_over_a_comma_or_a_word() -> None:
    assert stems("two, three") == ["2", "3"]
    assert stems("two and three") == ["2", "and", "3"]


def test_a_title_ends_no_sentence() -> None:
    assert {word.sentence for word in read("Dr. Lee is here").words} == {0}
    assert [word.sentence for word in read("Yes. No!").words] == [0, 1]


def test_the_sentence_around_a_word() -> None:
    text = "Well... I see. It began at two! Then it stopped"
    at = text.index("began")
    assert text[slice(*sentence_around(text, at, at + 5))] == "It began at two!"
    at = text.index("stopped")
    assert text[slice(*sentence_around(text, at, at + 7))] == "Then it stopped"


@given(st.text())
def test_every_word_knows_its_place(text: str) -> None:
    last = 0
    for word in read(text).words:
        assert word.plain
        assert 0 <= word.start < word.end <= len(text)
        assert word.start >= last
        last = word.start


@given(st.text(alphabet="0123456789 twohundredfirst,.-½²th", max_size=60))
def test_numbers_of_any_kind_are_read(text: str) -> None:
    assert all(word.stem for word in read(text).words)
