"""Folds the upstream's events into transcript lines, ordered by place in the conversation and not by arrival.

The text of a learner's turn may arrive long after the answer to it, or never. Its place is reserved when the turn is
committed, and the text put there later.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

from vivavoce.lesson.transcript import SEEDED, Line, Role, Transcript
from vivavoce.protocol.flowing import LONGEST_WORDS
from vivavoce.protocol.message import Event, MalformedFrame, get_objects, get_text, read
from vivavoce.session.heard import PersonaTimes

MOST_DELTAS = 4096
"""Of one answer's text that are kept until it is final; an answer has not so many words."""


class TranscriptBuilder:
    """The lines of one call. Methods that may change a line return it when they did."""

    def __init__(self) -> None:
        self._order: dict[str, float] = {}
        self._last = 0.0
        """The place of the newest item."""
        self._lines: dict[str, Line] = {}
        self._seeded: set[str] = set()
        self._played = PersonaTimes()
        self._speaking: str | None = None
        self._saying: list[bytes] = []
        """What the persona is saying, as deltas that have no final text yet."""
        self._elsewhere: set[str] = set()
        """Items that the upstream of now does not have under their ids."""
        self.awaiting: set[str] = set()
        """Learner turns that were committed or typed and have no line with their text yet."""

    @property
    def lines(self) -> Transcript:
        """What was said, in order; reserved places without text are left out."""
        return tuple(sorted((line for line in self._lines.values() if line.text), key=lambda line: line.order))

    @property
    def learner_turns(self) -> int:
        """How often the learner spoke in this call, without what it was seeded with."""
        return sum(
            1 for line in self._lines.values() if line.role == "user" and line.text and line.item_id not in self._seeded
        )

    def is_persona_item(self, item_id: str) -> bool:
        """Whether the persona says it in this call."""
        line = self._lines.get(item_id)
        return line is not None and line.role == "assistant" and item_id not in self._seeded

    def in_upstream(self, item_id: str) -> bool:
        """Whether the upstream of now knows the item, so that it can be cut off there."""
        return item_id in self._order and item_id not in self._elsewhere

    def seed(self, line: Line, item_id: str) -> Line:
        """A line of an earlier call stands in this one too, under a new id and before its first second."""
        self._place(item_id, None)
        self._seeded.add(item_id)
        self._elsewhere.add(item_id)
        self._lines[item_id] = replace(line, item_id=item_id, order=self._order[item_id], at=0.0, until=0.0)
        return self._lines[item_id]

    def restore(self, lines: Transcript) -> None:
        """These lines are in the record of this call already."""
        for line in lines:
            self._order[line.item_id] = line.order
            self._last = max(self._last, line.order)
            self._lines[line.item_id] = line
            self._elsewhere.add(line.item_id)
            if line.item_id.startswith(SEEDED):
                self._seeded.add(line.item_id)
            elif line.role == "assistant":
                share = (line.heard_chars or len(line.text)) / len(line.text)
                self._played.restore(line.item_id, line.at, line.until, share)

    def added(self, item: Event, previous_item_id: str | None, at: float) -> Line | None:
        """`conversation.item.added`: every item takes a place, messages of the two speakers get a line."""
        item_id = get_text(item, "id")
        typed = typed_text(item)
        if typed:
            self.awaiting.discard(item_id)
        self._place(item_id, previous_item_id)
        role = item.get("role")
        if item.get("type") != "message" or role not in ("user", "assistant") or item_id in self._lines:
            return None
        self._reserve(item_id, role, at, typed)
        return self._lines[item_id] if typed else None

    def committed(self, item_id: str, previous_item_id: str | None, at: float, until: float) -> None:
        """`input_audio_buffer.committed`: the learner's turn is over, its text will follow."""
        self._place(item_id, previous_item_id)
        if item_id not in self._lines:
            self._reserve(item_id, "user", at, "", until)
            self.awaiting.add(item_id)

    def transcribed(self, item_id: str, text: str, at: float) -> Line | None:
        """The learner's words arrived; empty text means that nothing was understood."""
        self.awaiting.discard(item_id)
        if item_id not in self._lines:  # a peer that does not announce its items
            self._place(item_id, None)
            self._reserve(item_id, "user", at, "")
        return self._set_text(item_id, text)

    def transcription_failed(self, item_id: str) -> None:
        self.awaiting.discard(item_id)

    def persona_said(self, item_id: str, text: str, at: float) -> Line | None:
        """The final text of a persona's item; the newest one stands."""
        self._saying.clear()
        if item_id not in self._lines:
            self._place(item_id, None)
            self._reserve(item_id, "assistant", at, "")
        return self._set_text(item_id, text)

    def persona_begins(self) -> None:
        """Another answer: whatever was being said before is over."""
        self._saying.clear()

    def persona_says(self, deltas: Sequence[bytes]) -> None:
        """Frames with the next pieces of the persona's text; they are read only if no final text comes."""
        room = MOST_DELTAS - len(self._saying)
        self._saying.extend(delta for delta in deltas[:room] if len(delta) <= LONGEST_WORDS)

    def audio_part_added(self, item_id: str) -> None:
        """Audio deltas belong to this item from now on."""
        self._speaking = item_id

    def audio_sent(self, sizes: Sequence[int], times: Sequence[float]) -> None:
        """Audio deltas with so many bytes of PCM16 went to the browser, each at its second."""
        if self._speaking is not None:
            self._played.sent(self._speaking, sizes, times)

    @property
    def playing_until(self) -> float:
        """The second of the call at which all that went out will have been played."""
        return self._played.silent_from

    def audio_lost(self, now: float) -> Line | None:
        """An audio delta came, and nobody is there to hear it."""
        if self._speaking is None:
            return None
        return self.truncated(self._speaking, self._played.heard_ms(self._speaking, now), now)

    def cut_off(self, now: float, *, speaking: bool) -> list[tuple[str, int, Line | None]]:
        """Nobody hears the persona from now on: what was not played yet is cut off. `speaking`: more is to come.

        Returns the items that this shortens, each with how much of it was heard in milliseconds, and its line if that
        has text already.
        """
        cut = self._played.unfinished(now)
        if speaking and self._speaking is not None and self._speaking not in cut:
            cut.append(self._speaking)
        heard = ((item_id, self._played.heard_ms(item_id, now)) for item_id in cut if item_id in self._lines)
        return [(item_id, heard_ms, self.truncated(item_id, heard_ms, now)) for item_id, heard_ms in heard]

    def audio_ms(self, item_id: str) -> int:
        """Milliseconds of the item's audio that went out."""
        return self._played.audio_ms(item_id)

    def audio_done(self, item_id: str) -> Line | None:
        """No more audio comes for the item: it is known how long it takes."""
        line = self._lines.get(item_id)
        if line is None or not line.text or (timed := self._timed(line)) == line:
            return None
        self._lines[item_id] = timed
        return timed

    def truncated(self, item_id: str, audio_end_ms: int, now: float) -> Line | None:
        """The learner heard only `audio_end_ms` of the item. The record keeps all of its text and notes how far.

        What was cut off once is never heard: only a shorter end changes anything.
        """
        line = self._lines.get(item_id)
        if line is None or line.role != "assistant" or (line.heard_ms is not None and line.heard_ms <= audio_end_ms):
            return None
        self._played.cut(item_id, audio_end_ms, now)
        return self._revise(line, interrupted=True, heard_ms=audio_end_ms)

    def upstream_lost(self, now: float) -> Line | None:
        """No upstream knows any of the items from now on, and no words are to be awaited.

        Returns the line of what the persona was saying: it broke off after what had come of it.
        """
        item_id, text, spoken = _read_deltas(self._saying)
        self._saying.clear()
        self._speaking = None
        self.awaiting.clear()
        broke_off = bool(text.strip()) and self.persona_said(item_id, text, now) is not None
        self._elsewhere |= self._order.keys()
        if not broke_off:
            return None
        line = self._lines[item_id]
        if line.interrupted:  # the learner has cut in before
            return self._revise(line)
        return self._revise(line, interrupted=True, heard_ms=self.audio_ms(item_id) if spoken else None)

    def _set_text(self, item_id: str, text: str) -> Line | None:
        text, line = text.strip(), self._lines[item_id]
        return self._revise(line, text=text) if text and text != line.text else None

    def _revise(self, line: Line, **changes: Any) -> Line | None:
        """Change the line, and estimate how much of its text was heard if it was interrupted: in proportion to its
        audio, up to a whole word.
        """
        line = self._timed(line, **changes)
        if line.heard_ms is not None:
            total = self.audio_ms(line.item_id)
            share = min(1.0, line.heard_ms / total) if total else 0.0
            line = replace(line, heard_chars=_whole_words(line.text, share))
        self._lines[line.item_id] = line
        return line if line.text else None

    def _timed(self, line: Line, **changes: Any) -> Line:
        """The line with these changes, and with the times at which its audio was heard, if it has some."""
        if (span := self._played.span(line.item_id)) is not None:
            changes |= {"at": round(span[0], 3), "until": round(span[1], 3)}
        return replace(line, **changes)

    def _reserve(self, item_id: str, role: Role, at: float, typed: str, until: float | None = None) -> None:
        source: Literal["voice", "text"] = "text" if typed else "voice"
        until = at if until is None else until
        self._lines[item_id] = Line(
            item_id, role, typed.strip(), self._order[item_id], round(at, 3), round(until, 3), source
        )

    def _place(self, item_id: str, previous_item_id: str | None) -> None:
        if item_id in self._order:
            return
        before = self._order.get(previous_item_id) if previous_item_id else None
        if before is None or before == self._last:
            self._last += 1.0
            self._order[item_id] = self._last
        else:
            after = min(order for order in self._order.values() if order > before)
            self._order[item_id] = (before + after) / 2


def typed_text(item: Event) -> str:
    """The written words of a message."""
    parts = (part for part in get_objects(item, "content") if part.get("type") == "input_text")
    return " ".join(get_text(part, "text") for part in parts)


def _read_deltas(frames: list[bytes]) -> tuple[str, str, bool]:
    """Of which item the deltas are, its text so far, and whether that is the text of a voice."""
    events = []
    for frame in frames:
        with suppress(MalformedFrame):
            events.append(read(frame))
    if not events:
        return "", "", False
    item_id = get_text(events[-1], "item_id")
    text = "".join(get_text(event, "delta") for event in events if get_text(event, "item_id") == item_id)
    return item_id, text, events[-1]["type"] != "response.output_text.delta"


def _whole_words(text: str, share: float) -> int:
    end = int(len(text) * share)
    if end >= len(text):
        return len(text)
    return max(text.rfind(" ", 0, end + 1), 0)
