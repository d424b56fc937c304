"""Performs what the session of one call asks for. It decides nothing: sockets, disk, tools and time become inputs, and
effects become sockets, disk and tools.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from vivavoce.hosts.native.handshake import Retry
from vivavoce.hosts.native.judge import CALL_S, Judges
from vivavoce.hosts.native.kept_sound import KeptSound
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.logs import name_of, places_of
from vivavoce.hosts.native.quiz_answers import Mark, QuizAnswers
from vivavoce.hosts.native.recording import Recorder
from vivavoce.hosts.native.sqlite import Writer
from vivavoce.hosts.native.upstream import MAX_FRAME as MAX_UPSTREAM_FRAME
from vivavoce.hosts.native.upstream import Upstream, UpstreamError
from vivavoce.lesson import tools
from vivavoce.lesson.tools import ToolOutcome
from vivavoce.protocol.message import write
from vivavoce.scenario.model import Scenario
from vivavoce.scenario.public import public_view
from vivavoce.session.core import Session
from vivavoce.session.effects import (
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
from vivavoce.store.retention import DAY_SECONDS, Retention
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore

FAILED = 1011
TAKEN_OVER = 4001


logger = logging.getLogger("vivavoce.calls")


@dataclass(frozen=True, slots=True)
class Means:
    """What all calls share."""

    upstream: Upstream
    writer: Writer
    tools: Executor
    recorder: Recorder
    judges: Judges | None


class Actor:
    """One call. Everything happens on the event loop, one input at a time."""

    def __init__(
        self,
        session: Session,
        session_id: str,
        scenario: Scenario,
        user: str,
        means: Means,
        ended: Callable[[Actor], None],
        retry: Retry | None = None,
    ) -> None:
        self._session = session
        self.key = (scenario.id, user)
        self.id = session_id
        self._name = name_of(session_id)
        self._scenario = scenario
        self._user = user
        self._upstream = means.upstream
        self._writer = means.writer
        self._executor = means.tools
        self._judges = means.judges
        self._ended = ended
        self._retry = retry
        self._sound = KeptSound(means.recorder, session_id, scenario.limits.max_seconds)
        self._answers = QuizAnswers()
        self._resume_token = ""
        self._forget = False
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
            and hmac.compare_digest(token.encode("latin-1", "replace"), self._resume_token.encode())
        )

    def attach(self, link: Link, after: int | None = None) -> None:
        """Give the call a browser, in place of the connection that it may still believe in."""
        if old := self._links.pop(Peer.BROWSER, None):
            old.owner = None
            old.close(TAKEN_OVER, "taken_over")
        self._take(link)
        self.congestion_changed(link)
        self._resume_token = secrets.token_hex(16)
        self.handle(Connected(Peer.BROWSER, after, self._resume_token))

    @property
    def open(self) -> bool:
        """Whether it is being spoken or graded; afterwards the quiz may be answered for a while."""
        return not self._over and not self._reason

    def dismiss(self) -> None:
        """Let go of a call that was ended, though its quiz may still be answered."""
        link = self._links.pop(Peer.BROWSER, None)
        if link is not None:
            link.owner = None
            link.close(1000, "the call was deleted")
        self.handle(Disconnected(Peer.BROWSER, 1000, ""))

    def asks(self, item_id: str) -> bool:
        """Whether an answer to this question of the quiz would be taken now."""
        return not self._over and self._session.asks(item_id)

    async def answer_quiz(self, item_id: str, answer: str) -> Mark:
        """Give the quiz an answer that did not come over the browser's connection; its mark once that is on disk, which
        the browser is sent, too. Raises NotTaken.
        """
        waiting = self._answers.expect(item_id)
        frame = write({"type": "vivavoce.quiz.answer", "item_id": item_id, "answer": answer})
        self.handle(Received(Peer.BROWSER, frame))
        self._answers.handed_in(item_id)
        return await waiting

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
        if link.peer is Peer.BROWSER:
            self._sound.page_left(self._session.elapsed, code)
        link.congested = False
        self.congestion_changed(link)
        self.handle(Disconnected(link.peer, code, reason))

    # Effects

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(peer, frame):
                if link := self._links.get(peer):
                    link.send(frame)
                    if self._sound.on:
                        self._sound.sent(self._session.elapsed, frame)
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
            case KeepAudio(keep):
                self._sound.keep(keep)
            case Forget():
                self._forget = True
            case Spend():
                pass
            case Sleep() | Finish():
                self._end()
            case _:
                assert_never(effect)

    async def _dial(self) -> None:
        try:
            await self._upstream.connect(
                Link(Peer.UPSTREAM, MAX_UPSTREAM_FRAME, self._upstream_opened), self._scenario.id, self._user
            )
        except UpstreamError as error:
            logger.warning("call %s: %s", self._name, error)
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
        self._answers.recorded(record)
        entry = (record.seq, record.at, record.body["type"], write(record.body).decode())
        self._writer.submit(lambda store: store.append(self.id, FIRST_EPOCH, [entry]), partial(self._committed, record))

    def _committed(self, record: Record, error: Exception | None) -> None:
        if error is not None:
            self._fail(error)
            return
        self.handle(Committed(record.seq))
        self._answers.committed(record)

    def _run_tool(self, effect: RunTool) -> None:
        call = effect.call
        judge = self._judges.judge(CALL_S) if self._judges is not None else None
        running = self._loop.run_in_executor(self._executor, tools.run, self._scenario, call, effect.record, judge)
        running.add_done_callback(partial(self._tool_finished, call.call_id))

    def _tool_finished(self, call_id: str, running: asyncio.Future[ToolOutcome]) -> None:
        if running.cancelled():
            return
        if error := running.exception():
            logger.error("call %s: a tool failed: %s", self._name, places_of(error))
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
        logger.info("call %s began: %s, %s %s", self._name, self._scenario.id, upstream, model)
        self._writer.submit(
            lambda store: store.begin(
                self.id,
                self._scenario.id,
                self._scenario.version,
                self._user,
                upstream,
                model,
                self._began,
                scenario=json.dumps(public_view(self._scenario), ensure_ascii=False),
                record=self._scenario.privacy.record,
                retain_until=self._began + self._scenario.privacy.retain_days * DAY_SECONDS,
                retry_of=self._retry.call_id if self._retry else None,
                retry_item=self._retry.item_id if self._retry else None,
            ),
            self._noted,
        )

    def _noted(self, error: Exception | None) -> None:
        if error is not None:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self._over:
            return
        logger.error("call %s failed: %s", self._name, places_of(error))
        for link in self._links.values():
            link.close(FAILED, "this call failed on the server")
        self._note_end("server_error")
        self._forget = self._scenario.privacy.record == "none"
        self._end()

    def _note_end(self, reason: str) -> None:
        self._reason = self._reason or reason
        self._sound.call_ended()
        ended_at = time.time()
        self._writer.submit(lambda store: store.finish(self.id, FIRST_EPOCH, ended_at, reason), self._end_noted)

    def _end_noted(self, error: Exception | None) -> None:
        if error is not None:
            logger.error("call %s: its end could not be recorded: %s", self._name, places_of(error))

    def _end(self) -> None:
        self._over = True
        self._arm()
        if self._dialling is not None:
            self._dialling.cancel()
        for link in self._links.values():
            link.owner = None
            link.close(1000, "the call is over")
        self._links.clear()
        self._sound.close()
        self._answers.close()
        logger.info(
            "call %s ended: %s after %.0f s; %d frames from the browser, %d from the upstream, %d records",
            self._name,
            self._reason,
            time.time() - self._began,
            *self._counts.values(),
            self._records,
        )
        self._writer.submit(self._last_write, self._all_written)

    def _last_write(self, store: SessionStore) -> None:
        """The writer works in order: everything of this call is on disk. Some scenarios want it to stay no longer."""
        if self._forget:
            Retention(store.sql).delete(self.id)

    def _all_written(self, error: Exception | None) -> None:
        if error is not None:
            logger.error("call %s: its record could not be deleted: %s", self._name, places_of(error))
        self._ended(self)
