"""The speech work of one call: in order within the call, side by side with that of others.

Three lanes, hearing, recognising and speaking, have one step each in the works at a time; so however much one call asks
for, another waits for a step of it at most. A long reply is made sentence by sentence and can be left between two.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vivavoce.engine.effects import Hear, Speak, Transcribe
from vivavoce.engine.inputs import Heard, Input, SpeechEnded, SpeechFailed, Spoken, Transcribed, TranscriptionFailed
from vivavoce.hosts.native.logs import places_of
from vivavoce.hosts.native.speech.shared import Speech, SpeechError
from vivavoce.protocol.audio import AudioFormat

if TYPE_CHECKING:
    from vivavoce.hosts.native.speech.vad import Ear

log = logging.getLogger(__name__)

Step = Callable[[], Input | None]
"""Runs on a thread and gives a result, if there is one. After Spoken it is run again."""


class CallSpeech:
    """Takes the engine's speech effects of one call. Results come back on the event loop that it was made on."""

    def __init__(
        self, speech: Speech, deliver: Callable[[Input], None], broken: Callable[[BaseException], None]
    ) -> None:
        """`broken` is called when the call cannot go on, because it cannot be heard."""
        self._speech = speech
        self._ear: Ear | None = None
        self._hearing = _Lane(speech.listening, deliver, broken)
        self._recognising = _Lane(speech.hands, deliver, broken)
        self._speaking = _Lane(speech.hands, deliver, broken)
        self._lanes = (self._hearing, self._recognising, self._speaking)

    @property
    def backlog(self) -> int:
        """Bytes of the learner's audio that wait to be worked on."""
        return sum(lane.size for lane in self._lanes)

    def hear(self, heard: Hear) -> None:
        """A second at most is heard in one step."""
        size = heard.format.bytes_per_second
        for at in range(0, len(heard.pcm), size):
            piece = heard.pcm[at : at + size]
            self._hearing.add(partial(self._hear, piece, heard.format), size=len(piece))

    def deafen(self) -> None:
        self._hearing.add(self._deafen)

    def transcribe(self, job: Transcribe) -> None:
        self._recognising.add(partial(_transcribe, self._speech, job), job=job.job, size=len(job.pcm))

    def speak(self, job: Speak) -> None:
        voice = self._speech.speak(job)

        def step() -> Input:
            try:
                pcm = next(voice, None)
                return SpeechEnded(job.job) if pcm is None else Spoken(job.job, pcm)
            except Exception as error:
                log.error("A sentence could not be spoken: %s", places_of(error))
                return SpeechFailed(job.job, "The voice failed.")

        self._speaking.add(step, job=job.job)

    def cancel(self, job: int) -> None:
        self._recognising.cancel(job)
        self._speaking.cancel(job)

    def close(self) -> None:
        for lane in self._lanes:
            lane.close()

    def _hear(self, pcm: bytes, format: AudioFormat) -> Input | None:
        if self._ear is None:
            self._ear = self._speech.ear(format)
        probabilities = self._ear.hear(pcm)
        return Heard(probabilities) if probabilities else None

    def _deafen(self) -> None:
        self._ear = None


def _transcribe(speech: Speech, job: Transcribe) -> Input:
    try:
        return Transcribed(job.job, *speech.transcribe(job))
    except SpeechError as error:
        return TranscriptionFailed(job.job, str(error))
    except Exception as error:
        log.error("Speech could not be recognised: %s", places_of(error))
        return TranscriptionFailed(job.job, "The recogniser failed.")


@dataclass(slots=True)
class _Work:
    step: Step
    job: int | None
    size: int
    wanted: bool = True


class _Lane:
    """Work in order, one step at a time."""

    def __init__(
        self, threads: Executor, deliver: Callable[[Input], None], broken: Callable[[BaseException], None]
    ) -> None:
        self._threads = threads
        self._deliver = deliver
        self._broken = broken
        self._work: deque[_Work] = deque()
        """The first of these is under way."""
        self._running: Future[Input | None] | None = None

    @property
    def size(self) -> int:
        return sum(work.size for work in self._work)

    def add(self, step: Step, *, job: int | None = None, size: int = 0) -> None:
        self._work.append(_Work(step, job, size))
        if len(self._work) == 1:
            self._go_on()

    def cancel(self, job: int) -> None:
        for work in self._work:
            if work.job == job:
                work.wanted = False
                if work is self._work[0] and self._running is not None:
                    self._running.cancel()

    def close(self) -> None:
        for work in self._work:
            work.wanted = False
        if self._running is not None:
            self._running.cancel()

    def _go_on(self) -> None:
        while self._work and not self._work[0].wanted:
            self._work.popleft()
        self._running = None
        if self._work:
            self._running = self._threads.submit(self._work[0].step)
            asyncio.wrap_future(self._running).add_done_callback(self._stepped)

    def _stepped(self, step: asyncio.Future[Input | None]) -> None:
        work = self._work[0]
        result: Input | None = None
        if not step.cancelled():
            if error := step.exception():
                self._broken(error)
            else:
                result = step.result()
        if result is not None and work.wanted:
            self._deliver(result)  # which may add work, or cancel this
        if not isinstance(result, Spoken):
            work.wanted = False
        self._go_on()
