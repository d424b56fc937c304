"""What must hold for every stream of server events, whatever made them."""

from __future__ import annotations

from typing import Any

from kit.client import Event

CODES = frozenset(
    {
        "invalid_json",
        "invalid_value",
        "invalid_type",
        "missing_required_parameter",
        "unknown_parameter",
        "conversation_already_has_active_response",
        "response_cancel_not_active",
        "input_audio_buffer_commit_empty",
        "item_truncate_invalid_item_id",
        "item_delete_invalid_item_id",
        "item_retrieve_invalid_item_id",
        "unsupported_content_type",
        "invalid_tool_call_id",
        "item_create_duplicate_item_id",
        "cannot_update_voice",
        "session_expired",
    }
)
STATUSES = frozenset({"in_progress", "completed", "incomplete"})


class Observer:
    """Shown every event in order; asserts."""

    def __init__(self) -> None:
        self.active: str | None = None
        """The response that has the conversation's slot."""
        self.open: dict[str, list[str]] = {}
        """Of each running response, the items that were added and are not done."""
        self.calls: list[str] = []
        """The ids of all function calls that were completed."""
        self.items: list[str] = []
        """The ids of all items that were ever added to the conversation."""
        self._aside: set[str] = set()
        """Responses outside of the conversation."""
        self._over: set[str] = set()
        self._event_ids: set[str] = set()
        self._done: set[str] = set()
        """Items that are done in the conversation."""
        self._announced: str | None = None
        """The item of the turn that is under way."""

    def see(self, event: Event) -> None:
        assert event["event_id"] not in self._event_ids
        self._event_ids.add(event["event_id"])
        for item in _items(event):
            assert item["status"] in STATUSES
            assert 0 < len(item["id"]) <= 32
            assert all("transcript" in part for part in item.get("content", ()) if part["type"].endswith("_audio"))
        rule = getattr(self, "_" + event["type"].replace(".", "_"), None)
        if rule is not None:
            rule(event)
        elif event["type"].startswith("response."):
            assert event["item_id"] in self.open[event["response_id"]], event["type"]

    def _error(self, event: Event) -> None:
        assert event["error"]["code"] in CODES
        assert event["error"]["message"]

    def _session_created(self, event: Event) -> None:
        assert event["session"]["type"] in ("realtime", "transcription")
        assert event["session"]["audio"]["input"]["format"]["type"].startswith("audio/")

    _session_updated = _session_created

    def _conversation_item_added(self, event: Event) -> None:
        assert "previous_item_id" in event
        self.items.append(event["item"]["id"])

    def _conversation_item_done(self, event: Event) -> None:
        item_id = event["item"]["id"]
        assert item_id in self.items
        assert event["item"]["status"] != "in_progress"
        assert item_id not in self._done or self.items.count(item_id) > 1
        self._done.add(item_id)

    def _response_created(self, event: Event) -> None:
        response = event["response"]
        assert (response["status"], response["output"], response["usage"]) == ("in_progress", [], None)
        assert response["id"] not in self.open and response["id"] not in self._over
        self.open[response["id"]] = []
        if response["conversation_id"] is None:
            self._aside.add(response["id"])
        else:
            assert self.active is None
            self.active = response["id"]

    def _response_output_item_added(self, event: Event) -> None:
        assert event["item"]["status"] == "in_progress"
        assert event["item"].get("content", []) == [] and event["item"].get("arguments", "") == ""
        self.open[event["response_id"]].append(event["item"]["id"])

    def _response_output_item_done(self, event: Event) -> None:
        item = event["item"]
        self.open[event["response_id"]].remove(item["id"])
        assert item["status"] != "in_progress"
        if event["response_id"] not in self._aside:
            assert item["id"] in self._done, "done in the response before it was done in the conversation"
            if item["type"] == "function_call" and item["status"] == "completed":
                self.calls.append(item["call_id"])

    def _response_done(self, event: Event) -> None:
        response = event["response"]
        assert response["status"] in ("completed", "cancelled", "incomplete", "failed")
        assert (response["status_details"] is None) == (response["status"] == "completed")
        assert self.open.pop(response["id"]) == [], "an item was never done"
        assert all(item["status"] != "in_progress" for item in response["output"])
        usage = response["usage"]
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        self._over.add(response["id"])
        if response["id"] == self.active:
            self.active = None

    def _input_audio_buffer_speech_started(self, event: Event) -> None:
        assert event["item_id"] not in self.items and event["audio_start_ms"] >= 0
        self._announced = event["item_id"]

    def _input_audio_buffer_speech_stopped(self, event: Event) -> None:
        assert event["item_id"] == self._announced and event["audio_end_ms"] > 0
        self._announced = None

    def _input_audio_buffer_timeout_triggered(self, event: Event) -> None:
        assert self.active is None
        assert event["audio_end_ms"] - event["audio_start_ms"] >= 5000

    def _input_audio_buffer_committed(self, event: Event) -> None:
        assert event["item_id"] not in self.items


def _items(event: Event) -> list[dict[str, Any]]:
    response = event.get("response", {})
    return [*response.get("output", ()), *([event["item"]] if "item" in event else ())]
