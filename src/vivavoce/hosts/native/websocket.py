"""The door of `/ws`: uvicorn hands a connection over when it asks for an upgrade, and picows takes it from there.

uvicorn's `ws` setting is a class that is called for each upgrade and given the request head; so HTTP and WebSockets
share a port, and no frame passes through ASGI.
"""

from __future__ import annotations

import json
import logging
import re

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from vivavoce.hosts.native.calls import Calls
from vivavoce.hosts.native.lingering import LingeringProtocol
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.refused import Refused
from vivavoce.protocol.browser import MAX_FRAME_BYTES
from vivavoce.session.inputs import Peer

_CONNECTION = re.compile(rb"(?<=\r\n)connection: [^\r\n]*")
_LOG = logging.LoggerAdapter(logging.getLogger("vivavoce.websocket"), {})


class Door(LingeringProtocol):
    """picows' protocol behind uvicorn's: takes the request head from it."""

    def __init__(self, calls: Calls, config: object, server_state: object, app_state: object) -> None:
        """The last three are uvicorn's to give."""
        self._calls = calls
        super().__init__(self._answer, max_frame=MAX_FRAME_BYTES, handshake_seconds=None, keep=calls.keep, log=_LOG)

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
