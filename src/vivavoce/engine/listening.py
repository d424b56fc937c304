"""What the recogniser makes of the learner's audio: jobs, speculation, and what counts as understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from vivavoce.engine.clip import Clip
from vivavoce.engine.conversation import Item
from vivavoce.engine.effects import Cancel, Transcribe
from vivavoce.engine.wire import Ids, Outbox

NO_SPEECH = 0.75
"""Speech stays below 0.7 (0.4, if words are expected); most of silence, noise and tones is above."""
_DOUBT = 0.4
"""Coughs and breaths are mostly above, and of speech hardly more than a murmur."""
_HALLUCINATIONS = frozenset({
    "", "you", "you you", "i'm", "im", "the", "oh", "ah", "uh", "um", "mm", "hmm", "mhm", "mmhmm", "uhoh", "beep",
    "bye", "thank you", "thank you very much", "you're welcome", "welcome to our channel",
    "thanks for watching", "thank you for watching",
})  # fmt: skip
"""What it writes for noise: said by a person, they leave less doubt."""
_NOISE_MARK = re.compile(r"[\[(*][^\])*]*[\])*]")
"""[BLANK_AUDIO], (coughing), *music*"""


def understood(text: str, no_speech: float) -> str:
    """The words that were said; empty when it was noise."""
    text = _NOISE_MARK.sub(" ", text).strip()
    bare = re.sub(r"[^\w' ]", "", text).strip().casefold()
    noise = no_speech >= (_DOUBT if bare in _HALLUCINATIONS else NO_SPEECH)
    return "" if noise or not bare else text


class Hints(NamedTuple):
    """What helps the recogniser."""

    language: str
    """ISO 639-1, or empty: to be guessed."""
    keywords: tuple[str, ...]
    """Names and words to expect."""


@dataclass(slots=True)
class _Job:
    number: int
    item: Item | None = None
    """Whose words these are; None while it is only a guess that the turn is over."""
    result: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """An item's words. `failure` says why there are none."""

    item: Item
    text: str
    failure: str = ""


class Listening:
    """Hands audio to the recogniser, and its words to items.

    A guess starts in a pause and is dropped if speech resumes.
    """

    def __init__(self, ids: Ids, out: Outbox) -> None:
        self._ids, self._out = ids, out
        self._jobs: dict[int, _Job] = {}
        self._guess: _Job | None = None

    def begin(self, item: Item, clip: Clip, hints: Hints) -> None:
        """Recognise an item's audio."""
        self._start(clip, hints).item = item

    def nothing_said(self, item: Item) -> None:
        """An item's audio is known to hold no words: recognisers hear some in silence."""
        job = _Job(self._ids.job(), item, result=("", 1.0))
        self._jobs[job.number] = job

    def guess(self, clip: Clip, hints: Hints) -> None:
        """Recognise a turn that may be over."""
        self.drop_guess()
        self._guess = self._start(clip, hints)

    def drop_guess(self) -> None:
        if self._guess is not None:
            del self._jobs[self._guess.number]
            if self._guess.result is None:
                self._out.do(Cancel(self._guess.number))
            self._guess = None

    def adopt_guess(self, item: Item) -> bool:
        """The turn was over: the guess, if there is one, becomes the item's."""
        if self._guess is None:
            return False
        self._guess.item = item
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
        return Recognised(job.item, "", failure=reason)

    def recognised(self) -> list[Recognised]:
        """The items whose words have come since the last call."""
        ready = [job for job in self._jobs.values() if job.item is not None and job.result is not None]
        found: list[Recognised] = []
        for job in ready:
            del self._jobs[job.number]
            assert job.item is not None and job.result is not None
            found.append(Recognised(job.item, understood(*job.result)))
        return found

    def awaits(self, items: list[Item]) -> bool:
        """Whether the words of any of these are still to come."""
        return any(job.item is not None and any(job.item is item for item in items) for job in self._jobs.values())

    def _start(self, clip: Clip, hints: Hints) -> _Job:
        job = _Job(self._ids.job())
        self._jobs[job.number] = job
        self._out.do(Transcribe(job.number, clip.audio, hints.language, hints.keywords, clip.format))
        return job
