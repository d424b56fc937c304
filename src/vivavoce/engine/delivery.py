"""How a message leaves: spoken clause by clause a little ahead of real time, or typed word by word.

Both are paced, so that a long answer is still under way when the client cancels it or the learner speaks.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from vivavoce.engine.clauses import clauses
from vivavoce.engine.effects import Cancel, Speak
from vivavoce.engine.wire import Ids, Outbox
from vivavoce.protocol.audio import BYTES_PER_SECOND, duration_ms

CHUNK_BYTES = BYTES_PER_SECOND // 10
"""100 ms: an audio delta of 40 to 200 ms suits every stock client."""
LEAST_BYTES = BYTES_PER_SECOND // 25
"""40 ms: what would be shorter at a clause's end goes with the chunk before it."""
BURST_MS = 400
"""Sent at once, so that the client's playback has something to stand on."""
PACE = 1.5
"""Times real time, after the burst."""
AHEAD_MS = 5_000
"""Voice made but not sent yet, beyond which no further clause is asked for."""
WORD_S = 0.02
"""Between two words of a typed answer: about fifty words a second."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is due now: some text, and in a voice some audio. A clause's text comes with its first audio."""

    text: str
    pcm: bytes = b""


class Delivery(Protocol):
    finished: bool
    deadline: float | None
    """When `due` has more to give; None when it waits for a voice, or is finished."""

    def due(self, now: float) -> Iterator[Piece]: ...
    def stop(self) -> None: ...


class Typing:
    """Text word by word."""

    def __init__(self, text: str) -> None:
        self._words = deque(re.findall(r"\S+\s*", text.strip()))
        self.finished = False
        self.deadline: float | None = None

    def due(self, now: float) -> Iterator[Piece]:
        at = now if self.deadline is None else self.deadline
        while self._words and at <= now:
            yield Piece(self._words.popleft())
            at += WORD_S
        self.finished = not self._words
        self.deadline = None if self.finished else at

    def stop(self) -> None:
        self._words.clear()
        self.deadline = None


@dataclass(slots=True)
class _Clause:
    job: int
    text: str
    pcm: bytearray = field(default_factory=bytearray)
    complete: bool = False
    begun: bool = False


class Speech:
    """A message in a voice: one Speak job per clause, the next one asked for as soon as the last one is made."""

    def __init__(self, text: str, voice: str, speed: float, ids: Ids, out: Outbox) -> None:
        self._voice, self._speed = voice, speed
        self._ids, self._out = ids, out
        self._unasked = deque(clauses(text))
        self._asked: deque[_Clause] = deque()
        self._began: float | None = None
        self._sent_ms = 0.0
        self.finished = False
        self.deadline: float | None = None
        self._ask_ahead()

    def spoken(self, job: int, pcm: bytes) -> None:
        if clause := self._making(job):
            clause.pcm += pcm

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
            size = _next_chunk(clause)
            if size and now < (when := self._when(size)):
                self.deadline = when
                break
            if size:
                self._began = now if self._began is None else self._began
                self._sent_ms += duration_ms(size)
                yield Piece("" if clause.begun else clause.text, bytes(clause.pcm[:size]))
                clause.begun = True
                del clause.pcm[:size]
            elif clause.complete:
                if not clause.begun:  # the voice had nothing to say for it
                    yield Piece(clause.text)
                self._asked.popleft()
                self._ask_ahead()
            else:
                break
        self.finished = not self._asked and not self._unasked

    def stop(self) -> None:
        for clause in self._asked:
            if not clause.complete:
                self._out.do(Cancel(clause.job))
        self._asked.clear()
        self._unasked.clear()
        self.deadline = None

    def _when(self, size: int) -> float:
        """The moment at which this chunk may leave."""
        if self._began is None:
            return float("-inf")
        ahead = self._sent_ms + duration_ms(size) - BURST_MS
        return self._began + ahead / 1000 / PACE

    def _ask_ahead(self) -> None:
        being_made = any(not clause.complete for clause in self._asked)
        waiting = sum(len(clause.pcm) for clause in self._asked)
        if self._unasked and not being_made and duration_ms(waiting) < AHEAD_MS:
            clause = _Clause(self._ids.job(), self._unasked.popleft())
            self._asked.append(clause)
            self._out.do(Speak(clause.job, clause.text.strip(), self._voice, self._speed))

    def _making(self, job: int) -> _Clause | None:
        return next((clause for clause in self._asked if clause.job == job and not clause.complete), None)


def _next_chunk(clause: _Clause) -> int:
    """Bytes of the next delta; 0 while there is not enough."""
    ready = len(clause.pcm) & ~1
    if clause.complete and ready < CHUNK_BYTES + LEAST_BYTES:
        return ready
    return CHUNK_BYTES if ready >= CHUNK_BYTES + LEAST_BYTES else 0
