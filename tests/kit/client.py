"""A client of the engine and its host in one: a virtual clock, made-up ears and a voice of silence."""

from __future__ import annotations

import base64
import json
from typing import Any

from vivavoce.engine import effects, inputs
from vivavoce.engine.config import SessionType
from vivavoce.engine.core import Engine
from vivavoce.protocol.audio import BYTES_PER_SECOND, FORMATS, PCM
from vivavoce.scenario.model import Scenario

MS = BYTES_PER_SECOND // 1000
"""Bytes of a millisecond in PCM16."""
WINDOW_MS = 32
VOICE_MS_PER_CHAR = 60
Event = dict[str, Any]


class Client:
    """Sends client events, does the engine's jobs at once (unless told to hold them), and keeps what comes back."""

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        model: str = "vivavoce/test",
        voiced: bool = True,
        session_type: SessionType = "realtime",
        chat: bool = False,
    ) -> None:
        self.engine = Engine(
            model=model,
            scenario=scenario,
            session_id="sess_test",
            expires_at=1_800_000_000,
            voiced=voiced,
            session_type=session_type,
            chat=chat,
        )
        self.input_format = PCM
        """What the session says it is."""
        self.now = 100.0
        self.events: list[Event] = []
        self.times: list[float] = []
        """When each event came."""
        self.jobs: list[effects.Effect] = []
        """Every effect that is no frame, in order."""
        self.words: list[tuple[str, float]] = []
        """What the recogniser will say next; when it is empty, "hello there" without doubt."""
        self.holding: tuple[type, ...] = ()
        """Effects that are left undone, for a test to answer by hand."""
        self.closed: effects.Close | None = None
        self._speech: list[float] = []
        self._perform(self.engine.open(self.now))

    # What a client does

    def send(self, type: str, **fields: Any) -> list[Event]:
        """A client event; returns what came back at once."""
        return self.send_frame(json.dumps({"type": type, **fields}).encode())

    def send_frame(self, frame: bytes) -> list[Event]:
        return self.put(inputs.Received(frame))

    def put(self, event: inputs.Input) -> list[Event]:
        before = len(self.events)
        self._perform(self.engine.handle(event, self.now))
        return self.events[before:]

    def update(self, **session: Any) -> list[Event]:
        return self.send("session.update", session={"type": "realtime", **session})

    def write(self, text: str) -> list[Event]:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        return self.send("conversation.item.create", item=item)

    def ask(self, text: str) -> str:
        """Write, and wait for the whole answer; returns its text."""
        self.write(text)
        self.send("response.create")
        self.settle()
        return self.said()

    def said(self) -> str:
        """What the last response said."""
        done = self.last("response.done")["response"]
        return " ".join(
            part.get("text") or part.get("transcript") or ""
            for item in done["output"]
            for part in item.get("content", ())
        )

    def append(self, pcm: bytes) -> list[Event]:
        return self.send("input_audio_buffer.append", audio=base64.b64encode(pcm).decode())

    def speak(self, ms: int, probability: float = 0.95) -> list[Event]:
        """Append audio of the learner in whole windows, each heard as speech with this probability."""
        before = len(self.events)
        for _ in range(round(ms / 32)):
            self._speech.append(probability)
            self.append(bytes(self.input_format.bytes_per_second * WINDOW_MS // 1000))
            self.now += 0.032
            self.tick()
        return self.events[before:]

    def hush(self, ms: int) -> list[Event]:
        return self.speak(ms, probability=0.01)

    # Time

    def tick(self) -> None:
        """Let everything happen that is due."""
        while self.engine.deadline is not None and self.engine.deadline <= self.now:
            self.put(inputs.DeadlinePassed())

    def wait(self, seconds: float) -> list[Event]:
        before = len(self.events)
        end = self.now + seconds
        while self.engine.deadline is not None and self.engine.deadline <= end:
            self.now = max(self.now, self.engine.deadline)
            self.put(inputs.DeadlinePassed())
        self.now = end
        return self.events[before:]

    def settle(self) -> list[Event]:
        """Wait until nothing more is said; the session's own end is not waited for."""
        before = len(self.events)
        while self.engine.deadline is not None and self.engine.deadline < self.now + 60:
            self.now = max(self.now, self.engine.deadline)
            self.put(inputs.DeadlinePassed())
        return self.events[before:]

    # What came

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def last(self, type: str) -> Event:
        return next(event for event in reversed(self.events) if event["type"] == type)

    def all(self, type: str) -> list[Event]:
        return [event for event in self.events if event["type"] == type]

    def forget(self) -> None:
        """Begin the record of events anew."""
        self.events.clear()
        self.times.clear()

    def asked(self, kind: type) -> list[Any]:
        return [effect for effect in self.jobs if isinstance(effect, kind)]

    # What a host does

    def _perform(self, wanted: list[effects.Effect]) -> None:
        for effect in wanted:
            if isinstance(effect, effects.Send):
                self.events.append(json.loads(effect.frame))
                self.times.append(self.now)
                if session := self.events[-1].get("session"):
                    self.input_format = FORMATS[session["audio"]["input"]["format"]["type"]]
                continue
            self.jobs.append(effect)
        for effect in wanted:
            if not isinstance(effect, self.holding):
                self._do(effect)

    def _do(self, effect: effects.Effect) -> None:
        match effect:
            case effects.Hear(audio, format):
                windows, rest = divmod(len(audio), format.bytes_per_second * WINDOW_MS // 1000)
                assert windows and not rest
                heard = tuple(self._speech.pop(0) if self._speech else 0.0 for _ in range(windows))
                self.put(inputs.Heard(heard))
            case effects.Transcribe(job):
                self.put(inputs.Transcribed(job, *(self.words.pop(0) if self.words else ("hello there", 0.02))))
            case effects.Speak(job, text, format=format):
                self.put(inputs.Spoken(job, bytes(len(text) * VOICE_MS_PER_CHAR * format.bytes_per_second // 1000)))
                self.put(inputs.SpeechEnded(job))
            case effects.Close():
                self.closed = effect


def shape(types: list[str]) -> list[str]:
    """Event types with runs of deltas as one, for the comparison with an order of the protocol."""
    deltas = [kind for kind in types if not kind.endswith(".delta")]
    merged: list[str] = []
    for kind in types:
        if not (kind.endswith(".delta") and kind in merged[-2:] and merged[-1].endswith(".delta")):
            merged.append(kind)
    assert [kind for kind in merged if not kind.endswith(".delta")] == deltas
    return merged
