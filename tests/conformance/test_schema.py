"""Every event that the engine can send is what the published types of the `openai` package say."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from conformance.flows import FLOWS
from conformance.notation import Flow, play
from conformance.schema import faults
from conformance.situations import SITUATIONS, USER_TEXT, Situation

MAX_ID_CHARS = 32
MAX_FRAME_CHARS = 1_048_576
"""What the `websockets` library takes, unless told otherwise."""


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_event_of(flow: Flow) -> None:
    found = [fault for event in play(flow) for fault in faults(event)]
    assert not found


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_every_event_around(situation: Situation) -> None:
    client, _ = situation.play()
    assert not [fault for event in client.events for fault in faults(event)]


def test_what_is_not_in_the_schema_is_found() -> None:
    event = {"type": "conversation.item.done", "event_id": "e", "item": USER_TEXT}
    assert not faults(event)
    assert faults({**event, "vendor": 1}) == ["conversation.item.done: unknown vendor"]
    part = {"type": "input_text", "text": "Hello", "mood": "good"}
    assert faults({**event, "item": {**USER_TEXT, "content": [part]}}) == [
        "conversation.item.done: unknown item.content.mood"
    ]
    for wrong in (
        {"event_id": None},
        {"item": {**USER_TEXT, "status": "done"}},
        {"item": {**USER_TEXT, "content": "x"}},
    ):
        with pytest.raises(ValidationError):
            faults({**event, **wrong})


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_what_clients_need_beyond_the_schema(flow: Flow) -> None:
    """It calls these optional; agents of several makers stand still without them."""
    events = play(flow)
    assert len({event["event_id"] for event in events}) == len(events)
    for event in events:
        assert len(json.dumps(event)) < MAX_FRAME_CHARS
        if event["type"] == "conversation.item.added":
            assert "previous_item_id" in event
        if (item := event.get("item")) is not None:
            assert item["status"] and len(item["id"]) <= MAX_ID_CHARS
            assert all("transcript" in part for part in item.get("content", ()) if part["type"].endswith("audio"))
        if event["type"].startswith("session."):
            assert event["session"]["type"] and event["session"]["id"] and event["session"]["audio"]["input"]["format"]
