"""One direction of a call, in which frames that decide nothing go straight from link to link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vivavoce.protocol.audio import BASE64
from vivavoce.protocol.flowing import WORDS_HEADS, speech_size, voice_size
from vivavoce.session.flow import moment
from vivavoce.session.inputs import Peer

if TYPE_CHECKING:
    from vivavoce.hosts.native.link import Link

MOST = 256
"""Moments in which something may go before the session is told of it, and frames of the persona's words."""

Flowed = tuple[list[float], list[int], list[int], list[bytes]]
"""The moments in which something went, with how many frames and how many bytes of PCM16; and the persona's words."""


class Passage:
    """Knows what may go and what went; the session says the one and is told the other."""

    def __init__(self, source: Peer, secret: bytes) -> None:
        """A frame with `secret` in it does not go."""
        self._measure = speech_size if source is Peer.BROWSER else voice_size
        self._secret = secret
        self._rare = secret.translate(None, BASE64)[:1]
        """A byte of it that no sound has, if there is one: to look for that takes a tenth of the time."""
        self._target: Link | None = None
        self._frames = 0
        self._size = 0
        self._went: Flowed = [], [], [], []
        self._waiting: list[bytes] = []
        """Frames that leave together with the next."""

    def allow(self, target: Link | None, frames: int, size: int) -> None:
        """From now on so many frames, with so many bytes of PCM16 in all, may go to this link. Without one, none."""
        self._send()
        self._target = target
        times, _, _, words = self._went
        self._frames = frames if target is not None and len(times) < MOST and len(words) < MOST else 0
        self._size = size

    def take(self, frame: bytes, now: float, more: bool = False) -> bool:
        """Send the frame on, if it may go; together with the next one if there are `more` that came with it."""
        size = self._measure(frame) if self._frames > 0 else None
        if size is None or size > self._size or (self._secret and self._rare in frame and self._secret in frame):
            self._send()
            return False
        self._waiting.append(frame)
        if not more:
            self._send()
        self._frames -= 1
        self._size -= size
        times, frames, sizes, words = self._went
        if times and now <= times[-1]:
            frames[-1] += 1
            sizes[-1] += size
        else:
            times.append(moment(now))
            frames.append(1)
            sizes.append(size)
        if not size and frame.startswith(WORDS_HEADS):
            words.append(frame)
        if len(times) == MOST or len(words) == MOST:
            self._frames = 0
        return True

    def _send(self) -> None:
        if self._waiting and self._target is not None:
            waiting, self._waiting = self._waiting, []
            self._target.send(*waiting)

    def flowed(self) -> Flowed | None:
        """What went since this was asked last."""
        if not self._went[0]:
            return None
        went, self._went = self._went, ([], [], [], [])
        return went
