from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.records import call
from vivavoce.lesson.evidence import Evidence, is_recorded, locate, proves, quote

LINES = call("Good evening.", ">I am so sorry, “madam”.  It's late.", "I heard you.")
SORRY = Evidence("item_1", "user", "so sorry", 5, 13, 10.0)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("I am so sorry", "I am so sorry"),
        ("  so\n sorry ", "so sorry"),
        ('"madam". It\u2019s late', "“madam”.  It's late"),
        ("so sorry, “madam”", "so sorry, “madam”"),
        ("So sorry", None),
        ("o sorry", None),
        ("so sorr", None),
        ("sorry so", None),
        ("I am so very sorry", None),
        ("so ... sorry", None),
        ("", None),
        ("  ", None),
        ("“", None),
        (".", None),
    ],
)
def test_a_quote_is_found_letter_by_letter(words: str, found: str | None) -> None:
    text = LINES[1].text
    span = locate(words, text)
    assert (None if span is None else text[slice(*span)]) == found


def test_the_first_whole_word_is_found() -> None:
    assert locate("late", "The plate is late.") == (13, 17)


@given(st.text(), st.text())
def test_what_is_found_is_what_was_asked_for(words: str, text: str) -> None:
    if span := locate(words, text):
        begin, end = span
        assert 0 <= begin < end <= len(text)
        assert len(text[begin:end].split()) == len(words.split())


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1), st.data())
def test_whole_words_are_always_found(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    wanted = " ".join(words[first : last + 1])
    text = "  ".join(words)
    span = locate(wanted, text)
    assert span is not None
    assert " ".join(text[slice(*span)].split()) == wanted


def test_evidence_stands_in_what_was_heard_of_its_line() -> None:
    assert is_recorded(SORRY, LINES)
    cut = replace(LINES[1], interrupted=True, heard_chars=12)
    assert not is_recorded(SORRY, (LINES[0], cut, LINES[2]))
    part = replace(LINES[1], interrupted=True, heard_chars=7)
    assert is_recorded(replace(SORRY, quote="so", end=7), (part,))
    assert not is_recorded(replace(SORRY, quote="so"), (part,))


@pytest.mark.parametrize(
    "forged",
    [
        replace(SORRY, quote="so happy"),
        replace(SORRY, quote="so sorr"),
        replace(SORRY, quote="so sorry,"),
        replace(SORRY, quote=""),
        replace(SORRY, start=4),
        replace(SORRY, end=14),
        replace(SORRY, start=13, end=5),
        replace(SORRY, start=5 - len(LINES[1].text), end=13 - len(LINES[1].text)),
        replace(SORRY, role="assistant"),
        replace(SORRY, item_id="item_0"),
        replace(SORRY, item_id="item_2"),
        replace(SORRY, item_id=""),
        replace(SORRY, at=0.0),
    ],
)
def test_forged_evidence_is_not_recorded(forged: Evidence) -> None:
    assert not is_recorded(forged, LINES)
    assert not proves((forged,), "user", LINES)
    assert not proves((SORRY, forged), "user", LINES)


def test_one_of_the_quotes_must_be_the_speakers() -> None:
    theirs = quote(LINES[2], 0, 12)
    assert not proves((theirs,), "user", LINES)
    assert proves((theirs, SORRY), "user", LINES)
    assert proves((theirs,), "assistant", LINES)
    assert not proves((), "user", LINES)
