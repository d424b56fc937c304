"""One direction of a call, in which frames that decide nothing go straight from link to link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vivavoce.protocol.flowing import speech_size, voice_size
from vivavoce.session.inputs import Peer

if TYPE_CHECKING:
    from vivavoce.hosts.native.link import Link

MOST = 256
"""Frames that may go before the session is told of them."""

Flowed = tuple[list[int], list[float], list[bytes]]
"""Of each frame that went the bytes of PCM16 and when it came; and those of words as they are."""


class Passage:
    """Knows what may go and what went; the session says the one and is told the other."""

    def __init__(self, source: Peer, secret: bytes) -> None:
        """A frame with `secret` in it does not go."""
        self._measure = speech_size if source is Peer.BROWSER else voice_size
        self._secret = secret
        self._target: Link | None = None
        self._frames = 0
        self._size = 0
        self._sizes: list[int] = []
        self._times: list[float] = []
        self._words: list[bytes] = []
        self._waiting: list[bytes] = []
        """Frames that leave together with the next."""

    def allow(self, target: Link | None, frames: int, size: int) -> None:
        """From now on so many frames, with so many bytes of PCM16 in all, may go to this link. Without one, none."""
        self._send()
        self._target = target
        self._frames = min(frames, MOST - len(self._sizes)) if target is not None else 0
        self._size = size

    def take(self, frame: bytes, now: float, more: bool = False) -> bool:
        """Send the frame on, if it may go; together with the next one if there are `more` that came with it."""
        size = self._measure(frame) if self._frames > 0 else None
        if size is None or size > self._size or (self._secret and self._secret in frame):
            self._send()
            return False
        self._waiting.append(frame)
        if not more:
            self._send()
        self._frames -= 1
        self._size -= size
        self._sizes.append(size)
        self._times.append(now)
        if not size and self._measure is voice_size:
            self._words.append(frame)
        return True

    def _send(self) -> None:
        if self._waiting and self._target is not None:
            waiting, self._waiting = self._waiting, []
            self._target.send_all(waiting)

    def flowed(self) -> Flowed | None:
        """What went since this was asked last."""
        if not self._sizes:
            return None
        went = self._sizes, self._times, self._words
        self._sizes, self._times, self._words = [], [], []
        return went
