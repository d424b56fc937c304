from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.hosts.native.json_lines import MAX_DEPTH, JSONLineError, read_lined

TEXT = """{
  "a": 1,
  "b": [
    {"c": "x"},
    {
      "c": "y", "c": "z"}
  ]
}"""


def test_every_field_knows_its_line() -> None:
    document = read_lined(TEXT)
    assert document.value == json.loads(TEXT)
    assert document.line(("a",)) == 2
    assert document.line(("b",)) == 3
    assert document.line(("b", 0, "c")) == 4
    assert document.line(("b", 1)) == 5
    assert document.line(("b", 1, "c")) == 6


def test_what_is_missing_has_the_line_of_what_is_around_it() -> None:
    assert read_lined(TEXT).line(("b", 1, "d", "e")) == 5
    assert read_lined(TEXT).line(("x",)) == 1


def test_a_field_given_twice_is_noted() -> None:
    assert read_lined(TEXT).repeated == [("b", 1, "c")]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{"a": 1\n "b": 2}', 2, "',' is expected here"),
        ('{"a": 1,\n}', 2, "a field's name in quotes is expected here"),
        ("[1,\n]", 2, "a value is expected here"),
        ('{"a"\n\n 1}', 3, "':' is expected here"),
        ('{"a": [1', 1, "the document ends where ']' is expected"),
        ('{"a": "x', 1, "Unterminated string"),
        ('{"a":\n nul}', 2, "a value is expected here"),
        ("{}\n{}", 2, "after the end"),
        ("", 1, "a value is expected here"),
        ("1" * 5000, 1, "too long"),
        ("[" * (MAX_DEPTH + 2), 1, "deep"),
        ("[" * 100_000, 1, "deep"),
        ("NaN", 1, "a value is expected here"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(JSONLineError) as caught:
        read_lined(text)
    assert caught.value.line == line
    assert reason in caught.value.reason


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(values, st.sampled_from([None, 0, 2]), st.booleans())
def test_it_reads_what_the_standard_library_writes(value: object, indent: int | None, ascii: bool) -> None:
    assert read_lined(json.dumps(value, indent=indent, ensure_ascii=ascii)).value == value


@given(st.text(alphabet='{}[]":,01eE.-+tfn \n\\u') | st.text())
def test_it_agrees_with_the_standard_library_on_any_text(text: str) -> None:
    try:
        value = json.loads(text, parse_constant=lambda name: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(JSONLineError):
            read_lined(text)
    else:
        assert read_lined(text).value == value
