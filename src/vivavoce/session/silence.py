"""A learner who says nothing: the upstream's idle timeout makes a turn without words, and the persona asks after them.

Upstream this looks like a turn: a system item, a committed item of the learner and an empty transcription. None of it
was said, so none of it is shown. Each such turn is paid for, so the persona asks a few times and then waits.
"""

from __future__ import annotations

from vivavoce.protocol.message import Event, get_object, get_text

MOST_IN_A_ROW = 3


class Silence:
    def __init__(self) -> None:
        self._items: set[str] = set()
        """The items of turns that nobody spoke."""
        self._in_a_row = 0

    def timed_out(self, item_id: str) -> bool:
        """`input_audio_buffer.timeout_triggered`; True when the persona has asked often enough."""
        self._items.add(item_id)
        self._in_a_row += 1
        return self._in_a_row == MOST_IN_A_ROW

    def broken(self) -> bool:
        """The learner said something; True when the persona had given up asking."""
        gave_up = self._in_a_row >= MOST_IN_A_ROW
        self._in_a_row = 0
        return gave_up

    def hides(self, event: Event) -> bool:
        """Whether the event is about a turn that nobody spoke. Words make it an ordinary one again."""
        if not self._items:
            return False
        item_id = get_text(event, "item_id") or get_text(get_object(event, "item"), "id")
        if item_id not in self._items or event["type"] == "input_audio_buffer.timeout_triggered":
            return False
        if get_text(event, "transcript"):
            self._items.discard(item_id)
            return False
        return True
