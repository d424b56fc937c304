"""Everything that an upstream may ever hear from us, whatever a browser sends."""

from __future__ import annotations

from typing import Any

CANONICAL = {
    "session.update": {"type", "event_id", "session"},
    "conversation.item.create": {"type", "event_id", "item"},
    "conversation.item.truncate": {"type", "event_id", "item_id", "content_index", "audio_end_ms"},
    "response.create": {"type", "event_id", "response"},
    "response.cancel": {"type", "event_id"},
    "input_audio_buffer.append": {"type", "audio"},
    "input_audio_buffer.commit": {"type", "event_id"},
    "input_audio_buffer.clear": {"type", "event_id"},
}
"""Each event with its fields."""
ITEMS = frozenset(
    {("message", "user"), ("message", "system"), ("message", "assistant"), ("function_call_output", None)}
)


def is_canonical(event: dict[str, Any]) -> bool:
    fields = CANONICAL.get(event["type"])
    if fields is None or not set(event) <= fields:
        return False
    item = event.get("item")
    return item is None or (item["type"], item.get("role")) in ITEMS
