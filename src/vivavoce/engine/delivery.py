"""How a message leaves: spoken clause by clause a little ahead of real time, or typed word by word.

Its text may still be coming while it leaves. Both ways are paced, so that a long answer is still under way when the
client cancels it or the learner speaks.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from vivavoce.engine.clauses import Clauses
from vivavoce.engine.config import Settings
from vivavoce.engine.effects import Cancel, Speak
from vivavoce.engine.wire import Ids, Outbox
from vivavoce.protocol.audio import AudioFormat

CHUNK_MS = 100
"""An audio delta of 40 to 200 ms suits every stock client."""
LEAST_MS = 40
"""What would be shorter at a clause's end goes with the chunk before it."""
BURST_MS = 400
"""Sent at once, so that the client's playback has something to stand on."""
PACE = 1.5
"""Times real time, after the burst."""
AHEAD_MS = 5_000
"""Voice made but not sent yet, beyond which no further clause is asked for."""
WORD_S = 0.02
"""Between two words of a typed answer: about fifty words a second."""

_WORD = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """What is due now: some text, and in a voice some audio. A clause's text comes with its first audio."""

    text: str
    audio: bytes = b""


class Delivery(Protocol):
    finished: bool
    deadline: float | None
    """When `due` has more to give; None when it waits for text or a voice, or is finished."""

    def take(self, text: str) -> None:
        """More of the message."""

    def end(self) -> None:
        """The message is complete."""

    def due(self, now: float) -> Iterator[Piece]: ...
    def stop(self) -> None: ...


class Typing:
    """Text word by word; what comes slower than that leaves as it comes."""

    def __init__(self) -> None:
        self._rest = ""
        self._complete = False
        self.finished = False
        self.deadline: float | None = None

    def take(self, text: str) -> None:
        self._rest += text

    def end(self) -> None:
        self._complete = True

    def due(self, now: float) -> Iterator[Piece]:
        at = now if self.deadline is None else self.deadline
        while (word := _WORD.match(self._rest)) and at <= now:
            self._rest = self._rest[word.end() :]
            at += WORD_S
            yield Piece(word[0])
        self.deadline = at if word else None
        self.finished = self._complete and not word

    def stop(self) -> None:
        self._rest = ""
        self.deadline = None


@dataclass(slots=True)
class _Clause:
    job: int
    text: str
    audio: bytearray = field(default_factory=bytearray)
    complete: bool = False
    begun: bool = False


class Speech:
    """A message in a voice: one Speak job per clause, the next one asked for as soon as the last one is made."""

    def __init__(self, settings: Settings, ids: Ids, out: Outbox) -> None:
        self._settings = settings
        self._ids, self._out = ids, out
        self._clauses = Clauses()
        self._complete = False
        self._unasked: deque[str] = deque()
        self._asked: deque[_Clause] = deque()
        self._began = float("-inf")
        self._sent_ms = 0.0
        """Voice sent since `_began`."""
        self.finished = False
        self.deadline: float | None = None

    def take(self, text: str) -> None:
        self._unasked += self._clauses.take(text)
        self._ask_ahead()

    def end(self) -> None:
        self._complete = True
        self._unasked += self._clauses.end()
        self._ask_ahead()

    def spoken(self, job: int, audio: bytes) -> None:
        if clause := self._making(job):
            clause.audio += audio

    def ended(self, job: int) -> None:
        if clause := self._making(job):
            clause.complete = True
            self._ask_ahead()

    def speaks(self, job: int) -> bool:
        """Whether this job's voice is still being made for this message."""
        return self._making(job) is not None

    def due(self, now: float) -> Iterator[Piece]:
        self.deadline = None
        while self._asked:
            clause = self._asked[0]
            size = _next_chunk(clause, self._format)
            if size and now < (when := self._when(size, now)):
                self.deadline = when
                break
            if size:
                self._sent_ms += self._format.duration_ms(size)
                yield Piece("" if clause.begun else clause.text, bytes(clause.audio[:size]))
                clause.begun = True
                del clause.audio[:size]
            elif clause.complete:
                if not clause.begun:  # the voice had nothing to say for it
                    yield Piece(clause.text)
                self._asked.popleft()
                self._ask_ahead()
            else:
                break
        self.finished = self._complete and not self._asked and not self._unasked

    @property
    def unsent_ms(self) -> float:
        """Voice that was made for the clause whose text was given last, and not sent."""
        begun = [clause for clause in self._asked if clause.begun]
        return self._format.duration_ms(len(begun[-1].audio)) if begun else 0.0

    def stop(self) -> None:
        for clause in self._asked:
            if not clause.complete:
                self._out.do(Cancel(clause.job))
        self._asked.clear()
        self._unasked.clear()
        self.deadline = None

    @property
    def _format(self) -> AudioFormat:
        return self._settings.output_format

    def _when(self, size: int, now: float) -> float:
        """The moment at which this chunk may leave."""
        if now > self._began + self._sent_ms / 1000:  # all that was sent has been played
            self._began, self._sent_ms = now, 0.0
        ahead = self._sent_ms + self._format.duration_ms(size) - BURST_MS
        return self._began + ahead / 1000 / PACE

    def _ask_ahead(self) -> None:
        being_made = any(not clause.complete for clause in self._asked)
        waiting = sum(len(clause.audio) for clause in self._asked)
        if self._unasked and not being_made and self._format.duration_ms(waiting) < AHEAD_MS:
            clause = _Clause(self._ids.job(), self._unasked.popleft())
            self._asked.append(clause)
            settings = self._settings
            self._out.do(Speak(clause.job, clause.text.strip(), settings.voice_name, settings.speed, self._format))

    def _making(self, job: int) -> _Clause | None:
        return next((clause for clause in self._asked if clause.job == job and not clause.complete), None)


def _next_chunk(clause: _Clause, format: AudioFormat) -> int:
    """Bytes of the next delta, in whole samples; 0 while there is not enough."""
    ready = len(clause.audio) - len(clause.audio) % format.sample_bytes
    chunk, least = (format.bytes_per_second * ms // 1000 for ms in (CHUNK_MS, LEAST_MS))
    if clause.complete and ready < chunk + least:
        return ready
    return chunk if ready >= chunk + least else 0
