"""The record of what was said, one line per spoken or typed item, in the order of the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

Role = Literal["user", "assistant"]
SEEDED: Final = "vv_seed_"
"""How the item ids of lines begin that an earlier call left to this one; they were not spoken in it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the conversation that was said. The learner is `user`, the persona `assistant`."""

    item_id: str
    role: Role
    text: str
    order: float
    """Sort key: the item's place in the conversation, whenever its text arrived."""
    at: float
    """When it began to be said, in seconds of the call."""
    until: float
    """When it ended, in seconds of the call; a line that was cut off ended there. Equal to `at` when it was typed."""
    source: Literal["voice", "text"] = "voice"
    interrupted: bool = False
    heard_chars: int | None = None
    """How many characters of `text` were heard before a barge-in; None when all were."""
    heard_ms: int | None = None

    @property
    def heard(self) -> str:
        """The part of the text that counts: what the learner could hear."""
        return self.text if self.heard_chars is None else self.text[: self.heard_chars]

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


Transcript = tuple[Line, ...]
