"""When something was heard, in seconds of the call: the one clock of lines, measures and recorded sound.

The upstream tells when the learner spoke in milliseconds of the audio that it got; this file knows when that audio was
spoken. Nobody tells when the persona's voice is heard: it comes faster than it is played, so its playing is reckoned
here, the way the page plays it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, islice

from vivavoce.protocol.audio import BYTES_PER_SECOND, duration_ms
from vivavoce.scenario.model import TurnDetection

REMEMBERED_SECONDS = 30.0
"""How far back the arrival of the learner's audio is known at least; the upstream reports speech within a second."""
MOST_PIECES = 3_000
"""As many as a page may send in that time."""
REPORTED_WITHIN_SECONDS = 5.0
"""A time further back than this cannot be meant."""
BURST_SECONDS = 0.5
"""Audio that a stalled line held back arrives at once; so long after a piece the rest of a burst is looked for."""
PREBUFFER_SECONDS = 0.06
"""The page begins to play when it has so much."""


class LearnerTimes:
    """When the learner's turns were spoken."""

    def __init__(self, detection: TurnDetection) -> None:
        server_vad = detection.type == "server_vad"
        self._prefix_ms = detection.prefix_padding_ms if server_vad else 0
        self._silence_ms = detection.silence_duration_ms if server_vad else 0
        self._ends = array("q")
        """Of each piece of audio, up to which byte of all it is…"""
        self._arrived = array("d")
        """…and at which second it came. Both only grow, and cost 16 bytes a piece: a call has 25 of them a second."""
        self._sent = 0
        self._forgotten = 0
        """Of the audio before this it is not known any more when it arrived."""
        self._began: float | None = None
        self._ended: float | None = None

    @property
    def speaking(self) -> bool:
        """Whether the upstream hears a turn that it has not committed yet."""
        return self._began is not None

    def sent(self, sizes: Iterable[int], times: Iterable[float]) -> None:
        """Pieces of so many bytes of PCM16 went to the upstream, each at its second."""
        self._ends.extend(islice(accumulate(sizes, initial=self._sent), 1, None))
        self._arrived.extend(times)
        self._sent, now = self._ends[-1], self._arrived[-1]
        if self._arrived[0] < now - 2 * REMEMBERED_SECONDS or len(self._ends) > 2 * MOST_PIECES:
            self._forget(max(bisect_left(self._arrived, now - REMEMBERED_SECONDS), len(self._ends) - MOST_PIECES))

    def started(self, audio_start_ms: object, now: float) -> None:
        """`speech_started`; its time lies before the first sound by the padding that we asked for."""
        spoken = self._second(audio_start_ms, self._prefix_ms, now)
        self._began = now if spoken is None else min(spoken, now)
        self._ended = None

    def stopped(self, audio_end_ms: object, now: float) -> None:
        """`speech_stopped`; its time lies behind the last sound by the silence that we asked to wait for."""
        if self._began is not None:
            spoken = self._second(audio_end_ms, -self._silence_ms, now)
            ended = now - self._silence_ms / 1000 if spoken is None else min(spoken, now)
            self._ended = max(self._began, ended)

    def committed(self, now: float) -> tuple[float, float]:
        """The turn is over; when it began and ended. A turn that nobody announced has no length."""
        began = now if self._began is None else self._began
        ended = now if self._ended is None else self._ended
        self.cleared()
        return began, ended

    def cleared(self) -> None:
        """The upstream forgot the turn."""
        self._began = self._ended = None

    def _forget(self, pieces: int) -> None:
        self._forgotten = self._ends[pieces - 1]
        del self._ends[:pieces], self._arrived[:pieces]

    def _second(self, audio_ms: object, shift_ms: float, now: float) -> float | None:
        """When the audio at this millisecond was spoken; None when the upstream's figure cannot be meant.

        It was spoken before it arrived, and of a burst the last piece was on its way for the shortest time.
        """
        if not isinstance(audio_ms, int | float) or isinstance(audio_ms, bool):
            return None
        at = (audio_ms + shift_ms) * BYTES_PER_SECOND / 1000
        if not self._forgotten <= at <= self._sent or not self._ends:
            return None
        first = bisect_left(self._ends, at)
        last = bisect_right(self._arrived, self._arrived[first] + BURST_SECONDS)
        pieces = zip(self._ends[first:last], self._arrived[first:last], strict=True)
        spoken = min(arrived - (end - at) / BYTES_PER_SECOND for end, arrived in pieces)
        return max(0.0, spoken) if spoken >= now - REPORTED_WITHIN_SECONDS else None


