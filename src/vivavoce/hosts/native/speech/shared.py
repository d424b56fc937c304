"""One copy of the speech models for all calls, and the threads that work with it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vivavoce.engine.effects import Speak, Transcribe
from vivavoce.hosts.native.models import ModelError, ModelStore, Progress

if TYPE_CHECKING:
    from vivavoce.hosts.native.speech.recognise import Recogniser
    from vivavoce.hosts.native.speech.synthesise import Synthesiser
    from vivavoce.hosts.native.speech.vad import Detector, Ear

HANDS = 2
"""Threads that recognise and speak. Each recognition keeps one core busy for about 0.15 s."""

log = logging.getLogger(__name__)


class SpeechUnavailable(Exception):
    """There is no speech on this machine yet. The message says how to get it; calls go on by text."""


class SpeechError(Exception):
    """A piece of speech that cannot be worked on. The message goes to the client."""


@dataclass(frozen=True, slots=True)
class Models:
    detector: Detector
    recogniser: Recogniser
    synthesiser: Synthesiser


class Speech:
    """What all calls share. `listening` serves the voice detector, which must never wait for slower work."""

    def __init__(self, load: Callable[[], Models]) -> None:
        self.hands = ThreadPoolExecutor(HANDS, "speech")
        self.listening = ThreadPoolExecutor(1, "hearing")
        self.loaded: Future[Models] = self.hands.submit(load)
        """Done when the first call will not wait. Calls may begin before: their work waits on its threads."""

    @property
    def voiced(self) -> bool:
        """Whether calls can be spoken; False once the models have turned out to be unusable."""
        return not (self.loaded.done() and self.loaded.exception())

    def ear(self) -> Ear:
        from vivavoce.hosts.native.speech.vad import Ear

        return Ear(self.loaded.result().detector)

    def transcribe(self, job: Transcribe) -> tuple[str, float]:
        """The words, and the probability that nobody spoke."""
        if job.language.split("-")[0] not in ("", "en"):
            raise SpeechError(f"The speech model at hand understands English only, not {job.language!r}.")
        heard = self.loaded.result().recogniser.recognise(job.pcm, job.keywords)
        return heard.text, heard.no_speech

    def speak(self, job: Speak) -> Iterator[bytes]:
        """24 kHz mono PCM16, sentence by sentence, each made when it is asked for."""
        yield from self.loaded.result().synthesiser.speak(job.text, job.voice, job.speed)

    def close(self) -> None:
        """Take on no more work; what is running ends by itself."""
        self.hands.shutdown(wait=False, cancel_futures=True)
        self.listening.shutdown(wait=False, cancel_futures=True)


def open_speech(store: ModelStore, progress: Progress | None = None) -> Speech:
    """Get the models that are not here yet, then load them in the background. Raises SpeechUnavailable."""
    try:
        from vivavoce.hosts.native.speech import recognise, synthesise, vad
    except ImportError as error:
        raise SpeechUnavailable(
            f"Calls by voice need packages that are not installed ({error.name}). "
            "Get them with: pip install 'vivavoce[local]'"
        ) from error
    try:
        silero = store.ensure("silero-vad", progress)
        whisper = store.ensure("whisper-tiny.en", progress)
    except ModelError as error:
        raise SpeechUnavailable(str(error)) from error

    def load() -> Models:
        began = time.monotonic()
        recogniser = recognise.Recogniser(whisper, workers=HANDS, threads=1)
        models = Models(vad.Detector(silero), recogniser, synthesise.Synthesiser())
        _warm_up(models)
        log.info("The speech models are loaded (%.1f s).", time.monotonic() - began)
        return models

    speech = Speech(load)
    speech.loaded.add_done_callback(_report)
    return speech


def _warm_up(models: Models) -> None:
    """Go through everything once: much is only built when it is first used."""
    pcm = b"".join(models.synthesiser.speak("Good morning, can you hear me?", "marin", 1.0))
    models.recogniser.recognise(pcm)


def _report(loaded: Future[Models]) -> None:
    if not loaded.cancelled() and (error := loaded.exception()):
        log.error("The speech models cannot be used; calls go on by text.", exc_info=error)
