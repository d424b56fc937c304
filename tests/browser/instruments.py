"""The Python side of injected/*.js: the test's own microphone, ears and notes inside a page."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from playwright.sync_api import BrowserContext, Page

from browser.audio import Samples, from_pcm, to_pcm

SCRIPTS = Path(__file__).with_name("injected")
POLL_MS = 50


@dataclass(frozen=True, slots=True)
class Note:
    """One frame on a WebSocket of the page."""

    at_ms: float
    """Wall clock in the page."""
    way: str
    """sent, received or closed"""
    event: dict[str, Any]
    """The JSON with its audio replaced by the length of its base64; empty for a frame that is no JSON."""

    @property
    def type(self) -> str:
        return str(self.event.get("type", ""))


@dataclass(slots=True)
class Recording:
    """All that one AudioContext of the page has put out, without a hole."""

    rate: int
    samples: Samples = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    first_frame: int | None = None
    clock: list[tuple[int, float]] = field(default_factory=list)
    """Pairs of a sample's index and the wall clock (ms) when it was rendered."""

    def add(self, frames: list[int], times: list[float], pcm: bytes) -> None:
        if not frames:
            return
        if self.first_frame is None:
            self.first_frame = frames[0]
        block = len(pcm) // 2 // len(frames)
        grown = np.zeros(frames[-1] + block - self.first_frame, dtype=np.float32)
        grown[: len(self.samples)] = self.samples
        heard = from_pcm(pcm)
        for index, (frame, at_ms) in enumerate(zip(frames, times, strict=True)):
            offset = frame - self.first_frame
            grown[offset : offset + block] = heard[index * block : (index + 1) * block]
            self.clock.append((offset + block, at_ms))
        self.samples = grown

    def wall_ms(self, index: int) -> float:
        """When the sample at `index` was rendered, by the page's wall clock."""
        known, at_ms = min(self.clock, key=lambda pair: abs(pair[0] - index))
        return at_ms + (index - known) * 1000 / self.rate


class Instruments:
    """What a test has inside one page. Install on the context before the page is opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._recordings: list[Recording] = []
        self._notes: list[Note] = []
        self._sent_audio = bytearray()

    @staticmethod
    def install(context: BrowserContext, *, virtual_microphone: bool) -> None:
        names = [*(["microphone.js"] if virtual_microphone else []), "speaker.js", "wire.js"]
        for name in names:
            context.add_init_script(path=SCRIPTS / name)

    def say(self, samples: Samples, rate: int) -> float:
        """Into the virtual microphone; returns the wall clock (ms) of the first sample."""
        pcm = base64.b64encode(to_pcm(samples)).decode()
        return float(self.page.evaluate("([pcm, rate]) => testMicrophone.say(pcm, rate)", [pcm, rate]))

    def heard(self) -> Recording:
        """What the page put out so far, in the context that was loudest."""
        for number, part in enumerate(self.page.evaluate("() => testSpeaker.drain()")):
            if number == len(self._recordings):
                self._recordings.append(Recording(part["rate"]))
            self._recordings[number].add(part["frames"], part["times"], base64.b64decode(part["pcm"]))
        if not self._recordings:
            return Recording(0)
        return max(self._recordings, key=lambda recording: float(np.square(recording.samples).sum()))

    def notes(self, type: str | None = None, way: str | None = None) -> list[Note]:
        """Every frame so far, oldest first; of one event type or direction when asked."""
        self._drain_wire()
        return [note for note in self._notes if type in (None, note.type) and way in (None, note.way)]

    def sent_audio(self) -> bytes:
        """All PCM16 that the page has sent in append events."""
        self._drain_wire()
        return bytes(self._sent_audio)

    def wait_for(self, type: str, timeout_s: float = 30, after: int = 0) -> Note:
        """The first event of this type beyond the first `after` of them."""
        for _ in range(round(timeout_s * 1000 / POLL_MS)):
            found = self.notes(type)
            if len(found) > after:
                return found[after]
            self.page.wait_for_timeout(POLL_MS)
        seen = [note.type for note in self.notes()]
        raise AssertionError(f"No {type} within {timeout_s} s; the last frames were {seen[-20:]}")

    def _drain_wire(self) -> None:
        drained = self.page.evaluate("() => testWire.drain()")
        for note in drained["notes"]:
            self._notes.append(Note(note["at"], note["way"], note["event"] or {}))
        for audio in drained["audio"]:
            self._sent_audio += base64.b64decode(audio)


class OpenPage(Protocol):
    """The fixture `open_page`: a new Chromium at `url`; the rest goes to Playwright's new_context."""

    def __call__(
        self,
        url: str,
        *,
        microphone: Path | None = None,
        virtual_microphone: bool = False,
        allow_microphone: bool = True,
        **context: Any,
    ) -> Instruments: ...
