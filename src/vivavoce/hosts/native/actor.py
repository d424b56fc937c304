"""Performs what the session of one call asks for. It decides nothing: sockets, disk, tools and time become inputs, and
effects become sockets, disk and tools.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import assert_never

from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.logs import places_of
from vivavoce.hosts.native.sqlite import Writer
from vivavoce.hosts.native.upstream import MAX_FRAME as MAX_UPSTREAM_FRAME
from vivavoce.hosts.native.upstream import Upstream, UpstreamError
from vivavoce.lesson import tools
from vivavoce.lesson.record import Record as LessonRecord
from vivavoce.lesson.tools import ToolOutcome
from vivavoce.protocol.message import write
from vivavoce.scenario.model import Scenario
from vivavoce.session.core import Session
from vivavoce.session.effects import Close, Dial, Effect, Finish, NoteEnd, Record, RunTool, Send
from vivavoce.session.inputs import (
    BinaryReceived,
    Committed,
    Connected,
    DeadlinePassed,
    Disconnected,
    Input,
    Peer,
    Received,
    ToolFinished,
)

FAILED = 1011
TAKEN_OVER = 4001

logger = logging.getLogger("vivavoce.calls")


class Actor:
    """One call. Everything happens on the event loop, one input at a time."""

    def __init__(
        self,
        session: Session,
        session_id: str,
        scenario: Scenario,
        user: str,
        upstream: Upstream,
        writer: Writer,
        executor: Executor,
        ended: Callable[[Actor], None],
    ) -> None:
        self._session = session
        self.key = (scenario.id, user)
        self._id = session_id
        self._scenario = scenario
        self._user = user
        self._upstream = upstream
        self._writer = writer
        self._executor = executor
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._links: dict[Peer, Link] = {}
        self._dialling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._over = False
        self._began = time.time()
        self._counts = {Peer.BROWSER: 0, Peer.UPSTREAM: 0}
        self._records = 0
        self._reason = ""
        self._record_beginning()

    def may_resume(self, token: str | None) -> bool:
        """Whether a browser that shows this token was the last one in the call, and the call can have it back."""
        return (
            token is not None
            and not self._over
            and self._session.resumable
            and hmac.compare_digest(token.encode("latin-1", "replace"), self._session.resume_token.encode())
        )

    def attach(self, link: Link, after: int | None = None) -> None:
        """Give the call a browser, in place of the connection that it may still believe in."""
        if old := self._links.pop(Peer.BROWSER, None):
            old.owner = None
            old.close(TAKEN_OVER, "taken_over")
        self._take(link)
        self.congestion_changed(link)
        self.handle(Connected(Peer.BROWSER, after))

    def handle(self, event: Input, now: float | None = None) -> None:
        """Hand an input in and perform what comes out. An exception ends this call and no other."""
        if self._over:
            return
        try:
            for effect in self._session.handle(event, self._loop.time() if now is None else now):
                self._perform(effect)
            self._arm()
        except Exception as error:
            self._fail(error)

    # The links' owner

    def received(self, link: Link, frame: bytes) -> None:
        self._counts[link.peer] += 1
        if link.peer is Peer.UPSTREAM:
            frame = self._upstream.without_key(frame)
        self.handle(Received(link.peer, frame))

    def received_binary(self, link: Link, size: int) -> None:
        self.handle(BinaryReceived(link.peer, size))

    def congestion_changed(self, link: Link) -> None:
        """A peer that reads slowly slows the one that writes to it, and nobody else."""
        other = self._links.get(Peer.UPSTREAM if link.peer is Peer.BROWSER else Peer.BROWSER)
        if other is not None and link.congested:
            other.pause_reading()
        elif other is not None:
            other.resume_reading()

    def disconnected(self, link: Link, code: int, reason: str) -> None:
        self._links.pop(link.peer, None)
        link.congested = False
        self.congestion_changed(link)
        self.handle(Disconnected(link.peer, code, reason))

    # Effects

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(peer, frame):
                if link := self._links.get(peer):
                    link.send(frame)
            case Record():
                self._record(effect)
            case RunTool():
                self._run_tool(effect)
            case Dial():
                self._dialling = self._loop.create_task(self._dial())
            case Close(peer, code, reason):
                if link := self._links.get(peer):
                    link.close(code, reason)
            case NoteEnd(reason):
                self._note_end(reason)
            case Finish():
                self._end()
            case _:
                assert_never(effect)

    async def _dial(self) -> None:
        try:
            await self._upstream.connect(
                Link(Peer.UPSTREAM, MAX_UPSTREAM_FRAME, self._upstream_opened), self._scenario.id, self._user
            )
        except UpstreamError as error:
            logger.warning("call %s: %s", self._id, error)
            self.handle(Disconnected(Peer.UPSTREAM, error.status, str(error)))
        except Exception as error:
            self._fail(error)

    def _upstream_opened(self, link: Link) -> None:
        if self._over:  # the call ended while the answer was on its way
            link.close(1000, "the call is over")
            return
        self._take(link)
        self.handle(Connected(Peer.UPSTREAM))

    def _record(self, record: Record) -> None:
        self._records += 1
        entry = (record.seq, record.at, record.body["type"], write(record.body).decode())
        self._writer.submit(lambda store: store.append(self._id, [entry]), partial(self._committed, record.seq))

    def _committed(self, seq: int, error: Exception | None) -> None:
        if error is not None:
            self._fail(error)
        else:
            self.handle(Committed(seq))

    def _run_tool(self, effect: RunTool) -> None:
        call = effect.call
        record = LessonRecord(effect.transcript)
        running = self._loop.run_in_executor(self._executor, tools.run, self._scenario, call, record)
        running.add_done_callback(partial(self._tool_finished, call.call_id))

    def _tool_finished(self, call_id: str, running: asyncio.Future[ToolOutcome]) -> None:
        if running.cancelled():
            return
        if error := running.exception():
            logger.error("call %s: a tool failed: %s", self._id, places_of(error))
            outcome = ToolOutcome({"ok": False, "error": "The tool failed on the server."})
        else:
            outcome = running.result()
        self.handle(ToolFinished(call_id, outcome))

    # Time

    def _arm(self) -> None:
        """Keep one timer, for the session's deadline."""
        deadline = None if self._over else self._session.deadline
        if deadline == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_at(deadline, self._deadline_passed, deadline) if deadline is not None else None

    def _deadline_passed(self, deadline: float) -> None:
        self._timer = self._timer_at = None
        self.handle(DeadlinePassed(), max(deadline, self._loop.time()))  # timers may fire a hair early

    # Beginning and end

    def _take(self, link: Link) -> None:
        self._links[link.peer] = link
        link.owner = self

    def _record_beginning(self) -> None:
        upstream, model = self._upstream.kind, self._upstream.model(self._scenario.id)
        logger.info("call %s began: %s, %s %s", self._id, self._scenario.id, upstream, model)
        self._writer.submit(
            lambda store: store.begin(
                self._id, self._scenario.id, self._scenario.version, self._user, upstream, model, self._began
            ),
            self._noted,
        )

    def _noted(self, error: Exception | None) -> None:
        if error is not None:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self._over:
            return
        logger.error("call %s failed: %s", self._id, places_of(error))
        for link in self._links.values():
            link.close(FAILED, "this call failed on the server")
        self._note_end("server_error")
        self._end()

    def _note_end(self, reason: str) -> None:
        self._reason = self._reason or reason
        ended_at = time.time()
        self._writer.submit(lambda store: store.finish(self._id, ended_at, reason), self._end_noted)

    def _end_noted(self, error: Exception | None) -> None:
        if error is not None:
            logger.error("call %s: its end could not be recorded: %s", self._id, places_of(error))

    def _end(self) -> None:
        self._over = True
        self._arm()
        if self._dialling is not None:
            self._dialling.cancel()
        for link in self._links.values():
            link.owner = None
            link.close(1000, "the call is over")
        self._links.clear()
        logger.info(
            "call %s ended: %s after %.0f s; %d frames from the browser, %d from the upstream, %d records",
            self._id,
            self._reason,
            time.time() - self._began,
            *self._counts.values(),
            self._records,
        )
        self._writer.submit(lambda store: None, self._all_written)

    def _all_written(self, error: Exception | None) -> None:
        """The writer works in order: everything of this call is on disk, or its failure was logged."""
        self._ended(self)
