"""Ten thousand valid frames, spoilt field by field, against a call that goes on: nothing breaks, leaks or piles up."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from kit.canaries import lesson
from kit.canonical import is_canonical
from kit.mutations import OBEY, VALID, mutated
from kit.relay import Relay
from vivavoce.protocol import browser
from vivavoce.protocol.browser import Append, BrowserError, End, read_browser
from vivavoce.scenario.model import Limits
from vivavoce.session.effects import Effect, Send
from vivavoce.session.inputs import Peer, Received

COUNT = 10_000
WARM_UP = 1_000
GROWTH_BYTES = 5_000_000
FRAME_SECONDS = 0.04
"""As often as a page sends audio; more would be a flood."""


class Target(Relay):
    """A call of which only the newest events are kept, so that what grows is the session's."""

    def __init__(self) -> None:
        super().__init__(replace(lesson("tool"), limits=Limits(3_600, (), 1)))
        self.answered: Counter[str] = Counter()

    def _perform(self, effect: Effect) -> None:
        super()._perform(effect)
        if isinstance(effect, Send) and effect.peer is Peer.UPSTREAM:
            event = self.to_upstream[-1]
            assert is_canonical(event), event
            if event["type"] != "session.update":
                assert b'"instructions"' not in effect.frame and b'"tools"' not in effect.frame
        elif isinstance(effect, Send):
            self.answered[self.to_browser[-1]["type"]] += 1

    def take(self, frame: bytes) -> None:
        self.put(Received(Peer.BROWSER, frame))
        self.wait(FRAME_SECONDS)
        for seen in (self.to_browser, self.to_upstream, self.records, self.tools):
            del seen[:-20]


def play(count: int, between: Callable[[int], None] = lambda _: None) -> Target:
    target = Target()
    target.go_live()
    for number, frame in enumerate(mutated(Random(7), count)):
        target.take(frame)
        if number % 100 == 0:  # answers come and go meanwhile
            target.accept_items()
            target.answer("Thank you.", tag=None)
        between(number)
    return target


def test_no_spoilt_frame_breaks_a_call_or_passes_it(record_property: Callable[[str, object], None]) -> None:
    base = 0

    def measure(number: int) -> None:
        nonlocal base
        if number == WARM_UP:
            base = tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        target = play(WARM_UP + COUNT, measure)
        growth = tracemalloc.get_traced_memory()[0] - base
    finally:
        tracemalloc.stop()
    refused = target.answered["error"]
    record_property("growth after 10,000 spoilt frames", f"{growth / 1e6:.2f} MB; {refused} of 11,000 refused")
    assert growth < GROWTH_BYTES
    assert target.answered["vivavoce.ended"] == 0
    assert refused > COUNT / 2
    before = len(target.seen("error"))
    target.browser(type="vivavoce.hint.request")
    target.browser(type="vivavoce.end")
    assert len(target.seen("error")) == before
    target.wait(10)
    assert target.seen("vivavoce.ended")


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
    def peek(frame: bytes) -> Append | None:
        return Append(frame, 960) if frame.startswith(b'{"type":"input_audio_buffer.append","audio":"') else None

    monkeypatch.setattr(browser, "_proven_append", peek)
    with pytest.raises((AssertionError, ValueError)):
        play(1_000)
