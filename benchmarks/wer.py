"""Word error rates: how well the engine understands people and strangers' voices, and how well its own are understood.

`make wer` runs it. Everything goes the product's own way: audio in the wire's format, PCM at 24 kHz or G.711, as a
`Transcribe` job, and what is left of the answer after the engine's sense of noise. Before words are compared, both
sides are made alike: small letters, no punctuation, hyphens as spaces, whole numbers up to 999 in words, and a few
titles and spellings in full (`SAME`).
"""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.engine_process import installed_whispers
from benchmarks.recordings import FLITE_VOICES, SENTENCES, Recording, flite, prompts, readers
from benchmarks.report import machine, progress, show, table
from kit.voices import word_error_rate
from vivavoce.engine.effects import Speak, Transcribe
from vivavoce.engine.listening import understood
from vivavoce.hosts.native.models import ModelStore, models_folder
from vivavoce.hosts.native.speech.formats import to_bytes, to_samples
from vivavoce.hosts.native.speech.hibari_voices import SPEAKERS
from vivavoce.hosts.native.speech.resample import resample
from vivavoce.hosts.native.speech.shared import Speech, open_speech
from vivavoce.protocol.audio import PCM, PCMU, AudioFormat

FORMATS = (PCM, PCMU)
SAME = {"mr": "mister", "mrs": "missus", "dr": "doctor", "ok": "okay", "alright": "all right", "oclock": "o'clock"}
ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ONES += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ("", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True)
class Count:
    clips: int
    words: int
    wrong: float

    @property
    def rate(self) -> str:
        return f"{100 * self.wrong / self.words:.1f} %"


def normalised(text: str) -> str:
    """`text` with everything taken away that is writing and not speech."""
    text = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(_in_full(word) for word in re.findall(r"\d+|[a-z']+", text))


def _in_full(word: str) -> str:
    if word.isdigit() and int(word) < 1000:
        return _in_words(int(word))
    return SAME.get(word, word)


def _in_words(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return f"{TENS[tens]} {ONES[ones]}" if ones else TENS[tens]
    hundreds, rest = divmod(number, 100)
    return f"{ONES[hundreds]} hundred {_in_words(rest)}" if rest else f"{ONES[hundreds]} hundred"


def recognised(speech: Speech, audio: bytes, format: AudioFormat) -> str:
    return understood(*speech.transcribe(Transcribe(0, audio, "en", (), format)))


def count(speech: Speech, recordings: Sequence[Recording], format: AudioFormat, *, verbose: bool) -> Count:
    words = wrong = 0.0
    for recording in recordings:
        audio = to_bytes(resample(recording.samples, recording.rate, format.rate), format)
        said, heard = normalised(recording.text), normalised(recognised(speech, audio, format))
        errors = word_error_rate(said, heard) * len(said.split())
        words, wrong = words + len(said.split()), wrong + errors
        if verbose and errors:
            progress(f"{errors:3.0f}  {said}\n     {heard}")
    return Count(len(recordings), round(words), wrong)


def own_voice(speech: Speech, voice: str) -> list[Recording]:
    """The thirty sentences, spoken by the engine."""
    recordings = []
    for text in SENTENCES:
        audio = b"".join(speech.speak(Speak(0, text, voice, 1.0, PCM)))
        recordings.append(Recording(text, to_samples(audio, PCM), PCM.rate))
    return recordings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--whisper", nargs="*", default=installed_whispers(), help="default: what is installed")
    parser.add_argument("--verbose", action="store_true", help="show every clip with an error")
    options = parser.parse_args()
    logging.disable()
    show(machine())
    sets = {
        "person, telephone prompts": prompts(),
        "people, reading": readers(),
        **{f"Flite {voice}": flite(voice) for voice in FLITE_VOICES},
    }
    rows: list[list[object]] = []
    for whisper in options.whisper:
        speech = open_speech(ModelStore(models_folder()), whisper=whisper)
        for name, recordings in sets.items():
            counts = [count(speech, recordings, format, verbose=options.verbose) for format in FORMATS]
            rows.append([f"Whisper {whisper}", name, counts[0].clips, counts[0].words, *(each.rate for each in counts)])
            progress(" ".join(map(str, rows[-1])))
        last = whisper
    table(["recogniser", "voice", "clips", "words", *(f"errors, {format.name}" for format in FORMATS)], rows)
    voices = []
    for voice in SPEAKERS:
        heard = count(speech, own_voice(speech, voice), PCM, verbose=options.verbose)
        voices.append([voice, heard.clips, heard.words, heard.rate])
        progress(" ".join(map(str, voices[-1])))
    table(["the engine's voice", "clips", "words", f"errors of Whisper {last}"], voices)


if __name__ == "__main__":
    main()
