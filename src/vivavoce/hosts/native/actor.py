"""Performs what the session of one call asks for. It decides nothing: sockets, disk, tools and time become inputs, and
effects become sockets, disk and tools.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, assert_never

from vivavoce.hosts.naming import name_of, places_of
from vivavoce.hosts.native.alarm import Alarm
from vivavoce.hosts.native.call_record import CallRecord
from vivavoce.hosts.native.kept_sound import KeptSound
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.metrics import Metrics
from vivavoce.hosts.native.pumping import new_passage
from vivavoce.hosts.native.quiz_answers import Mark, QuizAnswers
from vivavoce.hosts.native.recording import Recorder
from vivavoce.hosts.native.sqlite import Writer
from vivavoce.hosts.native.upstream import MAX_FRAME, Upstream
from vivavoce.hosts.upstream_line import UpstreamLine
from vivavoce.lesson import tools
from vivavoce.lesson.tools import ToolOutcome
from vivavoce.protocol.message import write
from vivavoce.scenario.model import Scenario
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
    SpeechFlowed,
    ToolFinished,
    VoiceFlowed,
)
from vivavoce.session.not_opened import UpstreamError
from vivavoce.session.spending import Spending
from vivavoce.store import sessions

if TYPE_CHECKING:
    from vivavoce.hosts.native.judge import Judges

JUDGE_SECONDS = 16.0
"""How long the judge may take for all its answers while a learner waits for the grade; the session gives up a little
later."""

logger = logging.getLogger("vivavoce.calls")


@dataclass(frozen=True, slots=True)
class Means:
    """What all calls share."""

    upstream: Upstream
    writer: Writer
    tools: Executor
    recorder: Recorder
    judges: Judges | None
    metrics: Metrics


class Actor:
    """One call. Everything happens on the event loop, one input at a time."""

    def __init__(
        self,
        session: Session,
        *,
        session_id: str,
        epoch: int,
        scenario: Scenario,
        user: str,
        means: Means,
        turn: asyncio.Lock,
        gone: Callable[[Actor], None],
    ) -> None:
        """`epoch` is the right by which this process writes in the call, `turn` what the actors of one `key` share: see
        UpstreamLine. `gone` is told when everything is on disk and the actor does nothing more.
        """
        self._session = session
        self.key = (scenario.id, user)
        self.id = session_id
        self.epoch = epoch
        self._name = name_of(session_id)
        self._scenario = scenario
        self.user = user
        self._upstream = means.upstream
        self._executor = means.tools
        self._judges = means.judges
        self._metrics = means.metrics
        self._record = CallRecord(means.writer, means.metrics, session_id, epoch, user)
        self._line = UpstreamLine(turn)
        self._gone = gone
        self._sound = KeptSound(means.recorder, session_id, scenario.limits.max_seconds)
        self._answers = QuizAnswers()
        self._forget = False
        self._loop = asyncio.get_running_loop()
        self._links: dict[Peer, Link] = {}
        self._alarm = Alarm(lambda now: self.handle(DeadlinePassed(), now))
        self._over = False
        self._began = time.time()
        self._speech = new_passage(Peer.BROWSER, b"")
        self._voice = new_passage(Peer.UPSTREAM, means.upstream.settings.secret)
        self._from_browser = self._from_upstream = 0
        """Frames."""
        self._reason = ""

    @property
    def _log(self) -> logging.LoggerAdapter[logging.Logger]:
        return logging.LoggerAdapter(logger, {"call": self._name})

    @property
    def over(self) -> bool:
        """Whether nothing more happens in it, but that the last of it gets to the disk."""
        return self._over

    @property
    def resumable(self) -> bool:
        """Whether it would take a browser."""
        return not self._over and self._session.resumable

    def attach(self, link: Link, resume_token: str, after: int | None) -> Actor:
        """Give the call a browser, in place of the connection that it may still believe in."""
        if old := self._links.pop(Peer.BROWSER, None):
            old.owner = None
            old.close(*TAKEN_OVER)
        self._take(link)
        self.handle(Connected(Peer.BROWSER, after, resume_token))
        return self

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
        now = self._loop.time() if now is None else now
        try:
            self._tell_what_flowed(now)
            for effect in self._session.handle(event, now):
                self._perform(effect)
            self._let_flow()
            if not self._over:
                self._alarm.set(self._session.deadline)
        except Exception as error:
            self._fail(error)

    def _tell_what_flowed(self, now: float) -> None:
        if (flowed := self._speech.flowed()) is not None:
            times, frames, sizes, _ = flowed
            self._from_browser += sum(frames)
            self._session.handle(SpeechFlowed(times, frames, sizes), now)
        if (flowed := self._voice.flowed()) is not None:
            times, frames, sizes, words = flowed
            self._from_upstream += sum(frames)
            self._session.handle(VoiceFlowed(times, sizes, words), now)

    def _let_flow(self) -> None:
        """Frames that decide nothing go from link to link; but one whose sound is kept is wanted here."""
        browser, upstream = self._links.get(Peer.BROWSER), self._links.get(Peer.UPSTREAM)
        if browser is None or upstream is None or browser.closing or upstream.closing or self._sound.on:
            self._speech.allow(None, 0, 0)
            self._voice.allow(None, 0, 0)
            return
        flow = self._session.flow
        self._speech.allow(upstream, flow.frames, flow.size)
        self._voice.allow(browser, sys.maxsize if flow.voice else 0, sys.maxsize)

    # The links' owner

    def received(self, link: Link, frame: bytes) -> None:
        if link.peer is Peer.BROWSER:
            self._from_browser += 1
        else:
            self._from_upstream += 1
            frame = self._upstream.settings.without_key(frame)
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
        else:
            self._line.gone()
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
                self._answers.recorded(effect)
                self._record.append(effect, partial(self._committed, effect))
            case RunTool():
                self._run_tool(effect)
            case Dial():
                self._line.dial(self._connect, failed=self._upstream_failed)
            case Close(peer, code, reason):
                if link := self._links.get(peer):
                    link.close(code, reason)
            case NoteEnd(reason):
                self._note_end(reason)
            case KeepAudio(keep):
                self._sound.keep(keep, self._session.elapsed)
            case Forget():
                self._forget = True
            case Spend(spending):
                self.spend(spending)
            case Sleep():
                self._metrics.slept()
                self._record.sleep()
                self._end("sleeps")
            case Finish():
                self._end(f"ended: {self._reason}" if self._reason else "is another process's now")
            case _:
                assert_never(effect)

    async def _connect(self) -> bool:
        link = Link(Peer.UPSTREAM, MAX_FRAME, self._upstream_opened)
        try:
            await self._upstream.connect(link, self._scenario.id, self.user)
        except Exception:
            if link.owner is None:  # else it was open before, and the owner hears of its end
                raise
        return link.owner is not None

    def _upstream_opened(self, link: Link) -> None:
        self._take(link)
        self._metrics.dialled(None)
        if self._over:  # while the answer was on its way
            link.close(1000, "the call is over")
        else:
            self.handle(Connected(Peer.UPSTREAM))

    def _upstream_failed(self, error: Exception) -> None:
        self._metrics.dialled(error.status if isinstance(error, UpstreamError) else 0)
        if isinstance(error, UpstreamError):
            self._log.warning("call %s: %s", self._name, error)
            self.handle(Disconnected(Peer.UPSTREAM, error.status, str(error), error.retry_after))
        else:
            self._fail(error)

    def _committed(self, record: Record, error: Exception | None) -> None:
        if isinstance(error, sessions.Fenced):
            self.handle(Fenced())
        elif error is not None:
            self._fail(error)
        else:
            self.handle(Committed(record.seq))
            self._answers.committed(record)

    def spend(self, spending: Spending) -> None:
        """Note what something cost."""
        self._record.spend(spending)

    def _run_tool(self, effect: RunTool) -> None:
        call = effect.call
        judge = self._judges.judge(JUDGE_SECONDS) if self._judges is not None else None
        running = self._loop.run_in_executor(self._executor, tools.run, self._scenario, call, effect.record, judge)
        running.add_done_callback(partial(self._tool_finished, call.call_id))

    def _tool_finished(self, call_id: str, running: asyncio.Future[ToolOutcome]) -> None:
        if running.cancelled():
            return
        if error := running.exception():
            self._log.error("call %s: a tool failed: %s", self._name, places_of(error))
            outcome = ToolOutcome({"ok": False, "error": "The tool failed on the server."})
        else:
            outcome = running.result()
        self.handle(ToolFinished(call_id, outcome))

    # Beginning and end

    def _take(self, link: Link) -> None:
        self._links[link.peer] = link
        link.owner = self
        out, back = self._speech, self._voice
        link.join(*((out, back) if link.peer is Peer.BROWSER else (back, out)))
        for known in self._links.values():
            self.congestion_changed(known)

    def _fail(self, error: Exception) -> None:
        if self._over:
            return
        self._log.error("call %s failed: %s", self._name, places_of(error))
        for link in self._links.values():
            link.close(*FAILED)
        if isinstance(error, sqlite3.OperationalError):  # the disk is full or busy, now: the call can be come back to
            self._end("was let go of")
            return
        self._note_end("server_error")
        self._forget = self._scenario.privacy.record == "none"
        self._end(f"ended: {self._reason}")

    def _note_end(self, reason: str) -> None:
        if not self._reason:
            self._metrics.ended(reason)
        self._reason = self._reason or reason
        self._sound.call_ended()
        self._record.finish(reason)

    def _end(self, how: str) -> None:
        self._over = True
        self._alarm.take_down()
        self._line.give_up()
        if browser := self._links.pop(Peer.BROWSER, None):
            browser.owner = None
            browser.close(1000, "the call is over")
        if upstream := self._links.get(Peer.UPSTREAM):
            upstream.close(1000, "the call is over")  # the line is not free until it is gone
        self._sound.close()
        self._answers.close()
        self._log.info(
            "call %s %s after %.0f s; %d frames from the browser, %d from the upstream, %d records",
            self._name,
            how,
            time.time() - self._began,
            self._from_browser,
            self._from_upstream,
            self._record.events,
        )
        self._record.close(forget=self._forget, done=lambda: self._gone(self))
