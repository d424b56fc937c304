from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.protocol.message import write
from vivavoce.protocol.redact import SECRET_KEYS, is_plain, redact


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.function_call_arguments.delta", "delta": "SECRET"},
        {"type": "response.function_call_arguments.done", "arguments": "SECRET"},
        {"type": "response.mcp_call.completed", "output": "SECRET"},
        {"type": "conversation.item.added", "item": {"type": "function_call", "arguments": "SECRET"}},
        {"type": "conversation.item.done", "item": {"type": "function_call_output", "output": "SECRET"}},
        {"type": "response.output_item.done", "item": {"type": "function_call", "name": "SECRET"}},
        {"type": "conversation.item.added", "item": {"type": "message", "role": "system", "content": ["SECRET"]}},
    ],
)
def test_events_that_are_secret_as_a_whole_are_hidden(event: dict[str, object]) -> None:
    assert redact(event) is None


@pytest.mark.parametrize(
    "event",
    [
        {"type": "session.created", "session": {"id": "s", "instructions": "SECRET", "tools": ["SECRET"]}},
        {"type": "session.updated", "session": {"audio": {"input": {"transcription": {"prompt": "SECRET"}}}}},
        {"type": "response.done", "response": {"output": [{"type": "function_call", "arguments": "SECRET"}]}},
        {"type": "never.seen.before", "deep": [{"er": {"instructions": "SECRET", "tools": ["SECRET"]}}]},
        {"type": "never.seen.before", "added": {"item": {"role": "system", "content": [{"text": "SECRET"}]}}},
        {"type": "never.seen.before", "item": {"type": ["function_call"], "role": {}, "arguments": "SECRET"}},
        {"type": "error", "error": {"message": "Incorrect API key provided: sk-SECRET12***SECRET."}},
        {"type": "error", "error": {"message": "org-SECRET123 has no access to proj_SECRET"}},
        {
            "type": "conversation.item.input_audio_transcription.failed",
            "error": {"message": "key sk-proj-SECRET-SECRET"},
        },
        {
            "type": "response.done",
            "response": {"status_details": {"error": {"message": "Bearer sk-SECRETSECRET refused"}}},
        },
    ],
)
def test_secrets_are_taken_out_and_the_rest_stays(event: dict[str, object]) -> None:
    shown = redact(event)
    assert shown is not None
    assert shown["type"] == event["type"]
    assert "SECRET" not in json.dumps(shown)


def test_what_is_said_is_left_alone() -> None:
    event = {
        "type": "response.done",
        "response": {
            "id": "r",
            "output": [
                {"type": "function_call", "arguments": "{}"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hello"}]},
            ],
            "usage": {"total_tokens": 7},
        },
    }
    assert redact(event) == {
        "type": "response.done",
        "response": {"id": "r", "output": [event["response"]["output"][1]], "usage": {"total_tokens": 7}},  # type: ignore[index]
    }


words = st.sampled_from(
    [
        *sorted(SECRET_KEYS),
        "item",
        "type",
        "role",
        "error",
        "status_details",
        "response",
        "function_call",
        "system",
        "a\\b",
    ]
) | st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words | st.just("sk-SECRET12"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
)
kinds = st.sampled_from(
    [
        *("conversation.item.added", "error", "response.done", "mcp_list_tools.done", "response.mcp_call.failed"),
        *("response.function_call_arguments.delta", "response.mcp_call_arguments.done"),
    ]
)


@given(kinds, st.dictionaries(words, values, max_size=4), st.booleans(), st.sampled_from([None, (",", ":")]))
@settings(max_examples=1_000)
def test_a_plain_frame_is_one_in_which_nothing_is_hidden(
    kind: str, fields: dict[str, Any], escaped: bool, signs: tuple[str, str] | None
) -> None:
    event = {**fields, "type": kind}
    frame = json.dumps(event, ensure_ascii=escaped, separators=signs)
    if is_plain(frame.encode("utf-8", "surrogatepass")):
        assert redact(event) == event


def test_what_an_upstream_sends_in_every_turn_is_plain() -> None:
    item = {"id": "item_1", "type": "message", "role": "assistant", "status": "completed", "content": []}
    assert is_plain(json.dumps({"type": "conversation.item.done", "event_id": "e", "item": item}).encode())
    response = {"id": "resp_1", "status": "completed", "status_details": None, "output": [item]}
    assert is_plain(write({"type": "response.done", "event_id": "e", "response": response}))
