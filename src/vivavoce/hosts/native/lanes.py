"""Where sound belongs on a call's clock: byte 0 of a lane is the second 0 of the call, and gaps are silence.

A lane's file is PCM16 without a header, so that it is whole whenever the server is killed; gaps are holes in it, which
take no space on the disk. All times are seconds of the call.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from vivavoce.protocol.audio import SAMPLE_RATE

SLACK_S = 0.1
"""How far from its place a piece may seem to be and still follow the one before without a look at those after it."""
GATHER_S = 0.5
"""How long pieces are gathered after a gap: a stalled line brings them all at once, a muted microphone does not."""
PREBUFFER_S = 0.06
"""The page waits for so much of the persona's voice before it plays it."""
REMEMBERED_ITEMS = 8
"""The persona's last items, which the learner may still turn out to have cut off."""


class LaneFile:
    """Bytes of PCM16 at a place in time. `most_s` bounds the file, whatever its writer was told."""

    def __init__(self, path: Path, most_s: float) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._file: BinaryIO = open(descriptor, "r+b", buffering=0)  # noqa: SIM115 - lives as long as the lane
        self._most = bytes_of(most_s)

    def write(self, offset: int, pcm: bytes) -> None:
        pcm = pcm[: max(0, self._most - offset)]
        if pcm:
            self._file.seek(offset)
            self._file.write(pcm)

    def end_at(self, offset: int) -> None:
        """Nothing was heard from here on."""
        if offset < os.fstat(self._file.fileno()).st_size:
            self._file.truncate(offset)

    def silence(self, begin: int, end: int) -> None:
        end = min(end, os.fstat(self._file.fileno()).st_size)
        if begin < end:
            self.write(begin, bytes(end - begin))

    def close(self) -> None:
        self._file.close()


class LearnerLane:
    """What the learner's microphone sent. A piece was spoken before it arrived, and follows the one before.

    None is put before second `begin`.
    """

    def __init__(self, file: LaneFile, begin: float = 0.0) -> None:
        self._file = file
        self._end = bytes_of(begin)
        """Byte after the last piece."""
        self._gathered = bytearray()
        self._gathering_until = 0.0
        self._begin = 0
        """Where what was gathered begins, as told by the piece of it that was on its way for the shortest time."""

    def add(self, at: float, pcm: bytes) -> None:
        if self._gathered and at >= self._gathering_until:
            self.flush()
        now, slack = bytes_of(at), bytes_of(SLACK_S)
        if self._gathered:
            self._begin = min(self._begin, now - len(self._gathered) - len(pcm))
            self._gathered += pcm
        elif at > 0 and abs(now - len(pcm) - self._end) <= slack:
            self._put(self._end, pcm)
        else:  # a gap, a stall, or what was said before the call
            self._begin, self._gathering_until = now - len(pcm), at + GATHER_S
            self._gathered += pcm

    def flush(self) -> None:
        """Write what was gathered. What of it lies before the last piece, or before the call, is left out."""
        pcm, self._gathered = bytes(self._gathered), bytearray()
        late = self._end - self._begin
        if late > bytes_of(SLACK_S):
            pcm = pcm[late:]
        if pcm:
            self._put(max(self._begin, self._end), pcm)

    def _put(self, offset: int, pcm: bytes) -> None:
        self._file.write(offset, pcm)
        self._end = offset + len(pcm)


class PersonaLane:
    """What the learner could hear of the persona: pieces play one after the other, as the page plays them.

    A piece may come long before it is heard. What was cut off is taken back.
    """

    def __init__(self, file: LaneFile) -> None:
        self._file = file
        self._end = 0
        self._items: dict[str, list[tuple[int, int]]] = {}
        """Of the last items, where their pieces lie: (offset, length)."""
        self._cut: set[str] = set()

    def add(self, at: float, item_id: str, pcm: bytes) -> None:
        if item_id in self._cut:  # it was on its way when the learner began to speak
            return
        now = bytes_of(at)
        begin = self._end if self._end > now else bytes_of(at + PREBUFFER_S)
        self._file.write(begin, pcm)
        self._end = begin + len(pcm)
        pieces = self._items.setdefault(item_id, [])
        if pieces and sum(pieces[-1]) == begin:
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + len(pcm))
        else:
            pieces.append((begin, len(pcm)))
        if len(self._items) > REMEMBERED_ITEMS:
            del self._items[next(iter(self._items))]

    def cut(self, at: float, item_id: str, heard_ms: float) -> None:
        """Only so much of an item was heard. The page dropped all that it had, so nothing is playing now."""
        self._cut.add(item_id)
        left, now = bytes_of(heard_ms / 1000), bytes_of(at)
        for begin, length in self._items.get(item_id, ()):
            heard = min(left, length, max(0, now - begin))
            left -= heard
            if begin + length >= self._end:
                self._end = begin + heard
                self._file.end_at(self._end)
            else:
                self._file.silence(begin + heard, begin + length)
        self._items.pop(item_id, None)
        self._end = min(self._end, now)

    def nothing_after(self, at: float) -> None:
        """Nobody hears what was still to be played: the page is gone, or the call was ended."""
        offset = bytes_of(at)
        if offset < self._end:
            self._end = offset
            self._file.end_at(offset)
        self._items.clear()


def bytes_of(seconds: float) -> int:
    """Whole samples."""
    return max(0, round(seconds * SAMPLE_RATE)) * 2
