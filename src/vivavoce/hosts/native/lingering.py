"""The server's side of a WebSocket, as picows' protocol, which ends so that the reason arrives."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine

from picows import WSUpgradeRequest, WSUpgradeResponseWithListener

from vivavoce.hosts.native.watchful import Logger, WatchfulProtocol

PING_SECONDS = 20.0
LINGER_SECONDS = 2.0
QUIET_SECONDS = 0.1
CHUNK = 65536
MOST_AT_ONCE = 4096
"""Bytes of one read where frames are looked at one by one: a hundred of the smallest events. The transport reads on
while there is more, up to 256 KB; then it is somebody else's turn.
"""

Answer = Callable[[WSUpgradeRequest], WSUpgradeResponseWithListener]


class LingeringProtocol(WatchfulProtocol):
    """`answer` gives each a Link, or turns it away; `keep` runs what is to be done when the connection is over."""

    __slots__ = ("_keep",)

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
        super().__init__(
            answer, max_frame=max_frame, handshake_seconds=handshake_seconds, log=log, ping_seconds=ping_seconds
        )

    def get_buffer(self, size_hint: int) -> memoryview:
        free: memoryview = WatchfulProtocol.get_buffer(self, size_hint)
        return free if self.listener is not None and self.listener.flows else free[:MOST_AT_ONCE]

    def buffer_updated(self, size: int) -> None:
        WatchfulProtocol.buffer_updated(self, size)
        if self.transport.is_close_frame_sent and not self.listener.closing:
            # By picows itself: a frame is too big, not masked, …
            self.listener.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        WatchfulProtocol.connection_lost(self, exc)
        if exc is None:
            handshake = self.transport.close_handshake
            talking = handshake is not None and handshake.recv is None
            self._keep(_linger(self.transport.underlying_transport.get_extra_info("socket").dup(), talking))


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
