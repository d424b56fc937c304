"""Says, as long as this process lives, that its calls have one; and hears which of them are another's by now."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from vivavoce.admission.entry import ALIVE_SECONDS
from vivavoce.admission.kill_switch import Standing, standing
from vivavoce.hosts.naming import places_of
from vivavoce.hosts.native.revival import end_stranded
from vivavoce.hosts.native.sqlite import Writer
from vivavoce.session.inputs import Fenced
from vivavoce.store.sessions import SessionStore

if TYPE_CHECKING:
    from vivavoce.hosts.native.calls import Calls

BEAT_SECONDS = 3.0
"""A process that was fenced out knows it after this time, also if it has nothing to write."""

log = logging.getLogger("vivavoce.calls")


class Heartbeat:
    def __init__(self, writer: Writer, calls: Calls) -> None:
        self._writer = writer
        self._calls = calls
        self._last = time.monotonic()

    @property
    def regular(self) -> bool:
        """Whether the database took the last beats in time."""
        return time.monotonic() - self._last < ALIVE_SECONDS

    async def keep_beating(self) -> None:
        """Until it is cancelled. A beat that fails is followed by the next."""
        while True:
            try:
                await self._beat()
                self._last = time.monotonic()
            except Exception as error:
                log.error("the calls could not be kept up: %s", places_of(error))
            await asyncio.sleep(BEAT_SECONDS)

    async def _beat(self) -> None:
        epochs = self._calls.epochs()

        def beat(store: SessionStore) -> tuple[set[str], Standing]:
            # The time is that of the write: after a disk that stood still, our own calls are not given up for lost.
            return store.renew(epochs, time.time() + ALIVE_SECONDS), standing(store.sql)

        fenced, switch = await self._writer.run(beat)
        self._calls.hear(switch)
        for id, epoch in epochs:
            actor = self._calls.find(id)
            if id in fenced and actor is not None and actor.epoch == epoch:
                actor.handle(Fenced())
        if not self._calls.stopping:
            await end_stranded(self._writer, self._calls)
