from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.protocol.audio import delta_size


def delta(audio: bytes, **more: str) -> dict[str, str]:
    return {"type": "response.output_audio.delta", **more, "delta": base64.b64encode(audio).decode()}


@given(st.binary(max_size=5_000), st.text(max_size=40))
def test_the_size_of_a_delta_is_that_of_its_audio_whatever_else_it_holds(audio: bytes, item_id: str) -> None:
    frame = json.dumps(delta(audio, item_id=item_id), separators=(",", ":")).encode()
    assert delta_size(frame) == len(audio)


@pytest.mark.parametrize("item_id", ['"delta":"AAAA"', '\\"delta":"', "delta"])
def test_no_other_field_is_taken_for_it(item_id: str) -> None:
    frame = json.dumps(delta(bytes(480), item_id=item_id), separators=(",", ":")).encode()
    assert delta_size(frame) == 480


def test_a_frame_that_is_spelled_otherwise_is_measured_from_above() -> None:
    frame = json.dumps(delta(bytes(480)), indent=1).encode()
    assert 480 <= delta_size(frame) <= 600
    assert delta_size(b'{"type":"response.output_audio.delta","delta":"AAAA') >= 3


@pytest.mark.parametrize("padding", [b"", b"=", b"==", b"==="])
def test_no_audio_is_less_than_none(padding: bytes) -> None:
    assert delta_size(b'{"type":"response.output_audio.delta","delta":"%b"}' % padding) == 0
