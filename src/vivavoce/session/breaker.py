"""Leaves a provider alone that fails most of the time: the calls of a whole house would only hold it down."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 30.0
LEAST_CONNECTS = 10
"""Fewer than this in the window say nothing about a provider."""
MOST_FAILED = 0.5
REST_SECONDS = 2.0
"""How long nobody dials; then one does, to see how it is."""
PROBE_SECONDS = 1.0
"""When to ask again while that one is still dialling."""


class Breaker:
    """Of one provider. Who dials asks `allows` first, and tells how it went: `succeeded`, `failed` or `abandoned`."""

    def __init__(self) -> None:
        self._connects: deque[tuple[float, bool]] = deque()
        """When a connect was over, and whether it failed."""
        self._rests_until: float | None = None
        """None while everybody may dial."""
        self._probing = False

    def retry_after(self, now: float) -> float | None:
        """In how many seconds it is worth asking again; None when one may dial now."""
        if self._rests_until is None:
            return None
        if now < self._rests_until:
            return self._rests_until - now
        return PROBE_SECONDS if self._probing else None

    def allows(self, now: float) -> bool:
        """Whether to dial now. After the rest it is true once, for the probe."""
        if self.retry_after(now) is not None:
            return False
        self._probing = self._rests_until is not None
        return True

    def succeeded(self, now: float) -> None:
        """The provider answered."""
        if self._probing:
            self._probing, self._rests_until = False, None
            self._connects.clear()
        self._note(now, False)

    def failed(self, now: float) -> None:
        """It could not be reached, or had no time."""
        self._note(now, True)
        failures = sum(failed for _, failed in self._connects)
        broken = len(self._connects) >= LEAST_CONNECTS and failures >= MOST_FAILED * len(self._connects)
        if self._probing or (self._rests_until is None and broken):
            self._probing, self._rests_until = False, now + REST_SECONDS

    def abandoned(self) -> None:
        """Who dialled lost interest before there was an answer."""
        self._probing = False

    def _note(self, now: float, failed: bool) -> None:
        self._connects.append((now, failed))
        while self._connects[0][0] <= now - WINDOW_SECONDS:
            self._connects.popleft()
