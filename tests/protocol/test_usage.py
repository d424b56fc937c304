"""Usage as it stands on the wire, well made and odd."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.protocol.usage import UNTOLD, Usage, response_usage, transcription_usage

RECORDED: dict[str, Any] = {
    "total_tokens": 565,
    "input_tokens": 401,
    "output_tokens": 164,
    "input_token_details": {
        "text_tokens": 374,
        "audio_tokens": 27,
        "image_tokens": 0,
        "cached_tokens": 384,
        "cached_tokens_details": {"text_tokens": 364, "audio_tokens": 20, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 28, "audio_tokens": 136},
}


def test_cached_tokens_are_a_part_of_the_input() -> None:
    used = response_usage({"usage": RECORDED})
    assert used == Usage(text_in=10, text_cached=364, audio_in=7, audio_cached=20, text_out=28, audio_out=136)
    assert used.tokens == RECORDED["total_tokens"]


def test_an_upstream_that_breaks_nothing_down_is_counted_at_the_dearer_kind() -> None:
    assert response_usage({"usage": {"input_tokens": 12, "output_tokens": 5}}) == Usage(audio_in=12, audio_out=5)


def test_cached_tokens_of_no_named_kind_are_taken_from_the_cheaper_kind_first() -> None:
    details = {"text_tokens": 10, "audio_tokens": 20, "cached_tokens": 25}
    used = response_usage({"usage": {"input_tokens": 30, "input_token_details": details}})
    assert used == Usage(text_cached=10, audio_cached=15, audio_in=5)


def test_a_transcription_is_billed_by_seconds_or_by_tokens() -> None:
    assert transcription_usage({"usage": {"type": "duration", "seconds": 3.5}}) == Usage(seconds=3.5)
    details = {"text_tokens": 2, "audio_tokens": 27}
    tokens = {"type": "tokens", "input_tokens": 29, "input_token_details": details, "output_tokens": 8}
    assert transcription_usage({"usage": tokens}) == Usage(text_in=2, audio_in=27, text_out=8)


@pytest.mark.parametrize("usage", [None, {}, [], "12", 7, {"type": "duration"}, {"type": "duration", "seconds": "3"}])
def test_what_was_not_told_counts_as_nothing_and_says_so(usage: object) -> None:
    assert transcription_usage({"usage": usage}) == UNTOLD
    if not isinstance(usage, dict) or not usage:
        assert response_usage({"usage": usage}) == UNTOLD


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.just(10**400),
    st.lists(st.integers(), max_size=2),
)
NAMES = ("type", "seconds", "input_tokens", "output_tokens", "cached_tokens", "text_tokens", "audio_tokens")
INNER = st.dictionaries(st.sampled_from(NAMES), ODD)
DETAILS = st.tuples(INNER, INNER).map(lambda both: {**both[0], "cached_tokens_details": both[1]})


@given(INNER, DETAILS | ODD, INNER | ODD)
def test_odd_fields_never_raise_and_never_count_below_nothing(usage: Any, heard: Any, said: Any) -> None:
    whole = {**usage, "input_token_details": heard, "output_token_details": said}
    for used in (response_usage({"usage": whole}), transcription_usage({"usage": whole})):
        assert all(getattr(used, name) >= 0 for name in Usage.__dataclass_fields__)
        assert used.tokens < 2**62  # fits the store
        json.dumps(used.tokens)