class PersonaTimes:
    """When the persona's items were played."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._pieces: dict[str, list[tuple[float, float]]] = {}
        """Of each item, from when to when it was played; a second piece came after a gap."""
        self._cut: dict[str, tuple[float, float]] = {}
        """Items that were cut off, from when to when they were played."""
        self.silent_from = 0.0
        """When all that was sent will have been played."""

    def sent(self, item_id: str, sizes: Sequence[int], times: Sequence[float]) -> None:
        """Pieces of this item, of so many bytes of PCM16, went to the browser, each at its second."""
        if times[-1] < self.silent_from:  # it came before it is needed, so it is as one piece
            sizes, times = [sum(sizes)], times[-1:]
        for size, at in zip(sizes, times, strict=True):
            if size:
                self._play(item_id, size, at)

    def _play(self, item_id: str, size: int, now: float) -> None:
        self._sizes[item_id] = self._sizes.get(item_id, 0) + size
        if item_id in self._cut:  # it was on its way when the learner cut in, and is not played
            return
        begin = self.silent_from if self.silent_from > now else now + PREBUFFER_SECONDS
        self.silent_from = begin + duration_ms(size) / 1000
        pieces = self._pieces.setdefault(item_id, [])
        if pieces and pieces[-1][1] == begin:
            begin = pieces.pop()[0]
        pieces.append((begin, self.silent_from))

    def restore(self, item_id: str, begin: float, ended: float, share: float) -> None:
        """This share of the item was heard before this process had the call."""
        self._sizes[item_id] = int((ended - begin) / share * BYTES_PER_SECOND)
        self._pieces[item_id] = [(begin, ended)]

    def unfinished(self, now: float) -> list[str]:
        """The items that went out and are not played to their end yet."""
        return [item_id for item_id, pieces in self._pieces.items() if pieces[-1][1] > now and item_id not in self._cut]

    def heard_ms(self, item_id: str, now: float) -> int:
        """Milliseconds of the item that were played by now."""
        pieces = self._pieces.get(item_id, ())
        return round(1000 * sum(max(0.0, min(end, now) - begin) for begin, end in pieces))

    def audio_ms(self, item_id: str) -> int:
        """Milliseconds of the item's audio that went out."""
        return int(duration_ms(self._sizes.get(item_id, 0)))

    def span(self, item_id: str) -> tuple[float, float] | None:
        """From when to when the item was heard; None for an item without sound."""
        if item_id in self._cut:
            return self._cut[item_id]
        pieces = self._pieces.get(item_id)
        return (pieces[0][0], pieces[-1][1]) if pieces else None

    def cut(self, item_id: str, heard_ms: int, now: float) -> None:
        """Only so much of the item was heard. The player dropped all that it had, so nothing is playing now."""
        pieces = self._pieces.get(item_id, [])
        begin = ended = min(pieces[0][0] if pieces else now, now)
        left = heard_ms / 1000
        for piece_begin, piece_end in pieces:
            if left <= 0:
                break
            ended = min(piece_end, piece_begin + left)
            left -= piece_end - piece_begin
        self._cut[item_id] = begin, max(begin, min(ended, now))
        self.silent_from = min(self.silent_from, now)
