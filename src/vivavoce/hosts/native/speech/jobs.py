"""The speech work of one call: in order within the call, side by side with that of others.

Three lanes, hearing, recognising and speaking, have one step each in the works at a time; so however much one call asks
for, another waits for a step of it at most. What takes long is done in steps: a reply sentence by sentence, a monologue
by the half minute. When so many calls ask that one more would wait too long, what it asks for is refused at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from vivavoce.engine import inputs
from vivavoce.engine.effects import Hear, Speak, Transcribe
from vivavoce.engine.inputs import Input
from vivavoce.hosts.naming import places_of
from vivavoce.hosts.native.speech.errors import SpeechError
from vivavoce.hosts.native.speech.lane import Lane, Measure, Outcome
from vivavoce.hosts.native.speech.shared import Hands, Speech
from vivavoce.protocol.audio import AudioFormat

if TYPE_CHECKING:
    from vivavoce.hosts.native.speech.vad import Ear

LEAST_MS, MOST_MS = 10_000.0, 27_000.0
"""A step of recognition takes as long as for the first at least, and is about the second at most."""

log = logging.getLogger(__name__)


class CallSpeech:
    """Takes the engine's speech effects of one call. Results come back on the event loop that it was made on."""

    def __init__(
        self, speech: Speech, deliver: Callable[[Input], None], broken: Callable[[BaseException], None]
    ) -> None:
        """`broken` is called when the call cannot go on, because it cannot be heard."""
        self._speech = speech
        self._deliver = deliver
        self._ear: Ear | None = None
        self._hearing = Lane(speech.listening, deliver, broken)
        self._recognising, self._speaking = (
            Lane(hands.threads, deliver, broken, Measure(hands.workload, hands.pace, speech.loaded))
            for hands in (speech.recognising, speech.speaking)
        )
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
        if not self._refuses(job.job, self._speech.recognising):
            step = partial(_recognise, self._speech.transcribe_in_steps(job), job.job)
            amount = min(max(job.format.duration_ms(len(job.pcm)), LEAST_MS), MOST_MS) / LEAST_MS
            self._recognising.add(step, job=job.job, size=len(job.pcm), amount=amount)

    def speak(self, job: Speak) -> None:
        if not self._refuses(job.job, self._speech.speaking):
            self._speaking.add(partial(_say, self._speech.speak(job), job.job), job=job.job)

    def cancel(self, job: int) -> None:
        self._recognising.cancel(job)
        self._speaking.cancel(job)

    def close(self) -> None:
        for lane in self._lanes:
            lane.close()

    def _refuses(self, job: int, hands: Hands) -> bool:
        """Whether there is too much to do. The engine is told when it has said all that it wants now."""
        if hands.overloaded:
            asyncio.get_running_loop().call_soon(self._deliver, inputs.Refused(job))
            return True
        return False

    # On threads

    def _hear(self, pcm: bytes, format: AudioFormat) -> Outcome:
        if self._ear is None:
            self._ear = self._speech.ear(format)
        probabilities = self._ear.hear(pcm)
        return Outcome(inputs.Heard(probabilities) if probabilities else None)

    def _deafen(self) -> Outcome:
        self._ear = None
        return Outcome(None)


def _recognise(steps: Iterator[tuple[str, float] | None], job: int) -> Outcome:
    try:
        understood = next(steps)
        return Outcome(inputs.Transcribed(job, *understood)) if understood else Outcome(None, more=True)
    except SpeechError as error:
        return Outcome(inputs.TranscriptionFailed(job, str(error)))
    except Exception as error:
        log.error("Speech could not be recognised: %s", places_of(error))
        return Outcome(inputs.TranscriptionFailed(job, "The recogniser failed."))


def _say(sentences: Iterator[bytes], job: int) -> Outcome:
    try:
        audio = next(sentences, None)
        return Outcome(inputs.SpeechEnded(job)) if audio is None else Outcome(inputs.Spoken(job, audio), more=True)
    except Exception as error:
        log.error("A sentence could not be spoken: %s", places_of(error))
        return Outcome(inputs.SpeechFailed(job, "The voice failed."))
