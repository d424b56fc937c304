"""What the recogniser makes of the learner's audio: jobs, speculation, and what counts as understood."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vivavoce.engine.conversation import Item
from vivavoce.engine.effects import Cancel, Transcribe
from vivavoce.engine.wire import Ids, Outbox

NO_SPEECH = 0.8
"""The recogniser says 0.83 to 0.99 for silence, noise and tones, 0.5 for coughs and breaths, and little for speech."""
_DOUBT = 0.4
_SHORT_MS = 500
_HALLUCINATIONS = frozenset({"", "you", "i'm", "im", "oh", "uh", "um", "mm", "hmm", "bye", "thank you", "the"})
"""What it writes for noise, and a learner seldom says alone."""
_NOISE_MARK = re.compile(r"[\[(*][^\])*]*[\])*]")
"""[BLANK_AUDIO], (coughing), *music*"""


def understood(text: str, no_speech: float, voiced_ms: float | None) -> str:
    """The words that were said; empty when the turn was noise. `voiced_ms` is None when nobody measured it."""
    text = _NOISE_MARK.sub(" ", text).strip()
    bare = re.sub(r"[^\w' ]", "", text).strip().casefold()
    if not bare or no_speech >= NO_SPEECH:
        return ""
    brief = voiced_ms is not None and voiced_ms < _SHORT_MS
    return "" if bare in _HALLUCINATIONS and (brief or no_speech >= _DOUBT) else text


@dataclass(slots=True)
class _Job:
    number: int
    audio_ms: float
    item: Item | None = None
    """Whose words these are; None while it is only a guess that the turn is over."""
    voiced_ms: float | None = None
    result: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """An item's words. `failure` says why there are none."""

    item: Item
    text: str
    audio_ms: float
    failure: str = ""


class Listening:
    """Hands audio to the recogniser, and its words to items.

    A guess starts in a pause and is dropped if speech resumes.
    """

    def __init__(self, ids: Ids, out: Outbox) -> None:
        self._ids, self._out = ids, out
        self._jobs: dict[int, _Job] = {}
        self._guess: _Job | None = None

    def begin(
        self, item: Item, pcm: bytes, audio_ms: float, language: str, keywords: tuple[str, ...], voiced_ms: float | None
    ) -> None:
        """Recognise an item's audio."""
        job = self._start(pcm, audio_ms, language, keywords)
        job.item, job.voiced_ms = item, voiced_ms

    def guess(self, pcm: bytes, audio_ms: float, language: str, keywords: tuple[str, ...]) -> None:
        """Recognise a turn that may be over."""
        self.drop_guess()
        self._guess = self._start(pcm, audio_ms, language, keywords)

    def drop_guess(self) -> None:
        if self._guess is not None:
            del self._jobs[self._guess.number]
            if self._guess.result is None:
                self._out.do(Cancel(self._guess.number))
            self._guess = None

    def adopt_guess(self, item: Item, audio_ms: float, voiced_ms: float) -> bool:
        """The turn was over: the guess, if there is one, becomes the item's."""
        if self._guess is None:
            return False
        self._guess.item, self._guess.audio_ms, self._guess.voiced_ms = item, audio_ms, voiced_ms
        self._guess = None
        return True

    def transcribed(self, number: int, text: str, no_speech: float) -> None:
        if job := self._jobs.get(number):
            job.result = (text, no_speech)

    def failed(self, number: int, reason: str) -> Recognised | None:
        job = self._jobs.pop(number, None)
        if job is self._guess:
            self._guess = None  # the turn's end will ask again
        if job is None or job.item is None:
            return None
        return Recognised(job.item, "", job.audio_ms, failure=reason)

    def recognised(self) -> list[Recognised]:
        """The items whose words have come since the last call."""
        ready = [job for job in self._jobs.values() if job.item is not None and job.result is not None]
        found: list[Recognised] = []
        for job in ready:
            del self._jobs[job.number]
            assert job.item is not None and job.result is not None
            found.append(Recognised(job.item, understood(*job.result, job.voiced_ms), job.audio_ms))
        return found

    def awaits(self, items: list[Item]) -> bool:
        """Whether the words of any of these are still to come."""
        return any(job.item is not None and any(job.item is item for item in items) for job in self._jobs.values())

    def _start(self, pcm: bytes, audio_ms: float, language: str, keywords: tuple[str, ...]) -> _Job:
        job = _Job(self._ids.job(), audio_ms)
        self._jobs[job.number] = job
        self._out.do(Transcribe(job.number, pcm, language, keywords))
        return job
