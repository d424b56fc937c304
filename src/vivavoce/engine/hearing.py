"""The input audio buffer, and the learner's turns in it.

All times are milliseconds of audio written to the buffer since the session began, as on the wire; not wall clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vivavoce.engine.clip import Clip
from vivavoce.engine.config import silence_ms
from vivavoce.engine.effects import Deafen, Hear
from vivavoce.engine.turns import MAX_TURN_MS, WINDOW_MS, Turn, TurnDetector
from vivavoce.engine.wire import Outbox, RequestError
from vivavoce.protocol.audio import PCM, AudioFormat

MAX_BUFFER_MS = MAX_TURN_MS + 30_000
"""Beyond it the oldest audio is dropped, but never what the detector has yet to hear: a client may append a whole
recording at once."""
LEAST_COMMIT_MS = 100
_SEMANTIC_THRESHOLD = 0.5
_SEMANTIC_PREFIX_MS = 300
_ONSET_MS = 200
"""Kept before the newest window besides the prefix, because an onset is only certain some windows later."""


class Hearing:
    def __init__(self, out: Outbox) -> None:
        self._out = out
        self.format: AudioFormat = PCM
        self._audio = bytearray()
        self._begin_ms = 0.0
        """Where `_audio` begins."""
        self._prefix_ms = 0
        self.detector: TurnDetector | None = None
        self._unfinished = bytearray()
        """Audio for the detector that does not fill a window yet."""
        self._awaited = 0
        """Windows handed out and not answered."""
        self._stale = 0
        """Of the next answers, how many belong to audio from before a Deafen."""

    @property
    def written_ms(self) -> float:
        return self._begin_ms + self.format.duration_ms(len(self._audio))

    def configure(self, format: AudioFormat, detection: dict[str, Any] | None) -> None:
        """Take over the session's input format, which empties the buffer if it is another, and `turn_detection`.

        A turn that is under way goes on, unless detection is switched off.
        """
        if format != self.format:
            self.clear()
            self.format = format
        if detection is None:
            self.detector = None
            return
        threshold = detection.get("threshold", _SEMANTIC_THRESHOLD)
        self._prefix_ms = detection.get("prefix_padding_ms", _SEMANTIC_PREFIX_MS)
        if self.detector is None:
            self.detector = TurnDetector(threshold, silence_ms(detection))
            self._begin_anew()
        self.detector.threshold = threshold
        self.detector.silence_ms = silence_ms(detection)

    def append(self, audio: bytes) -> None:
        """Add whole samples to the buffer."""
        self._audio += audio
        if self.detector is None:
            self._drop_oldest()
            return
        self._unfinished += audio
        window = self.format.bytes_per_second * WINDOW_MS // 1000
        if windows := len(self._unfinished) // window:
            self._awaited += windows
            self._out.do(Hear(bytes(self._unfinished[: windows * window]), self.format))
            del self._unfinished[: windows * window]

    def heard(self, probabilities: tuple[float, ...]) -> Iterator[Turn]:
        """The detector's answers; yields each change, with the detector standing just behind it."""
        for probability in probabilities:
            self._awaited = max(0, self._awaited - 1)
            if self._stale:
                self._stale -= 1
                continue
            if self.detector is None:
                continue
            if change := self.detector.feed(probability):
                yield change
            if self.detector is not None and not self.detector.speaking:
                self.drop_before(self.detector.now_ms - self._prefix_ms - _ONSET_MS)

    @property
    def turn_start_ms(self) -> int:
        """Where this turn's audio begins: the speech and the padding before it, as far as it is still there."""
        assert self.detector is not None
        return round(max(self.detector.started_ms - self._prefix_ms, self._begin_ms))

    @property
    def turn_end_ms(self) -> int:
        assert self.detector is not None
        return round(self.detector.now_ms)

    def turn(self) -> Clip:
        """The audio of the turn so far."""
        audio = bytes(self._audio[self._at(self.turn_start_ms) : self._at(self.turn_end_ms)])
        return Clip(audio, self.format)

    def commit(self) -> Clip:
        """All that is in the buffer, which is empty then."""
        self._drop_oldest()
        held = Clip(bytes(self._audio), self.format)
        if held.ms < LEAST_COMMIT_MS:
            message = (
                "Error committing input audio buffer: buffer too small. "
                f"Expected at least 100ms of audio, but buffer only has {held.ms:.2f}ms of audio."
            )
            raise RequestError("input_audio_buffer_commit_empty", message)
        self.clear()
        return held

    def clear(self) -> None:
        self.drop_before(self.written_ms)
        if self.detector is not None:
            self._begin_anew()

    def drop_before(self, ms: float) -> None:
        """Forget the audio before this moment."""
        size = self._at(ms)
        del self._audio[:size]
        self._begin_ms += self.format.duration_ms(size)

    def _drop_oldest(self) -> None:
        self.drop_before(self.written_ms - MAX_BUFFER_MS)

    def _begin_anew(self) -> None:
        assert self.detector is not None
        self._stale = self._awaited
        self._unfinished.clear()
        self.detector = TurnDetector(self.detector.threshold, self.detector.silence_ms, self.written_ms)
        self._out.do(Deafen())

    def _at(self, ms: float) -> int:
        """The place of a moment in `_audio`, between two samples."""
        samples = round((ms - self._begin_ms) * self.format.rate / 1000)
        return min(max(0, samples * self.format.sample_bytes), len(self._audio))
