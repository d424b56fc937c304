"""Performs what the session of one call asks for. It decides nothing: sockets, storage and tools become inputs, and
effects become sockets, storage and tools.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

from pyodide.ffi import JsException

from vivavoce.hosts.cloudflare.dialling import open_upstream
from vivavoce.hosts.cloudflare.setup import WORLD
from vivavoce.hosts.cloudflare.sockets import Socket
from vivavoce.hosts.naming import name_of, places_of
from vivavoce.hosts.upstream_line import UpstreamLine
from vivavoce.lesson import tools
from vivavoce.lesson.tools import ToolOutcome
from vivavoce.scenario.model import Scenario
from vivavoce.session.core import Session
from vivavoce.session.effects import (
    RESUMABLE_SECONDS,
    Close,
    Dial,
    Effect,
    Finish,
    Forget,
    KeepAudio,
    NoteEnd,
    Record,
    RunTool,
    Send,
    Sleep,
    Spend,
)
from vivavoce.session.ending import FAILED, TAKEN_OVER
from vivavoce.session.inputs import (
    BinaryReceived,
    Committed,
    Connected,
    DeadlinePassed,
    Disconnected,
    Fenced,
    Input,
    Peer,
    Received,
    ToolFinished,
)
from vivavoce.session.not_opened import UpstreamError
from vivavoce.settings.upstream import UpstreamSettings
from vivavoce.store import sessions
from vivavoce.store.retention import Retention
from vivavoce.store.sessions import SessionStore
from vivavoce.store.usage import UsageStore

MOST_UPSTREAM = 16 * 1024 * 1024

log = logging.getLogger("vivavoce.calls")


@dataclass(frozen=True, slots=True)
class Means:
    """What the calls of one object share."""

    store: SessionStore
    upstream: UpstreamSettings
    turn: asyncio.Lock
    """One of them has an upstream at a time."""
    changed: Callable[[], None]
    """To be told after everything that may have changed a deadline."""


class LiveCall:
    """One call. One input at a time."""

    def __init__(
        self, session: Session, *, session_id: str, epoch: int, scenario: Scenario, user: str, means: Means
    ) -> None:
        self.id = session_id
        self.epoch = epoch
        self.over = False
        """Nothing more happens in it."""
        self._session = session
        self._name = name_of(session_id)
        self._scenario = scenario
        self._user = user
        self._means = means
        self._line = UpstreamLine(means.turn)
        self._sockets: dict[Peer, Socket] = {}
        self._inputs: deque[Input] = deque()
        self._at_work = False
        self._forget = False

    @property
    def resumable(self) -> bool:
        """Whether it would take a browser."""
        return not self.over and self._session.resumable

    @property
    def deadline(self) -> float | None:
        """A Unix time."""
        return None if self.over else self._session.deadline

    def attach(self, socket: Socket, resume_token: str, after: int | None) -> None:
        """Give the call a browser, in place of the connection that it may still believe in."""
        if old := self._sockets.pop(Peer.BROWSER, None):
            old.owner = None
            old.close(*TAKEN_OVER)
        self._take(socket)
        self.handle(Connected(Peer.BROWSER, after, resume_token))

    def deadline_passed(self) -> None:
        if self.deadline is not None and self.deadline <= WORLD.now():
            self.handle(DeadlinePassed())

    def handle(self, event: Input) -> None:
        """Hand an input in and perform what comes out. An exception ends this call and no other."""
        self._inputs.append(event)
        if self._at_work:  # what an effect leads to comes after all effects
            return
        self._at_work = True
        try:
            while self._inputs and not self.over:
                for effect in self._session.handle(self._inputs.popleft(), WORLD.now()):
                    self._perform(effect)
        except Exception as error:
            self._fail(error)
        finally:
            self._at_work = False
            self._inputs.clear()
        self._means.changed()

    # The sockets' owner

    def received(self, socket: Socket, frame: bytes) -> None:
        if socket.peer is Peer.UPSTREAM:
            frame = self._means.upstream.without_key(frame)
        self.handle(Received(socket.peer, frame))

    def received_binary(self, socket: Socket, size: int) -> None:
        self.handle(BinaryReceived(socket.peer, size))

    def disconnected(self, socket: Socket, code: int, reason: str) -> None:
        self._sockets.pop(socket.peer, None)
        if socket.peer is Peer.UPSTREAM:
            self._line.gone()
        self.handle(Disconnected(socket.peer, code, reason))

    # Effects

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(peer, frame):
                if socket := self._sockets.get(peer):
                    socket.send(frame)
            case Record():
                self._record(effect)
            case RunTool():
                self._inputs.append(ToolFinished(effect.call.call_id, self._run_tool(effect)))
            case Dial():
                self._line.dial(self._connect, failed=self._upstream_failed)
            case Close(peer, code, reason):
                if socket := self._sockets.get(peer):
                    socket.close(code, reason)
            case NoteEnd(reason):
                self._note_end(reason)
            case KeepAudio():
                pass  # no lesson here has sound kept
            case Forget():
                self._forget = True
            case Spend(spending):
                UsageStore(self._means.store.sql).note(self.id, self._user, WORLD.now(), **spending._asdict())
            case Sleep():
                with suppress(sessions.Fenced):
                    self._means.store.sleep(self.id, self.epoch, WORLD.now() + RESUMABLE_SECONDS)
                self._end("sleeps")
            case Finish():
                self._end("is over")
            case _:
                assert_never(effect)

    def _record(self, record: Record) -> None:
        store = self._means.store
        entry = (record.seq, record.at, record.body["type"], record.frame.decode())
        tool = (record.tool.call_id, json.dumps(record.tool.output)) if record.tool else None
        try:
            store.sql.transact(lambda: store.append(self.id, self.epoch, [entry], tool))
        except sessions.Fenced:
            self._inputs.append(Fenced())
        else:
            self._inputs.append(Committed(record.seq))

    def _run_tool(self, effect: RunTool) -> ToolOutcome:
        try:
            return tools.run(self._scenario, effect.call, effect.record)
        except Exception as error:
            log.error("call %s: a tool failed: %s", self._name, places_of(error))
            return ToolOutcome({"ok": False, "error": "The tool failed on the server."})

    async def _connect(self) -> bool:
        web_socket = await open_upstream(self._means.upstream, self._scenario.id, self._user)
        socket = Socket(Peer.UPSTREAM, web_socket, MOST_UPSTREAM)
        self._take(socket)
        if self.over:  # while the answer was on its way
            socket.close(1000, "the call is over")
        else:
            self.handle(Connected(Peer.UPSTREAM))
        return True

    def _upstream_failed(self, error: Exception) -> None:
        if isinstance(error, UpstreamError):
            log.warning("call %s: %s", self._name, error)
            self.handle(Disconnected(Peer.UPSTREAM, error.status, str(error), error.retry_after))
        else:
            self._fail(error)

    # The end

    def _take(self, socket: Socket) -> None:
        self._sockets[socket.peer] = socket
        socket.owner = self

    def _fail(self, error: Exception) -> None:
        if self.over:
            return
        log.error("call %s failed: %s", self._name, places_of(error))
        for socket in self._sockets.values():
            socket.close(*FAILED)
        if isinstance(error, JsException):  # of the storage or the platform: the call can be come back to
            self._end("was let go of")
            return
        self._forget = self._scenario.privacy.record == "none"
        self._note_end("server_error")
        self._end("failed")

    def _note_end(self, reason: str) -> None:
        with suppress(sessions.Fenced):  # whoever has the call by now notes itself how it goes on
            self._means.store.finish(self.id, self.epoch, WORLD.now(), reason)
        log.info("call %s ended: %s", self._name, reason)

    def _end(self, how: str) -> None:
        self.over = True
        self._line.give_up()
        if browser := self._sockets.pop(Peer.BROWSER, None):
            browser.owner = None
            browser.close(1000, "the call is over")
        if upstream := self._sockets.get(Peer.UPSTREAM):
            upstream.close(1000, "the call is over")  # the line is not free until it is gone
        if self._forget:
            Retention(self._means.store.sql).delete(self.id)
        log.info("call %s %s", self._name, how)
        self._means.changed()
