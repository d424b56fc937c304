"""A Piper voice of the user's own, fed with Hibari's phonemes: Piper's own reader, espeak-ng, is GPL."""

# ruff: noqa: RUF001 - the letters of the phonetic alphabet are meant

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from vivavoce.hosts.native.speech import onnx
from vivavoce.hosts.native.speech.choice import Piper
from vivavoce.hosts.native.speech.hibari_voices import SPEAKERS
from vivavoce.hosts.native.speech.phonemes import Reader
from vivavoce.hosts.native.speech.resample import Samples
from vivavoce.hosts.native.speech.synthesise import FASTEST, SLOWEST, dressed

BEGIN, END, PAD = "^", "$", "_"
_AS_ESPEAK = {
    "A": "eɪ",
    "I": "aɪ",
    "O": "oʊ",
    "Q": "əʊ",
    "W": "aʊ",
    "Y": "ɔɪ",
    "ʤ": "dʒ",
    "ʧ": "tʃ",
    "ᵊ": "ə",
    "T": "ɾ",
    "—": ",",
    "…": ".",
    "“": '"',
    "”": '"',
}
_AMERICAN = (
    (r"ɜɹ", "ɜː"),
    (r"[ɑɔu]", r"\g<0>ː"),
    (r"(?<=[ˈˌ])i", "iː"),
)
"""The American spelling leaves the length of vowels out, which espeak writes."""


class PiperVoices:
    """One voice, or one for each of the model's speakers: the ten names take them in turn."""

    def __init__(self, files: Piper) -> None:
        """Raises ModelError."""
        config = files.config
        self.rate = int(config["audio"]["sample_rate"])
        self._session = onnx.load(files.model)
        self._ids: Mapping[str, Sequence[int]] = config["phoneme_id_map"]
        self._scales = config["inference"]
        self._speakers = int(config.get("num_speakers") or 1)
        self._british = str(config["espeak"]["voice"]).startswith("en-gb")
        self._reader = Reader(british=self._british)

    def speak(self, text: str, voice: str, speed: float) -> Iterator[Samples]:
        pace = float(self._scales.get("length_scale", 1.0)) / min(max(speed, SLOWEST), FASTEST)
        noise, rhythm = float(self._scales.get("noise_scale", 0.667)), float(self._scales.get("noise_w", 0.8))
        for phonemes in self._reader.sentences(text):
            ids = phoneme_ids(as_espeak(phonemes, british=self._british), self._ids)
            inputs = {
                "input": np.array([ids], np.int64),
                "input_lengths": np.array([len(ids)], np.int64),
                "scales": np.array([noise, pace, rhythm], np.float32),
            }
            if self._speakers > 1:
                names = list(SPEAKERS)
                turn = names.index(voice) if voice in names else 0
                inputs["sid"] = np.array([turn % self._speakers], np.int64)
            sound = self._session.run(None, inputs)[0]
            yield dressed(np.asarray(sound, np.float32).reshape(-1), self.rate)


def as_espeak(phonemes: str, *, british: bool) -> str:
    """Kokoro's signs as espeak-ng writes the same sounds."""
    for pattern, sign in () if british else _AMERICAN:
        phonemes = re.sub(pattern, sign, phonemes)
    return "".join(_AS_ESPEAK.get(sign, sign) for sign in phonemes)


def phoneme_ids(phonemes: str, ids: Mapping[str, Sequence[int]]) -> list[int]:
    """What Piper's models take: begin, the signs that are known with padding between all, end."""
    known = [sign for sign in phonemes if sign in ids]
    return [*ids[BEGIN], *ids[PAD], *(each for sign in known for each in (*ids[sign], *ids[PAD])), *ids[END]]
