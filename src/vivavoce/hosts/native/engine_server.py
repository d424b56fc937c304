"""The embedded engine's own endpoint: the Realtime protocol on a WebSocket of this machine.

The relay, and any other Realtime client, connects to it as it would to the real one. Each connection has an `Engine`
that decides everything; here its effects are performed, and sockets, timers and finished work become its inputs.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import assert_never
from urllib.parse import parse_qs

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener, ws_create_server

from vivavoce.engine import effects
from vivavoce.engine.core import SESSION_S, Engine
from vivavoce.engine.effects import Effect
from vivavoce.engine.inputs import DeadlinePassed, Input, Received
from vivavoce.hosts.native.handshake import Refused, check_origin, read_target
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.logs import places_of
from vivavoce.hosts.native.origins import OriginPolicy, is_loopback
from vivavoce.hosts.native.speech.jobs import CallSpeech
from vivavoce.hosts.native.speech.shared import Speech
from vivavoce.protocol.message import write
from vivavoce.scenario.model import Scenario
from vivavoce.session.inputs import Peer

PATH = "/v1/realtime"
SCENARIO_PREFIX = "vivavoce/"
"""`?model=vivavoce/<scenario id>`: the persona of that lesson. Any other model echoes."""
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The protocol allows 15 MiB of audio in an event."""
MAX_BACKLOG_BYTES = 8 * 1024 * 1024
"""Audio that waits to be worked on, beyond which a client is not read from until half of it is done."""
PING_S = 20.0
GOING_AWAY, INTERNAL_ERROR, MISSING_MODEL, NO_SUCH_MODEL = 1001, 1011, 4000, 4004

log = logging.getLogger(__name__)
# Given a Logger, picows makes one per connection.
_PICOWS_LOG = logging.LoggerAdapter(logging.getLogger("vivavoce.engine.websocket"), {})


class EngineServer:
    def __init__(self, server: asyncio.Server, connections: set[Connection]) -> None:
        self._server = server
        self._connections = connections
        host, port = server.sockets[0].getsockname()[:2]
        self.url = f"ws://{f'[{host}]' if ':' in host else host}:{port}{PATH}"

    async def close(self) -> None:
        """Take no more clients, and tell those that are here to come back another time (1001)."""
        self._server.close()
        for connection in list(self._connections):
            connection.close(GOING_AWAY, "the engine stops")
        await self._server.wait_closed()


async def start_engine(
    catalogue: Mapping[str, Scenario], speech: Speech | None, *, host: str = "127.0.0.1", port: int = 0
) -> EngineServer:
    """Listen for Realtime clients. Without `speech`, calls go by text."""
    if not is_loopback(host):
        raise ValueError(f"The engine asks nobody who they are, so it listens on this machine only, not on {host}.")
    door = OriginPolicy(frozenset(), loopback=True)
    connections: set[Connection] = set()

    def answer(request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        try:
            url = read_target(request)
            if url.path != PATH:
                return _refuse(HTTPStatus.NOT_FOUND, f"There is nothing here; the Realtime endpoint is {PATH}.")
            check_origin(request, host, door)
        except Refused as error:
            return _refuse(error.status, str(error))
        model = parse_qs(url.query).get("model", [""])[-1]
        return WSUpgradeResponseWithListener(
            WSUpgradeResponse.create_101_response(_subprotocol(request)),
            Connection(model, catalogue, speech, connections).link,
        )

    server = await ws_create_server(
        answer,
        host,
        port,
        max_frame_size=MAX_MESSAGE_BYTES,
        enable_auto_ping=True,
        auto_ping_idle_timeout=PING_S,
        auto_ping_reply_timeout=PING_S,
        use_aiofastnet=True,
        read_buffer_init_size=4096,
        logger_name=_PICOWS_LOG,
        enable_auto_pong=False,  # the link answers pings, as long as the client reads
    )
    return EngineServer(server, connections)


def _refuse(status: HTTPStatus, reason: str) -> WSUpgradeResponseWithListener:
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status, reason.encode()), None)


def _subprotocol(request: WSUpgradeRequest) -> dict[str, str]:
    """Browsers hang up when none of what they offered is chosen; a key among it is not looked at."""
    offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", [])).split(",")
    return {"Sec-WebSocket-Protocol": "realtime"} if "realtime" in map(str.strip, offered) else {}


