"""The operator's switch: no new calls, and if wanted an end to those that go on.

It stands in the database, so `vivavoce calls close` reaches every server on it: each reads it with its heartbeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vivavoce.store.sql import Sql
from vivavoce.store.switches import Switches

CLOSED_MESSAGE = "No calls are taken at the moment. Try again later."

_CALLS, _END_RUNNING = "calls", "end_running"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the switch stands."""

    open: bool
    ended: str | None
    """When running calls were ended the last time; None: never."""


def standing(sql: Sql) -> Standing:
    switches = Switches(sql)
    return Standing(switches.get(_CALLS) != "closed", switches.get(_END_RUNNING))


def put(sql: Sql, now: float, *, open: bool, end_running: bool = False) -> None:
    """Open or close. Call it inside a transaction."""
    switches = Switches(sql)
    switches.set(_CALLS, "open" if open else "closed", now)
    if end_running:
        switches.set(_END_RUNNING, repr(now), now)


class KillSwitch:
    """What this process has heard of it."""

    def __init__(self, first: Standing, end_running: Callable[[], None]) -> None:
        self._heard = first
        self._end_running = end_running

    @property
    def open(self) -> bool:
        return self._heard.open

    def hear(self, now: Standing) -> None:
        """Take note of how it stands, and end the calls that go on if somebody wants that."""
        before, self._heard = self._heard, now
        if now.ended != before.ended:
            self._end_running()
