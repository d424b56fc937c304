"""The door of `/ws`: uvicorn hands a connection over when it asks for an upgrade, and picows takes it from there.

uvicorn's `ws` setting is a class that is called for each upgrade and given the request head; so HTTP and WebSockets
share a port, and no frame passes through ASGI.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from http import HTTPStatus

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from vivavoce.admission.refused import Refused
from vivavoce.hosts.naming import places_of
from vivavoce.hosts.native.calls import Calls
from vivavoce.hosts.native.http_limits import Room
from vivavoce.hosts.native.lingering import LingeringProtocol
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.pace import browser_pace
from vivavoce.hosts.native.wiring import wired
from vivavoce.protocol.browser import MAX_FRAME_BYTES
from vivavoce.session.inputs import Peer

_CONNECTION = re.compile(rb"(?<=\r\n)connection: [^\r\n]*")
logger = logging.getLogger("vivavoce.websocket")
_LOG = logging.LoggerAdapter(logger, {})


class Door(LingeringProtocol):
    """picows' protocol behind uvicorn's: takes the request head from it."""

    __slots__ = ("_calls", "_peer", "_room")

    def __init__(self, calls: Calls, room: Room, config: object, server_state: object, app_state: object) -> None:
        """The last three are uvicorn's to give."""
        self._calls = calls
        self._room = room
        self._peer = ""
        super().__init__(self._answer, max_frame=MAX_FRAME_BYTES, handshake_seconds=None, keep=calls.keep, log=_LOG)

    def connection_made(self, transport: asyncio.Transport) -> None:
        address = transport.get_extra_info("peername")
        self._peer = address[0] if address else ""
        self._room.enter(self._peer)  # there was room for it when it was opened
        self._calls.connected(self)
        super().connection_made(wired(transport, self))

    def connection_lost(self, exc: Exception | None) -> None:
        self._room.leave(self._peer)
        super().connection_lost(exc)
        self._calls.disconnected(self)  # what is kept for a connection is kept by now

    def data_received(self, head: bytes) -> None:
        """The request as uvicorn writes it down again; what comes later is read by picows itself."""
        # picows wants this word alone, and Firefox sends "keep-alive, Upgrade".
        rest = memoryview(_CONNECTION.sub(b"connection: upgrade", head))
        while rest:
            free = self.get_buffer(-1)
            size = min(len(free), len(rest))
            free[:size], rest = rest[:size], rest[size:]
            self.buffer_updated(size)

    def _answer(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        try:
            arrival = self._calls.admit(request, self._peer)
        except Refused as refused:
            return _refusal(refused)
        except Exception as error:  # picows would tell the client its text
            logger.error("a handshake failed: %s", places_of(error))
            return _refusal(Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", "This failed on the server."))
        chosen = {"Sec-WebSocket-Protocol": arrival.subprotocol} if arrival.subprotocol else None
        link = Link(Peer.BROWSER, MAX_FRAME_BYTES, lambda link: self._calls.join(link, arrival), browser_pace())
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(chosen), link)


def _refusal(refused: Refused) -> WSUpgradeResponseWithListener:
    body = json.dumps({"error": {"code": refused.code, "message": str(refused)}}).encode()
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **refused.headers,
    }
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(refused.status, body, headers), None)
