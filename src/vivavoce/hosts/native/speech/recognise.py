"""Writing down what was said: Whisper tiny.en on CTranslate2, fed and read by hand.

Whisper looks at 30 s, most of it padding after a short answer. Ten seconds are enough for what fits, and cost a third;
now and then the shorter view makes it repeat itself, which is noticed and tried again with the full one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import ctranslate2
import numpy as np
import numpy.typing as npt

from vivavoce.hosts.native.speech.resample import MODEL_RATE, Samples, from_pcm, resample

FFT = 400
HOP = 160
MELS = 80
SHORT_SECONDS = 10.0
FULL_SECONDS = 30.0
MARGIN_SECONDS = 3.0
"""Silence that Whisper wants to see after the last word."""
TOKENS_PER_SECOND = 8.0
"""More than anybody speaks: what goes beyond is a loop."""
MAX_KEYWORDS_CHARS = 200
BEAMS = 5
"""Looking at five beginnings at once costs a quarter more than at one, and far fewer sentences break off."""


@dataclass(frozen=True, slots=True)
class Recognised:
    text: str
    no_speech: float
    """The probability that nobody spoke."""


class Recogniser:
    """The model, shared by all calls and threads. It knows English only."""

    def __init__(self, folder: Path, *, workers: int, threads: int) -> None:
        self._model = ctranslate2.models.Whisper(
            str(folder), compute_type="int8", inter_threads=workers, intra_threads=threads
        )
        vocabulary = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
        self._tokens = frozenset(token for token in vocabulary if not token.startswith("<|"))

    def recognise(self, pcm: bytes, keywords: Sequence[str] = ()) -> Recognised:
        """The words in PCM16 at 24 kHz. `keywords` are names that it should rather hear than something alike."""
        samples = resample(from_pcm(pcm))
        prompt = self._prompt(keywords)
        parts = [self._recognise(part, prompt) for part in _parts(samples)]
        return Recognised(
            " ".join(part.text for part in parts if part.text), min((part.no_speech for part in parts), default=1.0)
        )

    def _recognise(self, samples: Samples, prompt: list[str]) -> Recognised:
        seconds = len(samples) / MODEL_RATE + MARGIN_SECONDS
        heard = self._look(samples, max(SHORT_SECONDS, seconds), prompt)
        if repeats_itself(heard.text):
            heard = self._look(samples, FULL_SECONDS, prompt)
        return heard

    def _look(self, samples: Samples, seconds: float, prompt: list[str]) -> Recognised:
        features = ctranslate2.StorageView.from_array(log_mel(samples, min(seconds, FULL_SECONDS))[np.newaxis])
        most = len(prompt) + 16 + int(TOKENS_PER_SECOND * len(samples) / MODEL_RATE)
        result = self._model.generate(
            features, [prompt], beam_size=BEAMS, max_length=min(most, 448), return_no_speech_prob=True
        )[0]
        return Recognised(text_of(result.sequences[0]), result.no_speech_prob)

    def _prompt(self, keywords: Sequence[str]) -> list[str]:
        """Keywords stand, as a list with a full stop, where Whisper expects the words spoken just before."""
        hint = self._spell(f" {', '.join(keywords)[:MAX_KEYWORDS_CHARS]}.") if keywords else []
        return [*(["<|startofprev|>", *hint] if hint else []), "<|startoftranscript|>", "<|notimestamps|>"]

    def _spell(self, text: str) -> list[str]:
        """Tokens that read as `text`, the longest first; not the tokeniser's own choice, but near enough for a hint."""
        letters = "".join(_alphabet()[byte] for byte in text.encode(errors="replace"))
        tokens = []
        while letters:
            size = next(size for size in range(len(letters), 0, -1) if size == 1 or letters[:size] in self._tokens)
            tokens.append(letters[:size])
            letters = letters[size:]
        return tokens


def log_mel(samples: Samples, seconds: float) -> Samples:
    """Whisper's picture of sound: `seconds` of it, 100 columns of 80 mel bands a second."""
    padded = np.zeros(round(seconds * MODEL_RATE) + FFT, np.float32)
    padded[FFT // 2 : FFT // 2 + len(samples)] = samples
    padded[: FFT // 2] = padded[FFT : FFT // 2 : -1]
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][:-1]
    power = np.abs(np.fft.rfft(frames * _hann())) ** 2
    bands = np.log10(np.maximum(power.astype(np.float32) @ _mel_bands(), 1e-10))
    bands = np.maximum(bands, bands.max() - 8.0)
    picture: Samples = np.ascontiguousarray(((bands + 4.0) / 4.0).T, np.float32)
    return picture


def text_of(tokens: Sequence[str]) -> str:
    """Whisper's tokens as text. Each letter of a token stands for one byte of UTF-8."""
    bytes_of = {letter: byte for byte, letter in _alphabet().items()}
    spoken = (token for token in tokens if not token.startswith("<|"))
    return bytes(bytes_of[letter] for token in spoken for letter in token).decode(errors="replace").strip()


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
    longest = int((FULL_SECONDS - MARGIN_SECONDS) * MODEL_RATE)
    while len(samples) > longest:
        tenth = MODEL_RATE // 10
        end = samples[longest // 2 : longest // 2 + longest // 2 // tenth * tenth]
        quietest = int(np.argmin(np.square(end).reshape(-1, tenth).sum(axis=1)))
        cut = longest // 2 + quietest * tenth + tenth // 2
        yield samples[:cut]
        samples = samples[cut:]
    if len(samples):
        yield samples


@cache
def _hann() -> Samples:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)


@cache
def _mel_bands() -> Samples:
    """Weights of 201 frequencies in 80 bands of equal area, spaced as Slaney's Auditory Toolbox does."""
    edges = _mel_to_hz(np.linspace(0.0, _hz_to_mel(MODEL_RATE / 2), MELS + 2))
    hz = np.linspace(0.0, MODEL_RATE / 2, FFT // 2 + 1)[:, np.newaxis]
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (edges[2:] - edges[:-2])
    return weights.astype(np.float32)


LINEAR_MELS = 15.0
"""Up to here, 1 kHz, the scale is linear with 3 mel in 200 Hz; above, a mel is a factor of 6.4 ** (1 / 27)."""
LOG_STEP = np.log(6.4) / 27.0


def _hz_to_mel(hz: float) -> float:
    return float(LINEAR_MELS + np.log(hz / 1_000.0) / LOG_STEP) if hz > 1_000.0 else hz * 3.0 / 200.0


def _mel_to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel > LINEAR_MELS, 1_000.0 * np.exp((mel - LINEAR_MELS) * LOG_STEP), mel * 200.0 / 3.0)


@cache
def _alphabet() -> dict[int, str]:
    """The letter that stands for each byte: itself where it can be seen, the rest from U+0100 on (GPT-2's choice)."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = (byte for byte in range(256) if byte not in visible)
    return {byte: chr(byte) for byte in visible} | {byte: chr(256 + at) for at, byte in enumerate(hidden)}
