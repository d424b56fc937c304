"""The session object, the conversation's items, and every way in which a client event can be wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.client import MS, Client
from vivavoce.engine import effects
from vivavoce.engine.client_events import CLIENT_EVENTS
from vivavoce.engine.conversation import MAX_ITEMS, Conversation, Item, Part
from vivavoce.engine.inputs import Received

SERVER_VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}


def test_session_created_is_complete() -> None:
    client = Client()
    (created,) = client.events
    assert created == {
        "type": "session.created",
        "event_id": created["event_id"],
        "session": {
            "type": "realtime",
            "object": "realtime.session",
            "id": "sess_test",
            "model": "vivavoce/test",
            "output_modalities": ["audio"],
            "instructions": "",
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "expires_at": 1_800_000_000,
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": 24000},
                    "transcription": None,
                    "noise_reduction": None,
                    "turn_detection": SERVER_VAD,
                },
                "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin", "speed": 1.0},
            },
            "include": None,
        },
    }


def updated(client: Client, **session: Any) -> dict[str, Any]:
    (event,) = client.update(**session)
    assert event["type"] == "session.updated", event
    session_object: dict[str, Any] = event["session"]
    return session_object


def test_objects_merge_and_arrays_replace() -> None:
    client = Client()
    tool = {"type": "function", "name": "a", "description": "", "parameters": {"$schema": "x"}}
    before = updated(client, instructions="One", tools=[tool, {**tool, "name": "b"}])
    assert [tool["name"] for tool in before["tools"]] == ["a", "b"]
    after = updated(
        client,
        tools=[{"type": "function", "name": "c"}],
        audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}}},
    )
    assert after["instructions"] == "One"
    assert after["tools"] == [{"type": "function", "name": "c"}]
    assert after["audio"]["input"]["turn_detection"] == {**SERVER_VAD, "threshold": 0.7}
    assert after["audio"]["output"]["voice"] == "marin"
    assert updated(client, instructions="", tools=[])["instructions"] == ""


def test_null_switches_off() -> None:
    client = Client()
    updated(client, audio={"input": {"transcription": {"model": "whisper-1", "language": "en"}}})
    merged = updated(client, audio={"input": {"transcription": {"model": "gpt-live-transcribe"}}})
    heard = {"model": "gpt-live-transcribe", "language": "en", "prompt": None}
    assert merged["audio"]["input"]["transcription"] == heard
    off = updated(client, audio={"input": {"transcription": None, "turn_detection": None, "noise_reduction": None}})
    assert off["audio"]["input"]["transcription"] is None
    assert off["audio"]["input"]["turn_detection"] is None


def test_semantic_vad_has_its_own_fields() -> None:
    client = Client()
    session = updated(client, audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}})
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "high",
        "create_response": True,
        "interrupt_response": True,
    }
    session = updated(client, audio={"input": {"turn_detection": {"type": "server_vad"}}})
    assert session["audio"]["input"]["turn_detection"] == SERVER_VAD


def test_transcription_shows_language_and_prompt_even_when_they_are_not_set() -> None:
    """As recorded."""
    client = Client()
    session = updated(client, audio={"input": {"transcription": {"model": "gpt-realtime-whisper"}}})
    heard = {"model": "gpt-realtime-whisper", "language": None, "prompt": None}
    assert session["audio"]["input"]["transcription"] == heard
    updated(client, audio={"input": {"transcription": {"language": "de"}}})
    session = updated(client, audio={"input": {"transcription": {"language": None}}})
    assert session["audio"]["input"]["transcription"] == heard


def test_noise_reduction_merges_and_can_be_switched_off() -> None:
    client = Client()
    updated(client, audio={"input": {"noise_reduction": {"type": "near_field", "strength": 0.5}}})
    session = updated(client, audio={"input": {"noise_reduction": {"type": "far_field"}}})
    assert session["audio"]["input"]["noise_reduction"] == {"type": "far_field", "strength": 0.5}
    session = updated(client, audio={"input": {"noise_reduction": None}})
    assert session["audio"]["input"]["noise_reduction"] is None


def test_tracing_cannot_be_changed_once_it_is_on() -> None:
    client = Client()
    updated(client, tracing=None)
    updated(client, tracing={"workflow_name": "lesson"})
    assert updated(client, tracing={"workflow_name": "lesson"}, instructions="New")["instructions"] == "New"
    for other in (None, "auto", {"workflow_name": "another"}):
        (error,) = client.update(tracing=other)
        assert (error["error"]["code"], error["error"]["param"]) == ("invalid_value", "session.tracing")


def test_the_voice_stays_once_it_was_heard() -> None:
    client = Client()
    updated(client, audio={"output": {"voice": "cedar"}})
    client.ask("Hello")
    updated(client, audio={"output": {"voice": "cedar"}})
    (error,) = client.update(audio={"output": {"voice": "marin"}})
    assert (error["error"]["code"], error["error"]["param"]) == ("cannot_update_voice", "session.audio.output.voice")
    (error,) = client.send("response.create", response={"audio": {"output": {"voice": "marin"}}})
    assert (error["error"]["code"], error["error"]["param"]) == ("cannot_update_voice", "response.audio.output.voice")
    client.send("response.create", response={"audio": {"output": {"voice": "cedar"}}})
    assert client.last("response.created")["response"]["audio"]["output"]["voice"] == "cedar"


def test_what_stock_clients_send_is_accepted() -> None:
    client = Client()
    updated(client, tracing=None)
    session = updated(
        client,
        model="gpt-realtime-2.1",
        tracing="auto",
        truncation={"type": "retention_ratio", "retention_ratio": 0.8},
        include=["item.input_audio_transcription.logprobs"],
        reasoning={"effort": "low"},
        parallel_tool_calls=True,
        max_output_tokens=4096,
        prompt=None,
        some_future_field={"a": 1},
        audio={
            "input": {"noise_reduction": {"type": "near_field"}, "format": {"type": "audio/pcm", "rate": 24000}},
            "output": {"speed": 1.2, "voice": {"id": "voice_mine"}},
        },
    )
    assert session["model"] == "vivavoce/test"
    assert "some_future_field" not in session


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"type": "realtime", "instructions": 3}, "invalid_type", "session.instructions"),
        ({"type": "realtime", "output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
        ({"type": "realtime", "modalities": ["audio"]}, "unknown_parameter", "session.modalities"),
        ({"type": "realtime", "temperature": 0.8}, "unknown_parameter", "session.temperature"),
        ({"type": "realtime", "tools": [{"type": "mcp"}]}, "invalid_value", "session.tools[0].type"),
        ({"type": "realtime", "tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
        ({"type": "realtime", "max_output_tokens": 0}, "invalid_value", "session.max_output_tokens"),
        (
            {"type": "realtime", "tool_choice": {"type": "mcp", "server_label": "x"}},
            "invalid_value",
            "session.tool_choice.type",
        ),
        ({"type": "realtime", "prompt": {"id": "pmpt_1"}}, "invalid_value", "session.prompt.id"),
        ({"type": "realtime", "tracing": "on"}, "invalid_value", "session.tracing"),
        ({"type": "realtime", "truncation": "sometimes"}, "invalid_value", "session.truncation"),
        ({"type": "realtime", "include": ["everything"]}, "invalid_value", "session.include[0]"),
        ({"type": "realtime", "reasoning": {"effort": "huge"}}, "invalid_value", "session.reasoning.effort"),
        (
            {"type": "realtime", "audio": {"input": {"noise_reduction": {"type": "none"}}}},
            "invalid_value",
            "session.audio.input.noise_reduction.type",
        ),
        (
            {"type": "realtime", "audio": {"input": {"turn_detection": {"create_response": False}}}},
            "missing_required_parameter",
            "session.audio.input.turn_detection.type",
        ),
        (
            {"type": "realtime", "audio": {"output": {"voice": "joe"}}},
            "invalid_value",
            "session.audio.output.voice",
        ),
        (
            {"type": "realtime", "audio": {"output": {"speed": 9}}},
            "invalid_value",
            "session.audio.output.speed",
        ),
        (
            {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}},
            "invalid_value",
            "session.audio.input.format.rate",
        ),
        (
            {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": "high"}}}},
            "invalid_type",
            "session.audio.input.turn_detection.threshold",
        ),
    ],
)
def test_a_wrong_session_update_changes_nothing(session: dict[str, Any], code: str, param: str) -> None:
    client = Client()
    (error,) = client.send("session.update", session={"instructions": "changed", **session}, event_id="e1")
    assert error["type"] == "error"
    assert error["error"]["type"] == "invalid_request_error"
    assert (error["error"]["code"], error["error"]["param"], error["error"]["event_id"]) == (code, param, "e1")
    assert updated(client)["instructions"] == ""


def test_an_unknown_type_names_the_known_ones() -> None:
    client = Client()
    (error,) = client.send("session.close", event_id="e1")
    assert error["error"]["code"] == "invalid_value"
    assert error["error"]["param"] == "type"
    assert error["error"]["message"] == (
        "Invalid value: 'session.close'. Supported values are: 'session.update', 'input_audio_buffer.append', "
        "'input_audio_buffer.commit', 'input_audio_buffer.clear', 'conversation.item.create', "
        "'conversation.item.truncate', 'conversation.item.delete', 'conversation.item.retrieve', 'response.create' "
        "and 'response.cancel'."
    )


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", "invalid_json"),
        (b"hello", "invalid_json"),
        (b'{"type":', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"a":' * 100_000, "invalid_json"),
        (b"[]", "invalid_json"),
        (b'"response.create"', "invalid_json"),
        (b"null", "invalid_json"),
        (b'{"type":"response.create","x":NaN}', "invalid_json"),
        (b'{"type":"response.create","x":1e999}', "invalid_json"),
        (b'{"type":"response.create","x":' + b"9" * 5000 + b"}", "invalid_json"),
        (b'{"type":"\xff"}', "invalid_json"),
        (b"{}", "missing_required_parameter"),
        (b'{"type":null}', "missing_required_parameter"),
        (b'{"type":5}', "invalid_type"),
        (b'{"type":"nothing"}', "invalid_value"),
        (b'{"type":"output_audio_buffer.clear"}', "invalid_value"),
        (b'{"type":"input_audio_buffer.clear","event_id":5}', "invalid_type"),
        (b'{"type":"input_audio_buffer.clear","event_id":"' + b"x" * 513 + b'"}', "invalid_value"),
        (b'{"type":"input_audio_buffer.append"}', "missing_required_parameter"),
        (b'{"type":"input_audio_buffer.append","audio":5}', "invalid_type"),
        (b'{"type":"input_audio_buffer.append","audio":"****"}', "invalid_value"),
        (b'{"type":"input_audio_buffer.append","audio":"\\u00e9"}', "invalid_value"),
        (b'{"type":"input_audio_buffer.append","audio":"AA=="}', "invalid_value"),
        (b'{"type":"conversation.item.create"}', "missing_required_parameter"),
        (b'{"type":"conversation.item.create","item":[]}', "invalid_type"),
        (b'{"type":"conversation.item.create","item":{"type":"message"}}', "missing_required_parameter"),
        (b'{"type":"conversation.item.create","item":{"type":"mcp_call"}}', "invalid_value"),
        (
            b'{"type":"conversation.item.create","item":{"type":"message","role":"user",'
            b'"content":[{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}}',
            "invalid_value",
        ),
        (
            b'{"type":"conversation.item.create","item":{"type":"function_call","name":"f","arguments":"{}",'
            b'"call_id":"' + b"x" * 33 + b'"}}',
            "invalid_value",
        ),
        (
            b'{"type":"conversation.item.create","item":{"type":"function_call_output","call_id":"x","output":""}}',
            "invalid_tool_call_id",
        ),
        (b'{"type":"response.create","response":{"prompt":{"id":"pmpt_1"}}}', "invalid_value"),
        (
            b'{"type":"response.create","response":{"input":[{"type":"item_reference","id":"x"}]}}',
            "item_retrieve_invalid_item_id",
        ),
        (b'{"type":"conversation.item.delete","item_id":"x"}', "item_delete_invalid_item_id"),
        (b'{"type":"conversation.item.retrieve","item_id":"x"}', "item_retrieve_invalid_item_id"),
        (b'{"type":"response.create","response":{"metadata":{"a":1}}}', "invalid_type"),
        (b'{"type":"response.create","response":{"output_modalities":"text"}}', "invalid_type"),
        (b'{"type":"response.create","response":{"input":[{"type":"message"}]}}', "missing_required_parameter"),
    ],
)
def test_a_wrong_frame_is_an_error_and_the_session_goes_on(frame: bytes, code: str) -> None:
    client = Client()
    (error,) = client.send_frame(frame)
    assert error["type"] == "error"
    assert error["error"]["code"] == code
    assert "Hello" in client.ask("Hello")


def test_a_deep_tool_schema_is_refused_because_it_could_not_be_written_again() -> None:
    deep: Any = {}
    for _ in range(60):
        deep = {"properties": deep}
    client = Client()
    (error,) = client.update(tools=[{"type": "function", "name": "deep", "parameters": deep}])
    assert error["error"]["code"] == "invalid_value"


def test_the_last_of_duplicate_keys_counts() -> None:
    client = Client()
    (cleared,) = client.send_frame(b'{"type":"response.create","type":"input_audio_buffer.clear"}')
    assert cleared["type"] == "input_audio_buffer.cleared"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "id", "role", "content", "text", "item_id", "audio", "name", "tools"]), inner
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(sorted(CLIENT_EVENTS)),
    st.sampled_from(["session", "item", "response", "audio", "item_id", "event_id", "previous_item_id"]),
)
def test_no_value_anywhere_raises(value: Any, type: str, field: str) -> None:
    client = Client()
    client.send(type, **{field: value})
    client.settle()
    assert client.send("input_audio_buffer.clear")[-1]["type"] == "input_audio_buffer.cleared"


def test_items_go_where_they_are_put() -> None:
    client = Client()
    for id, previous in (("b", None), ("a", "root"), ("c", "b"), ("ab", "a")):
        item = {"id": id, "type": "message", "role": "system", "content": [{"type": "input_text", "text": id}]}
        client.send("conversation.item.create", item=item, previous_item_id=previous)
    placed = {event["item"]["id"]: event["previous_item_id"] for event in client.all("conversation.item.added")}
    assert placed == {"b": None, "a": None, "c": "b", "ab": "a"}
    deleted = client.send("conversation.item.delete", item_id="ab")
    assert [(event["type"], event["item_id"]) for event in deleted] == [("conversation.item.deleted", "ab")]
    (error,) = client.send("conversation.item.create", item={**item, "id": "z"}, previous_item_id="ab")
    assert error["error"]["code"] == "invalid_value"
    (error,) = client.send("conversation.item.create", item={**item, "id": "a"})
    assert error["error"]["code"] == "item_create_duplicate_item_id"
    (error,) = client.send("conversation.item.create", item={**item, "id": "x" * 33})
    assert error["error"]["code"] == "invalid_value"


def test_assistant_items_of_a_replayed_conversation() -> None:
    client = Client()
    content = [{"type": "output_text", "text": "This is vivavoce's embedded engine. You said: Hello"}]
    client.send("conversation.item.create", item={"type": "message", "role": "assistant", "content": content})
    added = client.last("conversation.item.added")["item"]
    assert added["content"] == content
    assert added["status"] == "completed"
    assert "embedded engine" not in client.ask("Hello")


def test_lone_surrogates_do_not_reach_the_voice() -> None:
    client = Client()
    client.send_frame(
        b'{"type":"conversation.item.create","item":{"type":"message","role":"user",'
        b'"content":[{"type":"input_text","text":"a \\ud83d b"}]}}'
    )
    client.send("response.create")
    client.settle()
    for job in client.asked(effects.Speak):
        job.text.encode("utf-8")


def test_the_conversation_is_bounded() -> None:
    conversation = Conversation()
    for n in range(MAX_ITEMS + 10):
        conversation.add(Item(f"i{n}", "message", role="user", parts=[Part("input_text", "x")]))
    assert len(conversation.items) == MAX_ITEMS
    assert conversation.items[0].id == "i10"
    conversation.add(Item("long", "message", role="user", parts=[Part("input_text", "x" * 600_000)]))
    assert [item.id for item in conversation.items] == ["long"]


def test_the_session_ends_after_an_hour() -> None:
    client = Client()
    client.wait(3599)
    assert client.closed is None
    client.wait(2)
    assert client.events[-1]["error"]["code"] == "session_expired"
    assert client.closed == effects.Close(1001, "session_expired")
    assert client.engine.deadline is None
    assert client.append(bytes(100 * MS)) == []


def test_frames_are_plain_json() -> None:
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Grüße"}]}
    frame = json.dumps({"type": "conversation.item.create", "item": item}).encode()
    sent = Client().engine.handle(Received(frame), 100.0)[0]
    assert isinstance(sent, effects.Send)
    assert json.loads(sent.frame.decode("ascii"))["item"]["content"][0]["text"] == "Grüße"
