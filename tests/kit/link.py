"""A whole call without a machine: a session and an engine joined by a made-up wire, on a clock that only tests move.

The learner's voice is PCM whose samples all have one value, the number of the utterance. The voice detector takes every
window that is not silent for speech, the recogniser looks the utterance up, and synthesis gives silence-free PCM of a
proportional length: real enough for turn-taking, and exact.
"""

from __future__ import annotations

import base64
import heapq
import itertools
import json
from array import array
from collections.abc import Callable
from functools import partial
from typing import Any

from kit.relay import Relay
from vivavoce.engine import effects as asked
from vivavoce.engine import inputs as happened
from vivavoce.engine.core import Engine
from vivavoce.lesson import tools
from vivavoce.lesson.transcript import Transcript
from vivavoce.scenario.model import Scenario
from vivavoce.session.effects import Close, Dial, Effect, Record, RunTool, Send
from vivavoce.session.inputs import (
    Committed,
    Connected,
    DeadlinePassed,
    Disconnected,
    Input,
    Peer,
    Received,
    ToolFinished,
)

WIRE_S = 0.002
DISK_S = 0.004
TOOL_S = 0.010
RECOGNITION_S = 0.150
SYNTHESIS_S = 0.080

CHUNK_SAMPLES = 960
"""40 ms, as the page sends them."""
WINDOW_BYTES = 2 * 768
MS_PER_CHAR = 60
VOICE = 9_999


