"""When the learner begins to speak, pauses, and is done: from speech probabilities alone, in the time of the audio."""

from __future__ import annotations

from enum import Enum

WINDOW_MS = 32
"""What one probability stands for: 768 samples at 24 kHz, which is 512 at the detector's 16 kHz."""
PAUSE_MS = 220
"""A silence after which the words are worth recognising, in case the turn is over."""
MAX_TURN_MS = 60_000
_ONSET_WINDOWS = 3
"""Voiced windows of the last four that make speech of what might be a click: about 100 ms."""
_HYSTERESIS = 0.15
"""Speech goes on below the threshold by this much, so that a soft syllable does not end it."""


class Turn(Enum):
    """What changed. A pause becomes a stop when it lasts; resumed means that it did not."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"


class TurnDetector:
    """Feed it one probability per window; it says when something changes.

    `start_ms` is where its first window lies on the caller's time line, and all its times are on that line.
    """

    def __init__(self, threshold: float, silence_ms: int, start_ms: float = 0.0) -> None:
        self.threshold = threshold
        self.silence_ms = silence_ms
        self.now_ms = start_ms
        """The end of the last window."""
        self.started_ms = start_ms
        """Where the speech of this turn begins."""
        self.speaking = False
        self._recent: list[bool] = []
        self._silent_ms = 0
        self._paused = False

    def feed(self, probability: float) -> Turn | None:
        self.now_ms += WINDOW_MS
        if not self.speaking:
            return self._listen_for_onset(probability >= self.threshold)
        if probability >= max(self.threshold - _HYSTERESIS, 0.05):
            return self._hear_speech()
        return self._hear_silence()

    def _listen_for_onset(self, voiced: bool) -> Turn | None:
        self._recent = [*self._recent[-_ONSET_WINDOWS:], voiced]
        if sum(self._recent) < _ONSET_WINDOWS:
            return None
        self.speaking = True
        first = self._recent.index(True)
        self.started_ms = self.now_ms - (len(self._recent) - first) * WINDOW_MS
        self._silent_ms = 0
        self._paused = False
        return Turn.STARTED

    def _hear_speech(self) -> Turn | None:
        self._silent_ms = 0
        if self.now_ms - self.started_ms >= MAX_TURN_MS:
            return self._stop()
        if self._paused:
            self._paused = False
            return Turn.RESUMED
        return None

    def _hear_silence(self) -> Turn | None:
        self._silent_ms += WINDOW_MS
        if self._silent_ms >= self.silence_ms or self.now_ms - self.started_ms >= MAX_TURN_MS:
            return self._stop()
        if self._silent_ms >= PAUSE_MS and not self._paused:
            self._paused = True
            return Turn.PAUSED
        return None

    def _stop(self) -> Turn:
        self.speaking = False
        self._recent = []
        return Turn.STOPPED
