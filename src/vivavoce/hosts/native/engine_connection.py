"""One client of the embedded engine: its `Engine` decides everything, and here the effects of that are performed."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from typing import TYPE_CHECKING, assert_never

from vivavoce.engine import effects
from vivavoce.engine.core import SESSION_S, Engine
from vivavoce.engine.effects import Effect
from vivavoce.engine.inputs import DeadlinePassed, Input, Received
from vivavoce.hosts.naming import places_of
from vivavoce.hosts.native.engine_door import Arrival
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.speech.jobs import CallSpeech
from vivavoce.hosts.native.speech.shared import Speech
from vivavoce.protocol.message import write
from vivavoce.session.inputs import Peer

if TYPE_CHECKING:
    from vivavoce.hosts.native.chat import CallChat, ChatModel

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The protocol allows 15 MiB of audio in an event."""
MAX_BACKLOG_BYTES = 8 * 1024 * 1024
"""Audio that waits to be worked on, beyond which a client is not read from until half of it is done."""
GOING_AWAY, INTERNAL_ERROR = 1001, 1011

log = logging.getLogger(__name__)


class Connection:
    """From the open WebSocket to its end; meanwhile it is among `connections`."""

    def __init__(
        self, arrival: Arrival, speech: Speech | None, chat: ChatModel | None, connections: set[Connection]
    ) -> None:
        self.link = Link(Peer.BROWSER, MAX_MESSAGE_BYTES, self._opened)
        self._loop = asyncio.get_running_loop()
        self._connections = connections
        self._timer: asyncio.TimerHandle | None = None
        self._held: list[Input] = []
        """Work that was finished while the client did not read."""
        voiced = speech is not None and speech.voiced
        self._speech = CallSpeech(speech, self._finished, self._failed) if speech and voiced else None
        self._chat = chat.call(self._finished) if chat else None
        self._work: list[CallSpeech | CallChat] = [work for work in (self._speech, self._chat) if work]
        self._engine = Engine(
            model=arrival.model,
            scenario=arrival.scenario,
            session_id=f"sess_{secrets.token_hex(9)}",
            expires_at=int(time.time() + SESSION_S),
            voiced=voiced,
            session_type="realtime" if arrival.model else "transcription",
            chat=chat is not None,
        )

    def close(self, code: int, reason: str) -> None:
        self._leave()
        self.link.close(code, reason)

    # What the link tells

    def _opened(self, link: Link) -> None:
        link.owner = self
        self._connections.add(self)
        self._perform(self._engine.open(self._loop.time()))
        self._arm()

    def received(self, link: Link, frame: bytes) -> None:
        self._take(Received(frame))

    def received_binary(self, link: Link, size: int) -> None:
        link.send(error_event("invalid_event", "Expected a text WebSocket message; binary frames are not supported."))

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
        """A piece of work is done."""
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
                case effects.Cancel(job):
                    for work in self._work:
                        work.cancel(job)
                case effects.Reply():
                    assert self._chat is not None
                    self._chat.reply(effect)
                case _ if self._speech is None:
                    raise AssertionError(f"a text-only engine asked for {type(effect).__name__}")
                case effects.Hear():
                    self._speech.hear(effect)
                case effects.Deafen():
                    self._speech.deafen()
                case effects.Transcribe():
                    self._speech.transcribe(effect)
                case effects.Speak():
                    self._speech.speak(effect)
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
        for work in self._work:
            work.close()
        # They refer to this connection: without the circle its engine, and all the audio in it, is freed at once.
        self._work.clear()
        self._speech = self._chat = None


def error_event(code: str, message: str) -> bytes:
    """An `error` event about what never reaches the engine."""
    error = {"type": "invalid_request_error", "code": code, "message": message, "param": None, "event_id": None}
    return write({"type": "error", "event_id": f"event_{secrets.token_hex(8)}", "error": error})
