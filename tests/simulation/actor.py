"""The host of one call in a simulation: performs what the session asks for, as the native host does, and no more."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

from simulation.world import End
from vivavoce.hosts.native.passage import Passage
from vivavoce.lesson import tools
from vivavoce.protocol.message import write
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
from vivavoce.session.ending import GRADE_SECONDS
from vivavoce.session.inputs import (
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
from vivavoce.store.sessions import Fenced as Refused
from vivavoce.store.sessions import SessionStore

if TYPE_CHECKING:
    from simulation.process import Process

TAKEN_OVER = 4001


class Way:
    """Where frames flow to that nobody is asked about, in the place of a link."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send

    def send(self, *frames: bytes) -> None:
        for frame in frames:
            self._send(frame)


class Actor:
    def __init__(self, process: Process, session: Session, session_id: str, epoch: int, user: str) -> None:
        self.session_id = session_id
        self.epoch = epoch
        self.user = user
        self._process = process
        self._world = process.world
        self._promises = process.promises
        self._session = session
        self._browser: End | None = None
        self._upstream: End | None = None
        self._speech, self._voice = Passage(Peer.BROWSER, b""), Passage(Peer.UPSTREAM, b"")
        self._up, self._down = Way(self._to_upstream), Way(self._to_browser)
        self._dialling = False
        self._over = False
        self._armed: float | None = None

    @property
    def has_upstream(self) -> bool:
        return self._upstream is not None or self._dialling

    @property
    def in_conversation(self) -> bool:
        """Whether somebody speaks here: the call has not ended, and has a browser."""
        return not self._over and self._browser is not None and self._session.ended_reason is None

    @property
    def resumable(self) -> bool:
        return not self._over and self._session.resumable

    def attach(self, end: End, after: int | None, token: str) -> None:
        """Give the call a browser, in place of the connection that it may still believe in."""
        if old := self._browser:
            self._browser, old.owner = None, None
            self._promises.detaches(self.session_id, self._process.name)
            old.close(TAKEN_OVER, "taken_over")
        self._promises.attaches(self.session_id, self._process.name)
        self._browser, end.owner = end, self
        self.handle(Connected(Peer.BROWSER, after, token))
        self._promises.one_conversation(self._process.conversations(self.user))

    def handle(self, event: Input) -> None:
        if self._over or not self._process.alive:
            return
        if not isinstance(event, Received | Committed):
            self._world.tell(self.name, event)
        now = self._process.clock()
        self._tell_what_flowed(now)
        for effect in self._session.handle(event, now):
            self._perform(effect)
        self._let_flow()
        self._arm()

    def _tell_what_flowed(self, now: float) -> None:
        effects: list[Effect] = []
        if (flowed := self._speech.flowed()) is not None:
            times, frames, sizes, _ = flowed
            effects += self._session.handle(SpeechFlowed(times, frames, sizes), now)
            self._promises.counts["speech flowed"] += sum(frames)
        if (flowed := self._voice.flowed()) is not None:
            times, frames, sizes, words = flowed
            effects += self._session.handle(VoiceFlowed(times, sizes, words), now)
            self._promises.counts["voice flowed"] += sum(frames)
        assert not effects, "what flowed has no effects"

    def _let_flow(self) -> None:
        flow, ends = self._session.flow, (self._browser, self._upstream)
        if any(end is None or end.closing for end in ends):
            self._speech.allow(None, 0, 0)
            self._voice.allow(None, 0, 0)
            return
        voice = sys.maxsize if flow.voice else 0
        self._speech.allow(self._up, flow.frames, flow.size)  # type: ignore[arg-type]  # it has what is used
        self._voice.allow(self._down, voice, sys.maxsize)  # type: ignore[arg-type]

    def cut_off(self) -> None:
        """The process was killed."""
        self._over = True
        for end in (self._browser, self._upstream):
            if end is not None:
                end.owner = None
                end.cut()

    # Wires

    def received(self, end: End, frame: bytes) -> None:
        peer, passage = (Peer.BROWSER, self._speech) if end is self._browser else (Peer.UPSTREAM, self._voice)
        if not passage.take(frame, self._process.clock()):
            self.handle(Received(peer, frame))

    def disconnected(self, end: End, code: int, reason: str) -> None:
        if end is self._browser:
            self._browser = None
            self._promises.detaches(self.session_id, self._process.name)
            self.handle(Disconnected(Peer.BROWSER, code, reason))
        else:
            self._upstream = None
            self._upstream_gone()
            self.handle(Disconnected(Peer.UPSTREAM, code, reason))

    def _upstream_gone(self) -> None:
        self._promises.upstream_gone(self.session_id, self.user, self._process.name)

    # Effects

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(Peer.BROWSER, frame):
                self._to_browser(frame)
            case Send(_, frame):
                self._to_upstream(frame)
            case Record():
                self._record(effect)
            case RunTool(call, record):
                outcome = tools.run(self._process.scenario, call, record)
                late = self._world.between(0.005, 1) if self._world.happens(0.9) else self._world.between(1, 25)
                self._world.later(late, lambda: self.handle(ToolFinished(call.call_id, outcome)))
                if late >= GRADE_SECONDS:
                    self._promises.excused(self.session_id)
            case Dial():
                self._dialling = True
                self._dial()
            case Close(peer, code, reason):
                self._world.tell(self.name, effect)
                if end := self._browser if peer is Peer.BROWSER else self._upstream:
                    end.close(code, reason)
            case NoteEnd(reason):
                self._world.tell(self.name, effect)
                at = self._process.unix()
                self._write(lambda store: store.finish(self.session_id, self.epoch, at, reason))
            case Sleep():
                self._world.tell(self.name, effect)
                self._promises.counts["slept"] += 1
                until = self._process.unix() + RESUMABLE_SECONDS
                self._write(lambda store: store.sleep(self.session_id, self.epoch, until))
                self._end()
            case Finish():
                self._world.tell(self.name, effect)
                self._end()
            case KeepAudio() | Forget() | Spend():
                pass
            case _:
                assert_never(effect)

    def _to_browser(self, frame: bytes) -> None:
        if self._browser is not None:
            self._promises.shows(self.session_id, frame)
            self._browser.send(frame)

    def _to_upstream(self, frame: bytes) -> None:
        if self._upstream is None:
            return
        if b'"function_call_output"' in frame:
            item = json.loads(frame)["item"]
            self._promises.answers(self.session_id, item["call_id"], item["output"])
        self._upstream.send(frame)

    def _record(self, effect: Record) -> None:
        seq, body, tool = effect.seq, effect.body, effect.tool
        entry = (seq, effect.at, str(body["type"]), write(body).decode())
        answer = None if tool is None else (tool.call_id, write(tool.output).decode())

        def append(store: SessionStore) -> None:
            try:
                store.append(self.session_id, self.epoch, [entry], answer)
            except sqlite3.IntegrityError as error:
                promise = "P6" if "tool_result" in str(error) else "P1"
                self._promises.broken(promise, f"{self.name} writes what is there already: {body}")
            self._promises.wrote(self.session_id, self._process.name, self.epoch, json.loads(entry[3]), effect.at)

        self._world.tell(self.name, f"records {seq} {body['type']}")
        self._process.writer.submit(append, lambda outcome: self._written(outcome, seq))

    def _written(self, outcome: Refused | None, seq: int) -> None:
        self.handle(Fenced() if isinstance(outcome, Refused) else Committed(seq))

    def _write(self, job: object) -> None:
        def write_and_tell(store: SessionStore) -> None:
            job(store)  # type: ignore[operator]
            self._promises.wrote(self.session_id, self._process.name, self.epoch)

        self._process.writer.submit(write_and_tell, lambda outcome: self._noted(outcome))

    def _noted(self, outcome: Refused | None) -> None:
        if isinstance(outcome, Refused):
            self.handle(Fenced())

    # The upstream

    def _dial(self) -> None:
        if self._over:
            return
        if not self._process.upstream_free(self):
            self._world.later(0.05, self._dial)
            return
        self._promises.dials(self.session_id, self.user, self._process.name)
        self._process.provider.dial(self.session_id, self._opened, self._refused)

    def _opened(self, end: End) -> None:
        self._dialling = False
        if self._over:
            end.cut()
            return
        self._upstream, end.owner = end, self
        self.handle(Connected(Peer.UPSTREAM))

    def _refused(self, code: int, retry_after: float | None) -> None:
        self._dialling = False
        if not self._over:
            self._upstream_gone()
            self.handle(Disconnected(Peer.UPSTREAM, code, "refused", retry_after))

    # Time and end

    def _arm(self) -> None:
        at = None if self._over else self._session.deadline
        if at is not None and at != self._armed:
            self._world.later(max(0.0, at - self._process.clock()), lambda: self._due(at))
        self._armed = at

    def _due(self, at: float) -> None:
        if self._armed == at:
            self._armed = None
            self.handle(DeadlinePassed())

    def _end(self) -> None:
        self._over = True
        self._armed = None
        if self._browser is not None:
            self._browser.owner = None
            self._promises.detaches(self.session_id, self._process.name)
            self._browser.close(1000, "the call is over")
        if self._upstream is not None:
            self._upstream.owner = None
            self._upstream.close(1000, "the call is over")
        if self.has_upstream:  # one that is still being dialled is given up
            self._upstream_gone()
        self._process.over(self)

    @property
    def name(self) -> str:
        return f"{self._process.name} {self.session_id}"
