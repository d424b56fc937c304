"""A call whose browser sends spoilt frames, one after the other as fast as a page sends audio."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from dataclasses import replace
from random import Random

from kit.canaries import lesson
from kit.canonical import is_canonical
from kit.mutations import mutated
from kit.relay import Relay
from vivavoce.scenario.model import Limits
from vivavoce.session.effects import Effect, Send
from vivavoce.session.inputs import Peer, Received

FRAME_SECONDS = 0.04
"""More often would be a flood."""
WARM_UP = 1_000


class SpoiltCall(Relay):
    """Only its newest events are kept, so that what grows is the session's. Fails when anything wrong goes upstream."""

    def __init__(self) -> None:
        super().__init__(replace(lesson("tool"), limits=Limits(24 * 3600, (), 1)))
        self.answered: Counter[str] = Counter()
        self.go_live()

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


def play(count: int, seed: int) -> tuple[SpoiltCall, int]:
    """A call that was sent so many spoilt frames, and by how many bytes it grew after the first thousand."""
    call = SpoiltCall()
    tracemalloc.start()
    try:
        base = 0
        for number, frame in enumerate(mutated(Random(seed), WARM_UP + count)):
            if number == WARM_UP:
                base = tracemalloc.get_traced_memory()[0]
            call.take(frame)
            if number % 100 == 0:  # answers come and go meanwhile
                call.accept_items()
                call.answer("Thank you.", tag=None)
        return call, tracemalloc.get_traced_memory()[0] - base
    finally:
        tracemalloc.stop()
