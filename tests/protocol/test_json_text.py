from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.protocol.json_text import DEEPEST, NestedTooDeeply, parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('[]{}"\\a') | st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


def nested(value: Any, levels: int) -> Any:
    for level in range(levels):
        value = [value] if level % 2 else {'a"[': value, "]\\": 0}
    return value


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


@given(VALUES, st.sampled_from([0, 1, DEEPEST - 8, DEEPEST - 1, DEEPEST, DEEPEST + 1]), st.booleans())
def test_what_is_nested_deeper_than_the_limit_is_not_read_and_all_else_is(value: Any, levels: int, ascii: bool) -> None:
    value = nested(value, levels)
    text = json.dumps(value, ensure_ascii=ascii)
    if depth(value) <= DEEPEST:
        assert parse_json(text) == value
    else:
        with pytest.raises(NestedTooDeeply):
            parse_json(text)


@given(st.text(st.sampled_from('[]{}"\\,:1 ')))
def test_what_is_no_json_stays_none(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):
            parse_json(text)
    else:
        assert parse_json(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        '{"type":' * 100_000,
        '["]' + '"[' * 100_000,
        '["' + "]" * 200 + '",' + "[" * 200_000,
        '{"\\"]]]]]":' * 100_000,
        '["\\\\",' * 100_000,
    ],
)
def test_a_tower_of_brackets_is_refused_before_a_parser_climbs_it(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def test_many_brackets_beside_each_other_are_read() -> None:
    assert len(parse_json("[" + ",".join(["[{}]"] * 10_000) + "]")) == 10_000
