"""picows' protocol, of either side of a WebSocket, that notices when the other end is gone without a word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from picows import WSAutoPingStrategy
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing in the stub only

SMALLEST_BUFFER = 2048
"""Bytes that picows reads into at first; it takes more when frames are longer, and keeps that."""
GOING_AWAY = 1001

Logger = logging.LoggerAdapter[logging.Logger]
"""Given a Logger itself, picows makes one per connection."""


class WatchfulProtocol(WSProtocol):  # type: ignore[misc]
    """`listen` gives picows the Link that listens. Its own pings would go on while we do not read, take no answer for
    an absence, and hold a task for each connection.
    """

    __slots__ = ("_ping_seconds", "_silent_for", "_timer")

    def __init__(
        self,
        listen: Callable[..., Any],
        *,
        dialled: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
        max_frame: int,
        handshake_seconds: float | None,
        log: Logger,
        ping_seconds: float,
    ) -> None:
        """`dialled`: the host and the path of a server, with the `headers` that it is shown; None for a client that
        came by itself. Who is silent for half of `ping_seconds` to all of it is asked for a sign, and has
        `ping_seconds` to give it.
        """
        self._ping_seconds = ping_seconds
        self._silent_for = 0
        """Times that it was looked at without anything having come, though we read."""
        self._timer: asyncio.TimerHandle | None = None
        host, path = dialled or (None, None)
        super().__init__(
            host,
            path,
            dialled is not None,
            listen,
            log,
            True,
            handshake_seconds,
            False,
            0,
            0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # the link answers pings, as long as the peer reads
            max_frame,
            headers,
            SMALLEST_BUFFER,
        )

    def connection_made(self, transport: asyncio.Transport) -> None:
        WSProtocol.connection_made(self, transport)
        self._check_silence()

    def buffer_updated(self, size: int) -> None:
        self._silent_for = 0
        WSProtocol.buffer_updated(self, size)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        WSProtocol.connection_lost(self, exc)

    def taken_for_gone(self) -> None:
        """It did not answer."""
        self.listener.close(GOING_AWAY, "no answer to a ping")

    def _check_silence(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._ping_seconds / 2, self._check_silence)
        if self.listener is None or self.listener.closing or not self.transport.underlying_transport.is_reading():
            self._silent_for = 0
            return
        self._silent_for += 1
        if self._silent_for == 2:
            self.transport.send_ping()
        elif self._silent_for == 4:
            self.taken_for_gone()
