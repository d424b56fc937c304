"""The speech models in memory, and what can be done with them: the words of the engine's effects on one side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vivavoce.engine.effects import Speak, Transcribe
from vivavoce.hosts.native.speech.choice import Hibari, Kokoro, Piper, Voice
from vivavoce.hosts.native.speech.errors import SpeechError
from vivavoce.hosts.native.speech.formats import encoded, to_samples
from vivavoce.hosts.native.speech.hibari_voices import HibariVoices
from vivavoce.hosts.native.speech.kokoro_voices import KokoroVoices
from vivavoce.hosts.native.speech.mel import RATE
from vivavoce.hosts.native.speech.piper_voices import PiperVoices
from vivavoce.hosts.native.speech.recognise import ENGLISH, Recogniser
from vivavoce.hosts.native.speech.resample import resample
from vivavoce.hosts.native.speech.synthesise import Synthesiser
from vivavoce.hosts.native.speech.vad import Detector, Ear, anybody_speaks
from vivavoce.protocol.audio import AudioFormat


@dataclass(frozen=True, slots=True)
class Models:
    detector: Detector
    recogniser: Recogniser
    synthesiser: Synthesiser

    def ear(self, format: AudioFormat) -> Ear:
        return Ear(self.detector, format)

    def transcribe(self, job: Transcribe) -> tuple[str, float]:
        """The words, and the probability that nobody spoke. Raises SpeechError."""
        *_, understood = self.transcribe_in_steps(job)
        assert understood is not None
        return understood

    def transcribe_in_steps(self, job: Transcribe) -> Iterator[tuple[str, float] | None]:
        """The same; None after each step but the last."""
        language = job.language.replace("_", "-").partition("-")[0].lower()
        if language and language not in self.recogniser.languages:
            raise SpeechError(_unknown(language, self.recogniser.languages))
        samples = resample(to_samples(job.pcm, job.format), job.format.rate, RATE)
        if not anybody_speaks(self.detector, samples):
            yield "", 1.0  # a recogniser would make up words
            return
        for heard in self.recogniser.recognise(samples, language, job.keywords):
            yield (heard.text, heard.no_speech) if heard else None

    def speak(self, job: Speak) -> Iterator[bytes]:
        """Audio in the job's format, sentence by sentence, each made when it is asked for."""
        voice = self.synthesiser
        return encoded(voice.speak(job.text, job.voice, job.speed), voice.rate, job.format)

    def warm_up(self) -> None:
        """Go through everything once: much is only built when it is first used."""
        for sentence in self.synthesiser.speak("Good morning, can you hear me?", "marin", 1.0):
            list(self.recogniser.recognise(resample(sentence, self.synthesiser.rate, RATE)))


def load(silero: Path, whisper: Path, voice: Voice, *, hands: int) -> Models:
    """All of it from the disk, and tried once. `hands` threads will work with it. Raises ModelError."""
    models = Models(Detector(silero), Recogniser(whisper, workers=hands, threads=1), _synthesiser(voice))
    models.warm_up()
    return models


def _synthesiser(voice: Voice) -> Synthesiser:
    match voice:
        case Hibari():
            return HibariVoices()
        case Kokoro():
            return KokoroVoices(voice)
        case Piper():
            return PiperVoices(voice)


def _unknown(language: str, known: frozenset[str]) -> str:
    if known != {ENGLISH}:
        return f"The speech model at hand does not know the language {language[:16]!r}."
    return (
        f"The speech model at hand understands English only, not {language[:16]!r}. Whisper base knows 99 languages: "
        "run `vivavoce models --fetch whisper-base`, then start the engine again."
    )
