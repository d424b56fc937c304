"""What one call has written in the database: in the order in which it was asked for, by the right of its epoch."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from functools import partial

from vivavoce.hosts.naming import name_of, places_of
from vivavoce.hosts.native.metrics import Metrics
from vivavoce.hosts.native.sqlite import Done, Write, Writer
from vivavoce.session.effects import RESUMABLE_SECONDS, Record
from vivavoce.session.spending import Spending
from vivavoce.store.retention import Retention
from vivavoce.store.sessions import Fenced, SessionStore
from vivavoce.store.usage import UsageStore

logger = logging.getLogger("vivavoce.calls")


class CallRecord:
    """Returns at once; the writer's thread does the work."""

    def __init__(self, writer: Writer, metrics: Metrics, session_id: str, epoch: int, user: str) -> None:
        self._writer = writer
        self._metrics = metrics
        self._id = session_id
        self._epoch = epoch
        self._user = user
        self.events = 0

    def append(self, record: Record, done: Done) -> None:
        """Write down a durable event; `done` hears that it is on disk, or what went wrong."""
        self.events += 1
        entry = (record.seq, record.at, record.body["type"], record.frame.decode())
        tool = (record.tool.call_id, json.dumps(record.tool.output)) if record.tool else None
        begun = time.monotonic()

        def appended(error: Exception | None) -> None:
            if error is None:
                self._metrics.committed(time.monotonic() - begun)
            done(error)

        self._writer.submit(lambda store: store.append(self._id, self._epoch, [entry], tool), appended)

    def spend(self, spending: Spending) -> None:
        """What was spent is spent, also by a process that has the call no longer."""
        self._metrics.spent(spending)
        at, spent = time.time(), spending._asdict()
        self._note("what it spent", lambda store: UsageStore(store.sql).note(self._id, self._user, at, **spent))

    def finish(self, reason: str) -> None:
        ended_at = time.time()
        self._note("its end", lambda store: store.finish(self._id, self._epoch, ended_at, reason))

    def sleep(self) -> None:
        until = time.time() + RESUMABLE_SECONDS
        self._note("that it sleeps", lambda store: store.sleep(self._id, self._epoch, until))

    def close(self, *, forget: bool, done: Callable[[], None]) -> None:
        """Nothing more comes. Some lessons want nothing to be kept: then all of it is deleted."""

        def last(store: SessionStore) -> None:
            if forget:
                Retention(store.sql).delete(self._id)

        def closed(error: Exception | None) -> None:
            self._noted("that it is to be forgotten", error)
            done()

        self._writer.submit(last, closed)

    def _note(self, what: str, write: Write) -> None:
        self._writer.submit(write, partial(self._noted, what))

    def _noted(self, what: str, error: Exception | None) -> None:
        """Who is fenced out says nothing: whoever has the call by now notes itself how it goes on."""
        if error is not None and not isinstance(error, Fenced):
            call = name_of(self._id)
            logger.error("call %s: %s could not be recorded: %s", call, what, places_of(error), extra={"call": call})
