"""Time and chance of a simulation: one heap of what will happen, one seed. The same seed is the same history."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Protocol

REMEMBERED = 2_000
"""So many events are told with a violation."""

MOST_EVENTS = 200_000
"""In one history; more than ten times what is usual."""


class Restless(AssertionError):
    """Something is done again and again."""


class World:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.now = 0.0
        self.chance = Random(seed)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._history: deque[tuple[float, str, object]] = deque(maxlen=REMEMBERED)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._agenda, (self.now + seconds, self._number, act))

    def between(self, least: float, most: float) -> float:
        return least + (most - least) * self.chance.random()

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def after_about(self, mean: float) -> float:
        """Seconds until something that happens every `mean` seconds on average happens again."""
        return self.chance.expovariate(1 / mean)

    def run(self, until: float) -> None:
        while self._agenda and self._agenda[0][0] <= until:
            self.now, number, act = heapq.heappop(self._agenda)
            if number > MOST_EVENTS:
                raise Restless(f"seed {self.seed} comes to no rest\n{self.history}")
            act()
        self.now = until

    def skip(self, seconds: float) -> None:
        """Let time pass in which nobody does anything: what was still to happen does not."""
        self._agenda.clear()
        self.now += seconds

    def tell(self, who: str, what: object) -> None:
        """Note what happened, for whoever reads a violation."""
        self._history.append((self.now, who, what))

    @property
    def history(self) -> str:
        return "\n".join(f"{at:9.3f} {who:10} {what}"[:160] for at, who, what in self._history)


class Owner(Protocol):
    """Whoever holds one end of a wire."""

    def received(self, end: End, frame: bytes) -> None: ...

    def disconnected(self, end: End, code: int, reason: str) -> None: ...


class End:
    """One end of a WebSocket. Frames arrive in order, each after a while, or are lost when the line is cut."""

    def __init__(self, world: World, latency: float) -> None:
        self._world = world
        self._latency = latency
        self._last_arrival = 0.0
        self.closing = False
        """Whether this side said goodbye, or the line is cut."""
        self.other: End
        self.owner: Owner | None = None
        self.open = True
        """Whether the owner has not been told yet that it is over."""

    def send(self, frame: bytes) -> None:
        if self.open and not self.closing:
            self._deliver(lambda: self.other._take(frame))

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; each side hears of it in its turn."""
        if self.open and not self.closing:
            self.closing = True
            self._deliver(lambda: self._closed_by_handshake(code, reason))

    def cut(self, noticed_within: float = 0.0) -> None:
        """The line breaks: nothing arrives any more, and each end finds out in its own time."""
        for end in (self, self.other):
            end.closing = True
            end._last_arrival = float("inf")
            self._world.later(self._world.between(0, noticed_within), lambda end=end: end.over(1006, ""))  # type: ignore[misc]

    def over(self, code: int, reason: str) -> None:
        if self.open:
            self.open = False
            if self.owner is not None:
                self.owner.disconnected(self, code, reason)

    def _deliver(self, act: Callable[[], None]) -> None:
        arrival = max(self._last_arrival, self._world.now + self._latency * self._world.between(0.5, 2))
        self._last_arrival = arrival

        def arrive() -> None:
            if self._last_arrival != float("inf"):  # cut meanwhile
                act()

        self._world.later(arrival - self._world.now, arrive)

    def _take(self, frame: bytes) -> None:
        if self.open and self.owner is not None:
            self.owner.received(self, frame)

    def _closed_by_handshake(self, code: int, reason: str) -> None:
        self.other.over(code, reason)
        self.over(code, reason)


def wire(world: World, latency: float) -> tuple[End, End]:
    """A new connection, as its two ends."""
    near, far = End(world, latency), End(world, latency)
    near.other, far.other = far, near
    return near, far
