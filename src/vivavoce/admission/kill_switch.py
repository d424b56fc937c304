"""The operator's switch: no new calls, and if wanted an end to those that go on.

It stands in the database, so `vivavoce calls close` reaches every server on it: each reads it with its heartbeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from vivavoce.admission.entry import Entry, TurnedAway
from vivavoce.admission.refused import Refused
from vivavoce.store.sessions import SessionStore
from vivavoce.store.sql import Sql
from vivavoce.store.switches import Switches

CALLS_CLOSED = 4429
"""The close code for a browser that came through the handshake all the same."""
CLOSED_MESSAGE = "No calls are taken at the moment. Try again later."

CLOSED_SECONDS = 60.0
"""When it is worth asking again after an operator has closed the calls."""

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


def closed() -> Refused:
    """For who would begin a call."""
    return Refused.for_now(HTTPStatus.SERVICE_UNAVAILABLE, "calls_closed", CLOSED_MESSAGE, CLOSED_SECONDS)


def admit(store: SessionStore, entry: Entry) -> None:
    """A step of the admission, which hears of the switch before the heartbeat does. Raises TurnedAway."""
    check(entry, open=standing(store.sql).open)


def check(entry: Entry, *, open: bool) -> None:
    """Raises TurnedAway for who would begin or wake a call while none are taken."""
    if not entry.already_paid_for and not open:
        raise TurnedAway(CALLS_CLOSED, CLOSED_MESSAGE)
