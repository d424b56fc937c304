"""The embedded engine's own endpoint: the Realtime protocol on a WebSocket, for the relay and for any other client."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import socket
from collections.abc import Coroutine, Mapping
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import aiofastnet
from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from vivavoce.admission.refused import Refused
from vivavoce.door.origins import is_loopback
from vivavoce.engine.dialogue.persona import prepare
from vivavoce.hosts.native.chat_endpoint import ChatEndpoint
from vivavoce.hosts.native.engine_connection import GOING_AWAY, MAX_MESSAGE_BYTES, Connection, error_event
from vivavoce.hosts.native.engine_door import PATH, Access, Rejection, read_arrival
from vivavoce.hosts.native.lingering import LINGER_SECONDS, LingeringProtocol
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.port import listen
from vivavoce.hosts.native.speech.shared import Speech
from vivavoce.hosts.native.tls import HANDSHAKE_SECONDS, note_handshakes
from vivavoce.protocol.message import write
from vivavoce.scenario.model import Scenario
from vivavoce.session.inputs import Peer

if TYPE_CHECKING:
    from vivavoce.hosts.native.chat import ChatModel

STOP_SECONDS = 3.0
"""How long clients have, when the engine stops, to take the last that is sent to them."""
RETRY_SECONDS = 10

log = logging.getLogger(__name__)
_PICOWS_LOG = logging.LoggerAdapter(logging.getLogger("vivavoce.engine.websocket"), {})


async def start_engine(
    catalogue: Mapping[str, Scenario],
    speech: Speech | None,
    *,
    access: Access | None = None,
    chat: ChatEndpoint | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    listening: socket.socket | None = None,
) -> EngineServer:
    """Listen for Realtime clients. Without `speech`, calls go by text; with `chat`, a chat model answers them.

    `listening` is a port on this machine that was taken already. Raises SettingsError for the address.
    """
    access = access or Access()
    if access.key is None and not is_loopback(host):
        raise ValueError(f"Without a key the engine listens on this machine only, not on {host}.")
    engine = EngineServer(catalogue, speech, access, _model(chat) if chat else None)
    await engine.listen(listening or listen(host, port))
    return engine


def _model(chat: ChatEndpoint) -> ChatModel:
    from vivavoce.hosts.native.chat import ChatModel

    return ChatModel(chat)


class EngineServer:
    """Lets clients in, as many as may call at once, and tells them when it is over."""

    url: str
    """Where it listens, once it does."""
    warm: asyncio.Task[None]
    """Done when a call finds everything read and loaded, or when that has turned out to be impossible."""

    def __init__(
        self, catalogue: Mapping[str, Scenario], speech: Speech | None, access: Access, chat: ChatModel | None
    ) -> None:
        self._catalogue = catalogue
        self._speech = speech
        self._chat = chat
        self._access = access
        self._connections: set[Connection] = set()
        self._farewells: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    async def listen(self, listening: socket.socket) -> None:
        host, port = listening.getsockname()[:2]
        scheme = "wss" if self._access.tls else "ws"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{PATH}"
        loop = asyncio.get_running_loop()
        note_handshakes(loop)
        self._server = await aiofastnet.create_server(
            loop,
            partial(
                Entrance,
                self._answer,
                max_frame=MAX_MESSAGE_BYTES,
                handshake_seconds=HANDSHAKE_SECONDS,
                keep=self._keep,
                log=_PICOWS_LOG,
            ),
            sock=listening,
            backlog=1024,
            ssl=self._access.tls,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if self._access.tls else None,
        )
        self.warm = loop.create_task(self._warm_up())

    async def _warm_up(self) -> None:
        for scenario in self._catalogue.values():
            await asyncio.to_thread(prepare, scenario)
        gc.freeze()  # the cues are there for good: a collection that walks through them holds everybody up
        if self._speech:
            await asyncio.gather(asyncio.wrap_future(self._speech.loaded), return_exceptions=True)

    async def close(self) -> None:
        """Take no more clients, and tell those that are here to come back another time (1001)."""
        self._server.close()
        self.warm.cancel()
        for connection in list(self._connections):
            connection.close(GOING_AWAY, "the engine stops")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._server.wait_closed()
        if self._farewells:
            await asyncio.wait(self._farewells, timeout=LINGER_SECONDS)
        if self._chat:
            await self._chat.close()

    def _answer(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        if request.path == b"/health":
            headers = {"Content-Type": "application/json"}
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_ok_response(b'{"ok":true}', headers), None)
        try:
            arrival = read_arrival(request, self._access, self._catalogue)
            if arrival.rejection is None and len(self._connections) == self._access.calls:
                message = f"This engine takes {self._access.calls} calls at once, and has them. Try again later."
                raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded", message)
        except Refused as error:
            return WSUpgradeResponseWithListener(_refusal(error), None)
        if arrival.rejection:
            link = Link(Peer.BROWSER, MAX_MESSAGE_BYTES, partial(_turn_away, arrival.rejection))
        else:
            link = Connection(arrival, self._speech, self._chat, self._connections).link
        request.headers["Connection"] = "upgrade"  # alone, as picows wants it; Firefox sends "keep-alive, Upgrade"
        chosen = {"Sec-WebSocket-Protocol": arrival.subprotocol} if arrival.subprotocol else None
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(chosen), link)

    def _keep(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)


class Entrance(LingeringProtocol):
    """A client of the port. picows reads its request if that is a GET; who asks otherwise is told what there is."""

    _first: memoryview | None = None
    _begun = False

    def get_buffer(self, size_hint: int) -> memoryview:
        buffer = LingeringProtocol.get_buffer(self, size_hint)
        if not self._begun:
            self._first = buffer
        return buffer

    def buffer_updated(self, size: int) -> None:
        if self._first is not None:
            method = bytes(self._first[:size]).split(b" ")[0]
            self._first, self._begun = None, True
            if method in _NOT_SERVED:
                self.transport.underlying_transport.write(_refusal(_ONLY_GET).to_bytes())
                self.transport.disconnect()
                return
        LingeringProtocol.buffer_updated(self, size)


_NOT_SERVED = frozenset({b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS"})
_ONLY_GET = Refused(
    HTTPStatus.METHOD_NOT_ALLOWED,
    "method_not_allowed",
    f"This engine speaks the Realtime API on a WebSocket at {PATH} and nothing else: no WebRTC or SIP calls, and no "
    "client secrets. Where a client wants one, give it the engine's own key, or any text if the engine asks for none.",
)


def _refusal(error: Refused) -> WSUpgradeResponse:
    """A refusal in plain HTTP, as the original words them."""
    kind = "invalid_request_error"
    body = {"error": {"message": str(error), "type": kind, "param": None, "code": error.code}}
    headers = {"Content-Type": "application/json", "Connection": "close"}
    match error.status:
        case HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "GET"
        case HTTPStatus.UPGRADE_REQUIRED:
            headers["Upgrade"] = "websocket"
        case HTTPStatus.TOO_MANY_REQUESTS:
            headers["Retry-After"] = str(RETRY_SECONDS)
    response: WSUpgradeResponse = WSUpgradeResponse.create_error_response(error.status, write(body), headers)
    return response


def _turn_away(rejection: Rejection, link: Link) -> None:
    link.send(error_event(rejection.code, rejection.message))
    link.close(rejection.close, f"invalid_request_error.{rejection.code}")
