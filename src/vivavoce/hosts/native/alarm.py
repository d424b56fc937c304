"""A timer for a deadline that is put off all the time, as that of a call: it is not set anew for that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EARLY_SECONDS = 0.005
"""A timer may go off by a hair too early."""


class Alarm:
    def __init__(self, ring: Callable[[float], None]) -> None:
        """`ring` is told what time it is: not before the deadline."""
        self._ring = ring
        self._loop = asyncio.get_running_loop()
        self._deadline: float | None = None
        self._timer: asyncio.Handle | None = None
        self._goes_off_at = 0.0  # uvloop's timers do not all know it: one that is due at once is none

    def set(self, deadline: float | None) -> None:
        """Ring when this has come, on the loop's clock, and for no earlier deadline; None: not at all."""
        self._deadline = deadline
        if self._timer is not None:
            if deadline is not None and self._goes_off_at <= deadline:
                return
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._goes_off_at = deadline
            self._timer = self._loop.call_at(deadline, self._went_off)

    def take_down(self) -> None:
        """It rings no more, and lets go of whom it would have told."""
        self.set(None)
        del self._ring

    def _went_off(self) -> None:
        self._timer = None
        now = self._loop.time()
        if self._deadline is not None and self._deadline <= now + EARLY_SECONDS:
            self._ring(max(self._deadline, now))
        else:
            self.set(self._deadline)
