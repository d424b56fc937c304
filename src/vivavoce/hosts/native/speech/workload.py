"""How long a new step of speech work would wait for a thread, estimated by how long such steps have taken."""

from __future__ import annotations

import heapq

MOST_WAIT_S = 4.0
"""What would wait longer is refused: an answer that comes later still is none any more."""
_LEARNING = 0.2
"""How much the last step counts for the next estimate."""


class Pace:
    """How long work of one kind takes."""

    def __init__(self, seconds: float) -> None:
        """`seconds` for an amount of 1, until the first was measured."""
        self._seconds = seconds

    def expect(self, amount: float) -> float:
        return self._seconds * amount

    def learn(self, amount: float, took_s: float) -> None:
        self._seconds += _LEARNING * (took_s / amount - self._seconds)


class Workload:
    """The steps that a number of threads have before them. Kept on the event loop, which hands them over in order."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._expected: dict[object, float] = {}

    def begin(self, step: object, expected_s: float) -> None:
        self._expected[step] = expected_s

    def end(self, step: object) -> None:
        del self._expected[step]

    @property
    def wait_s(self) -> float:
        """Until a thread would begin one more step."""
        free_at = [0.0] * self._threads
        for expected in self._expected.values():
            heapq.heapreplace(free_at, free_at[0] + expected)
        return free_at[0]