class Connection:
    """One client and its engine."""

    def __init__(
        self, model: str, catalogue: Mapping[str, Scenario], speech: Speech | None, connections: set[Connection]
    ) -> None:
        self.link = Link(Peer.BROWSER, MAX_MESSAGE_BYTES, self._opened)
        self._loop = asyncio.get_running_loop()
        self._connections = connections
        self._timer: asyncio.TimerHandle | None = None
        self._held: list[Input] = []
        """Speech work that was finished while the client did not read."""
        voiced = speech is not None and speech.voiced
        self._speech = CallSpeech(speech, self._finished, self._failed) if speech and voiced else None
        self._refusal = _refused_model(model, catalogue)
        self._engine = Engine(
            model=model,
            scenario=catalogue.get(model.removeprefix(SCENARIO_PREFIX)) if model.startswith(SCENARIO_PREFIX) else None,
            session_id=f"sess_{secrets.token_hex(9)}",
            expires_at=int(time.time() + SESSION_S),
            voiced=voiced,
        )

    def close(self, code: int, reason: str) -> None:
        self._leave()
        self.link.close(code, reason)

    # What the link tells

    def _opened(self, link: Link) -> None:
        if self._refusal is not None:
            error, code, message = self._refusal
            link.send(_error(error, message))
            link.close(code, f"invalid_request_error.{error}")
            return
        link.owner = self
        self._connections.add(self)
        self._perform(self._engine.open(self._loop.time()))
        self._arm()

    def received(self, link: Link, frame: bytes) -> None:
        self._take(Received(frame))

    def received_binary(self, link: Link, size: int) -> None:
        link.send(_error("invalid_event", "Expected a text WebSocket message; binary frames are not supported."))

    def congestion_changed(self, link: Link) -> None:
        """A client that does not read gets nothing more made, and nothing more is read from it."""
        if not link.congested:
            held, self._held = self._held, []
            for event in held:
                self._finished(event)  # holds on to the rest when it is too much again
        self._arm()
        self._pace_reading()

    def disconnected(self, link: Link, code: int, reason: str) -> None:
        self._leave()

    # What the engine is told, and what it asks for

    def _finished(self, event: Input) -> None:
        """A piece of speech work is done."""
        if self.link.congested:
            self._held.append(event)
        else:
            self._take(event)

    def _due(self, deadline: float) -> None:
        self._timer = None
        self._take(DeadlinePassed(), max(deadline, self._loop.time()))  # a timer may fire a hair early

    def _take(self, event: Input, now: float | None = None) -> None:
        if self.link.owner is None:  # it is over
            return
        try:
            self._perform(self._engine.handle(event, self._loop.time() if now is None else now))
            self._arm()
            self._pace_reading()
        except Exception as error:
            self._failed(error)

    def _perform(self, wanted: list[Effect]) -> None:
        for effect in wanted:
            match effect:
                case effects.Send(frame):
                    self.link.send(frame)
                case effects.Close(code, reason):
                    self.close(code, reason)
                case _ if self._speech is None:
                    raise AssertionError(f"a text-only engine asked for {type(effect).__name__}")
                case effects.Hear(pcm):
                    self._speech.hear(pcm)
                case effects.Deafen():
                    self._speech.deafen()
                case effects.Transcribe():
                    self._speech.transcribe(effect)
                case effects.Speak():
                    self._speech.speak(effect)
                case effects.Cancel(job):
                    self._speech.cancel(job)
                case _:
                    assert_never(effect)

    def _arm(self) -> None:
        """One timer, at the engine's next deadline; none while the client does not read."""
        over = self.link.owner is None or self.link.congested
        deadline = None if over else self._engine.deadline
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._due, deadline)

    def _pace_reading(self) -> None:
        """Stop reading while the client does, or while there is too much to listen to."""
        if self.link.owner is None:
            return
        backlog = self._speech.backlog if self._speech else 0
        if self.link.congested or backlog > MAX_BACKLOG_BYTES:
            self.link.pause_reading()
        elif backlog <= MAX_BACKLOG_BYTES // 2:
            self.link.resume_reading()

    def _failed(self, error: BaseException) -> None:
        """Something is wrong here: it ends this connection, and no other."""
        log.error("A connection of the engine failed: %s", places_of(error))
        self.close(INTERNAL_ERROR, "the engine failed")

    def _leave(self) -> None:
        self.link.owner = None
        self._connections.discard(self)
        self._held.clear()
        self._arm()
        if self._speech is not None:
            self._speech.close()


def _refused_model(model: str, catalogue: Mapping[str, Scenario]) -> tuple[str, int, str] | None:
    """Error code, close code and message, when there is nobody to talk to under this name."""
    if not model:
        return "missing_model", MISSING_MODEL, "You must provide a model parameter."
    if model.startswith(SCENARIO_PREFIX) and model.removeprefix(SCENARIO_PREFIX) not in catalogue:
        return (
            "model_not_found",
            NO_SUCH_MODEL,
            f"There is no scenario {model.removeprefix(SCENARIO_PREFIX)[:80]!r} here.",
        )
    return None


def _error(code: str, message: str) -> bytes:
    """An `error` event about what never reaches the engine."""
    error = {"type": "invalid_request_error", "code": code, "message": message, "param": None, "event_id": None}
    return write({"type": "error", "event_id": f"event_{secrets.token_hex(8)}", "error": error})
