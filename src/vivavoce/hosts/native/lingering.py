"""The server's side of a WebSocket, as picows' protocol: asks who is silent, and ends so that the reason arrives."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine

from picows import WSAutoPingStrategy, WSUpgradeRequest, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing in the stub only

PING_SECONDS = 20.0
"""A peer that is silent for so long is asked whether it is there, and has as long to answer."""
LINGER_SECONDS = 2.0
QUIET_SECONDS = 0.1
CHUNK = 65536
MOST_AT_ONCE = 4096
"""Bytes of one read where frames are looked at one by one: a hundred of the smallest events. The transport reads on
while there is more, up to 256 KB; then it is somebody else's turn.
"""
SMALLEST_BUFFER = 2048
"""Bytes that picows reads into at first; it takes more when frames are longer, and keeps that."""
GOING_AWAY = 1001

Answer = Callable[[WSUpgradeRequest], WSUpgradeResponseWithListener]
Logger = logging.LoggerAdapter[logging.Logger]
"""Given a Logger itself, picows makes one per connection."""


class LingeringProtocol(WSProtocol):  # type: ignore[misc]
    """`answer` gives each a Link, or turns it away; `keep` runs what is to be done when the connection is over."""

    def __init__(
        self,
        answer: Answer,
        *,
        max_frame: int,
        handshake_seconds: float | None,
        keep: Callable[[Coroutine[object, object, None]], None],
        log: Logger,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        self._keep = keep
        self._half_period = ping_seconds / 2
        self._silent_for = 0
        """Half periods in which nothing came, though we read."""
        self._timer: asyncio.TimerHandle | None = None
        super().__init__(
            None,
            None,
            False,
            answer,
            log,
            True,
            handshake_seconds,
            False,  # picows' own pings would go on while we do not read, and take no answer for an absence
            0,
            0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # the link answers pings, as long as the peer reads
            max_frame,
            None,
            SMALLEST_BUFFER,
        )

    def connection_made(self, transport: asyncio.Transport) -> None:
        WSProtocol.connection_made(self, transport)
        self._check_silence()

    def get_buffer(self, size_hint: int) -> memoryview:
        free: memoryview = WSProtocol.get_buffer(self, size_hint)
        return free if self.listener is not None and self.listener.flows else free[:MOST_AT_ONCE]

    def buffer_updated(self, size: int) -> None:
        self._silent_for = 0
        WSProtocol.buffer_updated(self, size)
        if self.transport.is_close_frame_sent and not self.listener.closing:
            # By picows itself: a frame is too big, not masked, …
            self.listener.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        WSProtocol.connection_lost(self, exc)
        if exc is None:
            handshake = self.transport.close_handshake
            talking = handshake is not None and handshake.recv is None
            self._keep(_linger(self.transport.underlying_transport.get_extra_info("socket").dup(), talking))

    def _check_silence(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._half_period, self._check_silence)
        if self.listener is None or self.listener.closing or not self.transport.underlying_transport.is_reading():
            self._silent_for = 0
            return
        self._silent_for += 1
        if self._silent_for == 2:
            self.transport.send_ping()
        elif self._silent_for == 4:
            self.listener.close(GOING_AWAY, "no answer to a ping")


async def _linger(connection: socket.socket, talking: bool) -> None:
    """Read on for a while after we closed.

    Closing a socket that holds unread data makes TCP reset the connection, and the reset overtakes what was sent last:
    the peer would never learn why it was closed, or turned away. While a peer is `talking`, the end of our side waits,
    too: some clients that hear it in mid-sentence report that instead of the reason.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            with contextlib.suppress(TimeoutError):
                while talking:
                    talking = bool(await asyncio.wait_for(loop.sock_recv(connection, CHUNK), QUIET_SECONDS))
            connection.shutdown(socket.SHUT_WR)
            while await loop.sock_recv(connection, CHUNK):
                pass
    except (OSError, TimeoutError):
        pass
    finally:
        connection.close()
