"""How well each voice is understood, how high and how loud it is, and what it costs.

    make voices ARGS="--tts kokoro:FOLDER --whisper tiny.en --whisper base --format audio/pcmu"

Each voice says thirty sentences; recognisers write them down (one that is not here is fetched). Pitch is the median of
its voiced frames, loudness is measured as broadcasters do (ITU-R BS.1770, gated), the spread is that of its sentences.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.recordings import SENTENCES
from benchmarks.report import machine, progress, show, table
from benchmarks.wer import normalised
from kit.voices import word_error_rate
from vivavoce.engine.effects import Speak, Transcribe
from vivavoce.hosts.native.models import ModelStore, models_folder
from vivavoce.hosts.native.speech import loaded
from vivavoce.hosts.native.speech.choice import WHISPERS, read_voice, whisper_folder
from vivavoce.hosts.native.speech.formats import to_samples
from vivavoce.hosts.native.speech.hibari_voices import SPEAKERS
from vivavoce.hosts.native.speech.loaded import Models
from vivavoce.hosts.native.speech.loudness import loudness
from vivavoce.hosts.native.speech.recognise import Recogniser
from vivavoce.protocol.audio import FORMATS, AudioFormat


@dataclass(frozen=True)
class Voice:
    """What was measured."""

    name: str
    errors: list[float]
    """Word error rate of each recogniser."""
    pitch: float
    loudness: float
    spread: float
    peak: float
    cost: float
    """CPU seconds for each second of speech."""
    first: float
    """Milliseconds until the first sentence is there."""

    def cells(self) -> list[str]:
        return [
            self.name,
            *(f"{100 * error:.1f} %" for error in self.errors),
            f"{self.pitch:.0f} Hz",
            f"{self.loudness:.1f}",
            f"{self.spread:.1f}",
            f"{self.peak:.2f}",
            f"{self.cost:.3f}",
            f"{self.first:.0f} ms",
        ]


def measure(models: Models, recognisers: list[Recogniser], name: str, format: AudioFormat) -> Voice:
    spoken, waits = [], []
    before = time.process_time()
    for sentence in SENTENCES:
        began = time.perf_counter()
        pieces: list[bytes] = []
        for piece in models.speak(Speak(1, sentence, name, 1.0, format)):
            if not pieces:
                waits.append(1_000 * (time.perf_counter() - began))
            pieces.append(piece)
        spoken.append(b"".join(pieces))
    cost = (time.process_time() - before) / sum(format.duration_ms(len(audio)) / 1_000 for audio in spoken)
    errors = []
    for recogniser in recognisers:
        ears = Models(models.detector, recogniser, models.synthesiser)
        heard = [ears.transcribe(Transcribe(1, audio, "en", (), format))[0] for audio in spoken]
        errors.append(word_error_rate(normalised(" ".join(SENTENCES)), normalised(" ".join(heard))))
        for sentence, text in zip(SENTENCES, heard, strict=True):
            if normalised(sentence) != normalised(text):
                progress(f"  {name}: {sentence!r} was heard as {text!r}")
    samples = [to_samples(audio, format) for audio in spoken]
    levels = [loudness(sound, format.rate) for sound in samples]
    return Voice(
        name,
        errors,
        statistics.median(hz for sound in samples for hz in pitches(sound, format.rate)),
        loudness(np.concatenate(samples), format.rate),
        statistics.pstdev(levels),
        max(float(np.abs(sound).max()) for sound in samples),
        cost,
        statistics.median(waits),
    )


def pitches(samples: NDArray[np.float32], rate: int) -> list[float]:
    """Of the voiced frames of 40 ms: how often they repeat themselves, between 60 and 400 Hz."""
    size = rate // 25
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    shortest, longest = rate // 400, rate // 60
    found = []
    for frame in frames[np.abs(frames).max(axis=1) > 0.1]:
        power = np.fft.irfft(np.square(np.abs(np.fft.rfft(frame - frame.mean(), 2 * size))))[: longest + 1]
        likeness = power / power[0] * size / (size - np.arange(len(power)))
        best = float(likeness[shortest:].max())
        if best > 0.7:  # the first lag that is nearly as good: twice the period repeats itself as well
            found.append(rate / (shortest + int(np.argmax(likeness[shortest:] > 0.97 * best))))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tts", default="hibari", help="hibari, kokoro:FOLDER or piper:FILE.onnx")
    parser.add_argument("--whisper", action="append", help=f"{', '.join(WHISPERS)} or a folder; may be repeated")
    parser.add_argument("--format", choices=FORMATS, default="audio/pcm")
    parser.add_argument("--voice", action="append", choices=SPEAKERS)
    options = parser.parse_args()
    whispers = options.whisper or list(WHISPERS)
    store = ModelStore(models_folder())
    folders = [whisper_folder(name, store) for name in whispers]
    models = loaded.load(store.ensure("silero-vad"), folders[0], read_voice(options.tts), hands=1)
    recognisers = [models.recogniser, *(Recogniser(folder, workers=1, threads=1) for folder in folders[1:])]
    show(f"{options.tts} over {options.format}, {len(SENTENCES)} sentences; {machine()}")
    rows = []
    for name in options.voice or SPEAKERS:
        progress(name)
        rows.append(measure(models, recognisers, name, FORMATS[options.format]).cells())
    errors = [f"WER {name}" for name in whispers]
    table(["voice", *errors, "pitch", "LUFS", "spread, LU", "peak", "CPU s/s", "first sound"], rows)


if __name__ == "__main__":
    main()
