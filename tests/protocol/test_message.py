from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.protocol.message import MalformedFrame, event_type, read, write


@pytest.mark.parametrize(
    "frame",
    [
        b'{"type":"response.done","response":{}}',
        b' {\n "type" : "response.done" }',
        b'{"event_id":"e","type":"response.done"}',
        b'{"response":{"type":"x"},"type":"response.done"}',
        b'{"typ\\u0065":"response.done"}',
        b'{"type":"response.d\\u006fne"}',
    ],
)
def test_the_type_is_found_wherever_it_stands(frame: bytes) -> None:
    assert event_type(frame) == "response.done"


@pytest.mark.parametrize("frame", [b"", b"{", b"[]", b"{}", b'{"type":7}', b"[" * 100_000, b"\xff"])
def test_what_is_no_event_is_malformed(frame: bytes) -> None:
    with pytest.raises(MalformedFrame):
        event_type(frame)


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_is_written_is_read_again(kind: str, text: str) -> None:
    event = {"type": kind, "text": text}
    assert read(write(event)) == event
    assert event_type(write(event)) == kind
    assert json.loads(write(event)) == event
