"""The door of `/ws`: uvicorn hands a connection over when it asks for an upgrade, and picows takes it from there.

uvicorn's `ws` setting is a class that is called for each upgrade and given the request head; so HTTP and WebSockets
share a port, and no frame passes through ASGI.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket

from picows import WSAutoPingStrategy, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing in the stub only

from vivavoce.hosts.native.calls import Calls
from vivavoce.hosts.native.handshake import Refused
from vivavoce.hosts.native.link import Link
from vivavoce.protocol.browser import MAX_FRAME_BYTES
from vivavoce.session.inputs import Peer

LINGER_SECONDS = 2.0

_CONNECTION = re.compile(rb"(?<=\r\n)connection: [^\r\n]*")
_LOG = logging.LoggerAdapter(logging.getLogger("vivavoce.websocket"), {})  # given a Logger, picows makes one per link


class Door(WSProtocol):  # type: ignore[misc]
    """picows' protocol behind uvicorn's: takes the request head from it, and closes so that the reason arrives."""

    def __init__(self, calls: Calls, config: object, server_state: object, app_state: object) -> None:
        """The last three are uvicorn's to give."""
        self._calls = calls
        super().__init__(
            None,
            None,
            False,
            self._answer,
            _LOG,
            True,
            None,
            True,
            20,
            20,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,
            MAX_FRAME_BYTES,
            None,
            4096,
        )

    def data_received(self, head: bytes) -> None:
        """The request as uvicorn writes it down again; what comes later is read by picows itself."""
        # picows wants this word alone, and Firefox sends "keep-alive, Upgrade".
        rest = memoryview(_CONNECTION.sub(b"connection: upgrade", head))
        while rest:
            free = self.get_buffer(-1)
            size = min(len(free), len(rest))
            free[:size], rest = rest[:size], rest[size:]
            self.buffer_updated(size)

    def buffer_updated(self, size: int) -> None:
        WSProtocol.buffer_updated(self, size)
        if self.transport.is_close_frame_sent:  # by picows itself: a frame that is too big, not masked, …
            self.listener.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        WSProtocol.connection_lost(self, exc)
        if self.transport.is_close_frame_sent and exc is None:
            self._calls.keep(_linger(self.transport.underlying_transport.get_extra_info("socket").dup()))

    def _answer(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        peer = self.transport.underlying_transport.get_extra_info("peername")
        try:
            arrival = self._calls.admit(request, peer[0] if peer else "")
        except Refused as error:
            body = json.dumps({"error": {"code": error.code, "message": str(error)}}).encode()
            headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
            return WSUpgradeResponseWithListener(
                WSUpgradeResponse.create_error_response(error.status, body, headers), None
            )
        chosen = {"Sec-WebSocket-Protocol": arrival.subprotocol} if arrival.subprotocol else None
        link = Link(Peer.BROWSER, MAX_FRAME_BYTES, lambda link: self._calls.join(link, arrival))
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(chosen), link)


async def _linger(connection: socket.socket) -> None:
    """Read on for a while after we closed.

    Closing a socket that holds unread data makes TCP reset the connection, and the reset overtakes the close frame: the
    peer would never learn why it was closed.
    """
    loop = asyncio.get_running_loop()
    waste = bytearray(65536)
    try:
        connection.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(LINGER_SECONDS):
            while await loop.sock_recv_into(connection, waste):
                pass
    except (OSError, TimeoutError):
        pass
    finally:
        connection.close()
