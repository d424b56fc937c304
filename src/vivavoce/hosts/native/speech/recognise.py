"""Writing down what was said: Whisper on CTranslate2, fed and read by hand.

Whisper looks at 30 s, most of it padding after a short answer. Ten seconds are enough for what fits, and cost a third;
now and then the shorter view makes it repeat itself, which is noticed and tried again with the full one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np

from vivavoce.hosts.native.models import ModelError
from vivavoce.hosts.native.speech.mel import RATE, log_mel
from vivavoce.hosts.native.speech.resample import Samples
from vivavoce.hosts.native.speech.vocabulary import Vocabulary, text_of

SHORT_SECONDS = 10.0
FULL_SECONDS = 30.0
MARGIN_SECONDS = 3.0
"""Silence that Whisper wants to see after the last word."""
ENGLISH = "en"
TOKENS_PER_SECOND = 8.0
OTHER_TOKENS_PER_SECOND = 24.0
"""More than anybody speaks: what goes beyond is a loop. Other languages, and other scripts even more, take more."""
FEW_TOKENS = 16
"""For what is too short to be measured by its length."""
MAX_TOKENS = 448
MAX_KEYWORDS_CHARS = 200
BEAMS = 5
"""Looking at five beginnings at once costs a quarter more than at one, and far fewer sentences break off."""


@dataclass(frozen=True, slots=True)
class Recognised:
    text: str
    no_speech: float
    """The probability that nobody spoke."""


class Recogniser:
    """A model, shared by all calls and threads."""

    def __init__(self, folder: Path, *, workers: int, threads: int) -> None:
        """`folder` holds any Whisper that was converted to CTranslate2. Raises ModelError."""
        self._vocabulary = Vocabulary.read(folder)
        try:
            self._model = ctranslate2.models.Whisper(
                str(folder), compute_type="int8", inter_threads=workers, intra_threads=threads
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                f"The speech model in {folder} cannot be used ({error}). It must be a Whisper model in CTranslate2's "
                "format; get it again if it was not copied whole."
            ) from error
        self.languages = self._vocabulary.languages if self._model.is_multilingual else frozenset({ENGLISH})

    def recognise(
        self, samples: Samples, language: str = "", keywords: Sequence[str] = ()
    ) -> Iterator[Recognised | None]:
        """The words in samples at 16 kHz, after a None for each stretch but the last, half a minute at most.

        `language` is one of `languages`, or empty: whichever it sounds like. `keywords` are names that it should rather
        hear than something alike.
        """
        hint = self._hint(keywords)
        parts: list[Recognised] = []
        for stretch in _parts(samples):
            if parts:
                yield None
            parts.append(self._recognise(stretch, language, hint))
        yield Recognised(
            " ".join(part.text for part in parts if part.text), min((part.no_speech for part in parts), default=1.0)
        )

    def _recognise(self, samples: Samples, language: str, hint: list[str]) -> Recognised:
        seconds = len(samples) / RATE + MARGIN_SECONDS
        heard = self._look(samples, max(SHORT_SECONDS, seconds), language, hint)
        if repeats_itself(heard.text):
            heard = self._look(samples, FULL_SECONDS, language, hint)
        return heard

    def _look(self, samples: Samples, seconds: float, language: str, hint: list[str]) -> Recognised:
        picture = log_mel(samples, min(seconds, FULL_SECONDS), self._model.n_mels)
        features = ctranslate2.StorageView.from_array(picture[np.newaxis])
        prompt = [*hint, "<|startoftranscript|>"]
        if self._model.is_multilingual:
            if not language:
                features = self._model.encode(features)
                language = self._model.detect_language(features)[0][0][0].strip("<|>")
            prompt += [f"<|{language}|>", "<|transcribe|>"]
        prompt.append("<|notimestamps|>")
        pace = TOKENS_PER_SECOND if language in ("", ENGLISH) else OTHER_TOKENS_PER_SECOND
        most = FEW_TOKENS + int(pace * len(samples) / RATE)
        result = self._model.generate(
            features,
            [prompt],
            beam_size=BEAMS,
            # The prompt counts, and never more than half of this is given to the answer.
            max_length=min(max(2 * most, len(prompt) + most), MAX_TOKENS),
            return_no_speech_prob=True,
        )[0]
        return Recognised(text_of(result.sequences[0]), result.no_speech_prob)

    def _hint(self, keywords: Sequence[str]) -> list[str]:
        """Keywords stand, as a list with a full stop, where Whisper expects the words spoken just before."""
        if not keywords:
            return []
        return ["<|startofprev|>", *self._vocabulary.spell(f" {', '.join(keywords)[:MAX_KEYWORDS_CHARS]}.")]


def repeats_itself(text: str) -> bool:
    """Whether a word comes three times in a row, or four words and more come again: Whisper caught in a loop."""
    words = re.findall(r"[\w']+", text.lower())
    for period in range(1, len(words)):
        again = 0
        for word, before in zip(words[period:], words, strict=False):
            again = again + 1 if word == before else 0
            if again >= max(2 * period, 2) if period < 4 else again >= 4:
                return True
    return False


def _parts(samples: Samples) -> Iterator[Samples]:
    """Pieces that fit into one look, cut where it is quietest."""
    longest = int((FULL_SECONDS - MARGIN_SECONDS) * RATE)
    while len(samples) > longest:
        tenth = RATE // 10
        end = samples[longest // 2 : longest // 2 + longest // 2 // tenth * tenth]
        quietest = int(np.argmin(np.square(end).reshape(-1, tenth).sum(axis=1)))
        cut = longest // 2 + quietest * tenth + tenth // 2
        yield samples[:cut]
        samples = samples[cut:]
    if len(samples):
        yield samples
