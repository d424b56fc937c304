"""Kokoro-82M, from files of the user's own: the better voices, for a processor with time to spare."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from hibari.tts import Hibari

from vivavoce.hosts.native.models import ModelError
from vivavoce.hosts.native.speech import onnx
from vivavoce.hosts.native.speech.choice import KOKORO_DEFAULT, Kokoro
from vivavoce.hosts.native.speech.phonemes import Reader
from vivavoce.hosts.native.speech.resample import Samples
from vivavoce.hosts.native.speech.synthesise import FASTEST, SLOWEST, dressed

STYLE = 256
"""Numbers that make a style. A pack has one for each length of a sentence."""
SPEAKERS = {
    "marin": "af_heart",
    "alloy": "af_kore",
    "ash": "am_fenrir",
    "ballad": "bm_fable",
    "cedar": "am_michael",
    "coral": "af_bella",
    "echo": "am_puck",
    "sage": "bf_emma",
    "shimmer": "af_aoede",
    "verse": "bm_george",
}
"""The Realtime API's names, and the voices with the best grades of Kokoro's own list; b is British, f and m the sex."""


class KokoroVoices:
    rate = 24_000

    def __init__(self, files: Kokoro) -> None:
        """Raises ModelError."""
        self._session = onnx.load(files.model, threads=os.cpu_count() or 1)
        self._inputs = [given.name for given in self._session.get_inputs()]
        if len(self._inputs) != 3:
            raise ModelError(f"{files.model} is not Kokoro: it takes {', '.join(self._inputs)}.")
        self._ids = Hibari().ids
        self._american, self._british = Reader(), Reader(british=True)
        names = {voice if voice in files.voices else KOKORO_DEFAULT for voice in SPEAKERS.values()}
        self._packs = {name: read_pack(files.voices[name]) for name in sorted(names)}

    def speak(self, text: str, voice: str, speed: float) -> Iterator[Samples]:
        name = SPEAKERS.get(voice, KOKORO_DEFAULT)
        if name not in self._packs:
            name = KOKORO_DEFAULT
        reader = self._british if name.startswith("b") else self._american
        pace = np.array([min(max(speed, SLOWEST), FASTEST)], np.float32)
        for phonemes in reader.sentences(text):
            ids = self._ids(phonemes)
            style = self._packs[name][min(len(ids) - 2, len(self._packs[name])) - 1]
            given = (np.array([ids], np.int64), style[np.newaxis], pace)
            sound = self._session.run(None, dict(zip(self._inputs, given, strict=True)))[0]
            yield dressed(np.asarray(sound, np.float32).reshape(-1), self.rate)


def read_pack(path: Path) -> Samples:
    """A voice: a style for each number of phonemes, from one on. Raises ModelError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}).") from error
    whole = len(content) and len(content) % (4 * STYLE) == 0
    styles: Samples = np.frombuffer(content if whole else b"", "<f4").reshape(-1, STYLE).astype(np.float32)
    if not whole or not np.isfinite(styles).all():
        raise ModelError(f"{path} is not a voice of Kokoro, or was not copied whole.")
    return styles
