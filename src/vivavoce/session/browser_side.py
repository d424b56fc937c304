"""What a call knows of its browser."""

from __future__ import annotations

from vivavoce.protocol.browser import BrowserEvent, UserText
from vivavoce.session.limits import audio_allowance, event_allowance


class BrowserSide:
    """The browser's connection, and what outlives it."""

    def __init__(self) -> None:
        self.connected = False
        self.seen = False
        """Whether a browser was ever connected."""
        self.durable: list[tuple[int, bytes]] = []
        """Every durable event of the call, for a browser that comes back."""
        self.waiting: list[BrowserEvent] = []
        """What came while there was no upstream."""
        self.waiting_audio_bytes = 0
        self.posted: dict[str, UserText] = {}
        """What the learner typed and the upstream has not taken yet, by item id."""
        self.audio = audio_allowance()
        self.events = event_allowance()
        self.missed_seconds = 0.0
        """How much of the persona's voice it did not hear since it left."""
        self._event_ids: dict[str, str] = {}

    def remember(self, ours: str, theirs: str) -> None:
        """Note under which id of ours a browser's event went upstream; the last 64 are kept."""
        self._event_ids[ours] = theirs
        if len(self._event_ids) > 64:
            del self._event_ids[next(iter(self._event_ids))]

    def event_id(self, ours: str | None) -> str | None:
        """The browser's id for an event of ours, or None."""
        return self._event_ids.get(ours) if ours else None
