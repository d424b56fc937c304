"""Ten thousand valid frames, spoilt field by field, against a call that goes on: nothing breaks, leaks or piles up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from kit.mutations import OBEY, VALID, mutated
from kit.spoilt import play
from vivavoce.protocol import browser
from vivavoce.protocol.browser import Append, BrowserError, End, read_browser

COUNT = 10_000
GROWTH_BYTES = 5_000_000


def test_no_spoilt_frame_breaks_a_call_or_passes_it(record_property: Callable[[str, object], None]) -> None:
    call, growth = play(COUNT, seed=7)
    refused = call.answered["error"]
    record_property("growth after 10,000 spoilt frames", f"{growth / 1e6:.2f} MB; {refused} of 11,000 were refused")
    assert growth < GROWTH_BYTES
    assert call.answered["vivavoce.ended"] == 0
    assert COUNT / 2 < refused < COUNT
    before = len(call.seen("error"))
    call.browser(type="vivavoce.hint.request")
    call.browser(type="vivavoce.end")
    assert len(call.seen("error")) == before
    call.wait(10)
    assert call.seen("vivavoce.ended")


def test_what_is_understood_of_a_spoilt_frame_is_a_valid_event() -> None:
    kinds: Counter[str] = Counter()
    for frame in mutated(Random(11), COUNT):
        try:
            event = read_browser(frame)
        except BrowserError as error:
            kinds[error.code] += 1
            assert error.message and OBEY not in error.message
            assert len(error.message) < 200
        else:
            kinds[type(event).__name__] += 1
            if isinstance(event, Append):
                assert set(json.loads(event.frame)) == {"type", "audio"}
            else:
                assert not isinstance(event, End)
    assert len(kinds) > 12, kinds


def test_every_event_of_a_browser_is_spoilt() -> None:
    assert {event["type"] for event in VALID} == set(browser._BUILDERS) - {"vivavoce.end"}


def test_a_reader_that_only_peeks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def peek(frame: bytes) -> int | None:
        return 960 if frame.startswith(b'{"type":"input_audio_buffer.append","audio":"') else None

    monkeypatch.setattr(browser, "speech_size", peek)
    with pytest.raises((AssertionError, ValueError)):
        play(1_000, seed=7)
