"""Whether what a call needs is still being loaded: the server answers before that is done, and takes calls after it."""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus

from vivavoce.admission.refused import Refused

PATIENCE_SECONDS = 8.0
"""How long somebody who wants to call is kept waiting before they are told why; usually all is loaded by then."""
RETRY_SECONDS = 2.0


class Warming:
    def __init__(self, work: asyncio.Future[None] | None = None) -> None:
        """`work` is done when all is loaded; None: there is nothing to load."""
        self._over = asyncio.Event()
        if work is None:
            self.end()
        else:
            work.add_done_callback(lambda _: self.end())

    def begin(self) -> None:
        """What was loaded is gone, and is loaded again."""
        self._over.clear()

    def end(self) -> None:
        self._over.set()

    def check(self) -> None:
        """Raises Refused while a call would find its persona speechless."""
        if not self._over.is_set():
            message = "The server's voice is still being loaded."
            raise Refused.for_now(HTTPStatus.SERVICE_UNAVAILABLE, "warming_up", message, RETRY_SECONDS)

    async def wait(self) -> None:
        """A page that asks meanwhile shows that it connects, and nothing worse. Raises Refused if it takes too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._over.wait()
        self.check()