class Link(Relay):
    """A relay whose upstream is an engine; `relay.to_upstream` and `relay.to_browser` show the two wires."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        voiced: bool = True,
        seed: Transcript = (),
        retry_of: str | None = None,
        chance: Callable[[], float] = lambda: 0.5,
    ) -> None:
        super().__init__(scenario, seed=seed, retry_of=retry_of, chance=chance)
        self.voiced = voiced
        self.engine: Engine | None = None
        self.utterances: list[str] = [""]
        self.spoken: list[str] = []
        """Every clause that was synthesised."""
        self.player = Player()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._counter = itertools.count()
        self._unheard = b""
        self._cancelled: set[tuple[Engine, int]] = set()
        self._speech: list[bytes] = []
        self._online = False

    # Time

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.now + seconds, next(self._counter), act))

    def run(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._run_until(self.now + seconds, lambda: False)

    def run_till(self, condition: Callable[[], bool], limit: float = 60.0) -> None:
        """Let time pass until the condition holds; fails when that takes longer than `limit` seconds."""
        self._run_until(self.now + limit, condition)
        assert condition(), f"did not happen within {limit} s; last: {[e['type'] for e in self.to_browser[-8:]]}"

    def _run_until(self, until: float, condition: Callable[[], bool]) -> None:
        while not condition():
            engine_due = self.engine.deadline if self.engine else None
            times = [self._agenda[0][0] if self._agenda else None, self.session.deadline, engine_due]
            due = min((time for time in times if time is not None), default=None)
            if due is None or due > until:
                self.now = until
                return
            self.now = max(self.now, due)
            if self._agenda and self._agenda[0][0] <= self.now:
                heapq.heappop(self._agenda)[2]()
            elif self.engine and engine_due is not None and engine_due <= self.now:
                self._to_engine(self.engine, happened.DeadlinePassed())
            else:
                self.put(DeadlinePassed())

    # The session's host

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Dial():
                self.dialled += 1
                self.later(WIRE_S, self.dial)
            case Send(Peer.UPSTREAM, frame):
                self.to_upstream.append(json.loads(frame))
                self.later(WIRE_S, partial(self._to_engine, self.engine, happened.Received(frame)))
            case Record(seq):
                self.records.append(effect)
                self.later(DISK_S, lambda: self.put(Committed(seq)))
            case RunTool(call, record):
                self.tools.append(effect)
                outcome = tools.run(self.scenario, call, record)
                self.later(TOOL_S, lambda: self.put(ToolFinished(call.call_id, outcome)))
            case Close(Peer.UPSTREAM):
                self.closed.append(effect)
                self.hang_up(effect.code)
            case _:
                super()._perform(effect)
                if isinstance(effect, Send):
                    self.player.received(self.to_browser[-1], self.now, self.put_browser)

    def put_browser(self, **event: Any) -> None:
        self.later(WIRE_S, lambda: self.browser(**event))

    def put(self, event: Input) -> None:
        super().put(event)

    # The engine's host

    def hang_up(self, code: int, after: float = WIRE_S, retry_after: float | None = None) -> None:
        """The connection to the upstream is over, or was not made; the session is told `after` so many seconds."""
        self.engine = None
        self.later(after, lambda: self.put(Disconnected(Peer.UPSTREAM, code, "", retry_after)))

    def dial(self) -> None:
        self._unheard = b""
        self.engine = Engine(
            model=f"vivavoce/{self.scenario.id}",
            scenario=self.scenario,
            session_id=f"sess_{self.dialled}",
            expires_at=2_000_000_000,
            voiced=self.voiced,
        )
        self.put(Connected(Peer.UPSTREAM))
        self._engine_does(self.engine, self.engine.open(self.now))

    def _to_engine(self, engine: Engine | None, event: happened.Input) -> None:
        """What was on its way to an engine that is gone by now reaches nobody."""
        if engine is not None and engine is self.engine:
            self._engine_does(engine, engine.handle(event, self.now))

    def _from_engine(self, engine: Engine, frame: bytes) -> None:
        if engine is self.engine:
            self.put(Received(Peer.UPSTREAM, frame))

    def _engine_does(self, engine: Engine, effects: list[asked.Effect]) -> None:
        for effect in effects:
            match effect:
                case asked.Send(frame):
                    self.later(WIRE_S, partial(self._from_engine, engine, frame))
                case asked.Hear(pcm):
                    self._hear(engine, pcm)
                case asked.Deafen():
                    self._unheard = b""
                case asked.Transcribe(job, pcm):
                    text = self.utterances[max(array("h", pcm), default=0)]
                    result = happened.Transcribed(job, text, 0.01 if text else 0.9)
                    self.later(RECOGNITION_S, partial(self._to_engine, engine, result))
                case asked.Speak(job, text):
                    self.spoken.append(text)
                    self._speak(engine, job, text)
                case asked.Cancel(job):
                    self._cancelled.add((engine, job))
                case asked.Close(code):
                    self.hang_up(code)

    def _hear(self, engine: Engine, pcm: bytes) -> None:
        self._unheard += pcm
        whole = len(self._unheard) // WINDOW_BYTES * WINDOW_BYTES
        windows, self._unheard = self._unheard[:whole], self._unheard[whole:]
        probabilities = tuple(
            1.0 if any(windows[at : at + WINDOW_BYTES]) else 0.0 for at in range(0, whole, WINDOW_BYTES)
        )
        if probabilities:
            self.later(0.001, partial(self._to_engine, engine, happened.Heard(probabilities)))

    def _speak(self, engine: Engine, job: int, text: str) -> None:
        pcm = array("h", [VOICE] * (24 * MS_PER_CHAR * len(text))).tobytes()

        def say() -> None:
            if (engine, job) not in self._cancelled:
                self._to_engine(engine, happened.Spoken(job, pcm))
                self._to_engine(engine, happened.SpeechEnded(job))

        self.later(SYNTHESIS_S, say)

    # The learner

    def join(self) -> None:
        """Open the page, press Start, and let the microphone run."""
        self.put(Connected(Peer.BROWSER))
        self._online = True
        self._microphone()

    def lose_the_line(self) -> None:
        self._online = False
        self.leave()

    def come_back(self) -> None:
        """Connect again with the last durable event that was seen."""
        self._online = True
        newest = max((event.get("seq", 0) for event in self.to_browser if event["type"] != "vivavoce.hello"), default=0)
        self.put(Connected(Peer.BROWSER, after=newest))

    def say(self, text: str, seconds: float = 1.2) -> None:
        """Begin to speak now; the words go out as time passes."""
        self.utterances.append(text)
        samples = array("h", [len(self.utterances) - 1] * CHUNK_SAMPLES).tobytes()
        self._speech += [samples] * round(seconds / 0.04)

    def hear_out(self) -> None:
        """Let time pass until the persona has answered and its voice has been played."""
        answers = len(self.seen("response.done"))
        self.run_till(lambda: len(self.seen("response.done")) > answers)
        self.run_till(lambda: self.player.silent(self.now))

    def _microphone(self) -> None:
        if self.seen("vivavoce.ended") or self.finished:
            return
        chunk = self._speech.pop(0) if self._speech else bytes(2 * CHUNK_SAMPLES)
        if self._online:
            self.browser(type="input_audio_buffer.append", audio=base64.b64encode(chunk).decode())
        self.later(0.04, self._microphone)


class Player:
    """Plays what it gets in real time, and falls silent when the learner speaks, as the page does."""

    def __init__(self) -> None:
        self.item_id = ""
        self.response_id = ""
        self.started = 0.0
        self.seconds = 0.0
        self.dropped: set[str] = set()
        self.barge_ins = 0

    def silent(self, now: float) -> bool:
        return now >= self.started + self.seconds

    def received(self, event: dict[str, Any], now: float, send: Callable[..., None]) -> None:
        if event["type"] == "response.output_audio.delta" and event["response_id"] not in self.dropped:
            if event["item_id"] != self.item_id:
                self.item_id, self.response_id = event["item_id"], event["response_id"]
                self.started, self.seconds = now, 0.0
            self.seconds += len(base64.b64decode(event["delta"])) / 48_000
        elif event["type"] == "input_audio_buffer.speech_started" and not self.silent(now):
            self.barge_ins += 1
            self.dropped.add(self.response_id)
            played_ms = int(1000 * (now - self.started))
            self.seconds = 0.0
            truncate = {"item_id": self.item_id, "content_index": 0, "audio_end_ms": played_ms}
            send(type="conversation.item.truncate", **truncate)
