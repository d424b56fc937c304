from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.protocol.browser import (
    Append,
    BrowserError,
    CancelResponse,
    Clear,
    Commit,
    Consent,
    CreateResponse,
    End,
    HintRequest,
    QuizAnswer,
    Truncate,
    UserText,
    read_browser,
)

AUDIO = base64.b64encode(bytes(1920)).decode()


def frame(**event: Any) -> bytes:
    return json.dumps(event).encode()


def refusal(data: bytes) -> BrowserError:
    with pytest.raises(BrowserError) as caught:
        read_browser(data)
    return caught.value


def text_item(**item: Any) -> bytes:
    content = [{"type": "input_text", "text": "Hello"}]
    return frame(type="conversation.item.create", item={"type": "message", "role": "user", "content": content, **item})


def test_audio_of_the_proven_shape_is_passed_on_as_it_came() -> None:
    data = f'{{"type":"input_audio_buffer.append","audio":"{AUDIO}"}}'.encode()
    assert read_browser(data) == Append(data, 1920)


def test_audio_of_any_other_shape_is_written_anew() -> None:
    event = read_browser(frame(audio=AUDIO, event_id="e1", type="input_audio_buffer.append"))
    assert isinstance(event, Append)
    assert json.loads(event.frame) == {"type": "input_audio_buffer.append", "audio": AUDIO}
    assert event.size == 1920


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (frame(type="input_audio_buffer.commit"), Commit(None)),
        (frame(type="input_audio_buffer.clear", event_id="e"), Clear("e")),
        (frame(type="response.cancel"), CancelResponse(None)),
        (frame(type="vivavoce.hint.request", event_id="h"), HintRequest("h")),
        (frame(type="vivavoce.consent", audio=True), Consent(None, True)),
        (frame(type="vivavoce.consent", audio=False, event_id="c"), Consent("c", False)),
        (frame(type="response.create"), CreateResponse(None)),
        (text_item(), UserText(None, "Hello")),
        (
            frame(type="conversation.item.truncate", item_id="i", content_index=0, audio_end_ms=0),
            Truncate(None, "i", 0),
        ),
        (frame(type="vivavoce.end"), End(None)),
        (frame(type="vivavoce.quiz.answer", item_id="q", answer="a"), QuizAnswer(None, "q", "a")),
    ],
)
def test_what_a_browser_may_say(data: bytes, expected: object) -> None:
    assert read_browser(data) == expected


@pytest.mark.parametrize(
    ("data", "code", "param"),
    [
        (b"{", "invalid_json", None),
        (b"[]", "invalid_json", None),
        (b'"text"', "invalid_json", None),
        (b"\xff\xfe", "invalid_json", None),
        (b"[" * 10_000, "invalid_json", None),
        (b'{"type":' * 10_000, "invalid_json", None),
        (b"{}", "invalid_json", None),
        (b'{"type":1}', "invalid_json", None),
        (b'{"type":"input_audio_buffer.append","audio":"}', "invalid_json", None),  # one quote, to begin and to end
        (b'{"type":"response.cancel","type":"session.update"}', "invalid_json", None),
        (b'{"type":"response.cancel","event_id":NaN}', "invalid_json", None),
        (b'{"type":"response.cancel","event_id":' + b"9" * 5_000 + b"}", "invalid_json", None),
        (frame(type="session.update", session={"instructions": "x"}), "invalid_value", "type"),
        (frame(type="vivavoce.grade"), "invalid_value", "type"),
        (frame(type="response.create", response={"instructions": "x"}), "unknown_parameter", "response"),
        (frame(type="response.cancel", response_id="r"), "unknown_parameter", "response_id"),
        (frame(type="response.cancel", event_id="e" * 513), "invalid_value", "event_id"),
        (frame(type="input_audio_buffer.append"), "missing_required_parameter", "audio"),
        (frame(type="input_audio_buffer.append", audio="%%%%"), "invalid_value", "audio"),
        (frame(type="input_audio_buffer.append", audio="AAA"), "invalid_value", "audio"),
        (frame(type="input_audio_buffer.append", audio="ää=="), "invalid_value", "audio"),
        (frame(type="input_audio_buffer.append", audio="AAAA"), "invalid_value", "audio"),  # 3 bytes: 1.5 samples
        (frame(type="input_audio_buffer.append", audio=7), "invalid_type", "audio"),
        (text_item(role="system"), "invalid_value", "item.role"),
        (text_item(role="assistant"), "invalid_value", "item.role"),
        (text_item(id="x"), "unknown_parameter", "item.id"),
        (text_item(content=[]), "invalid_value", "item.content"),
        (text_item(content=[{"type": "input_audio", "audio": ""}]), "unknown_parameter", "item.content[0].audio"),
        (text_item(content=[{"type": "input_text", "text": " "}]), "invalid_value", "item.content[0].text"),
        (
            text_item(content=[{"type": "input_text", "text": "x" * 2001}]),
            "string_above_max_length",
            "item.content[0].text",
        ),
        (text_item(content=[{"type": "input_text", "text": "\ud800"}]), "invalid_type", "item.content[0].text"),
        (
            frame(type="conversation.item.create", item={"type": "function_call_output", "call_id": "c", "output": ""}),
            "unknown_parameter",
            "item.call_id",
        ),
        (frame(type="conversation.item.create", previous_item_id="root"), "unknown_parameter", "previous_item_id"),
        (
            frame(type="conversation.item.truncate", item_id="i", content_index=1, audio_end_ms=0),
            "invalid_value",
            "content_index",
        ),
        (
            frame(type="conversation.item.truncate", item_id="i", content_index=0, audio_end_ms=-1),
            "invalid_value",
            "audio_end_ms",
        ),
        (
            frame(type="conversation.item.truncate", item_id="i", content_index=0, audio_end_ms=True),
            "invalid_value",
            "audio_end_ms",
        ),
        (frame(type="vivavoce.hint.request", hint=2), "unknown_parameter", "hint"),
        (frame(type="vivavoce.consent"), "invalid_type", "audio"),
        (frame(type="vivavoce.consent", audio="yes"), "invalid_type", "audio"),
        (frame(type="vivavoce.consent", audio=1), "invalid_type", "audio"),
    ],
)
def test_what_a_browser_may_not_say(data: bytes, code: str, param: str | None) -> None:
    error = refusal(data)
    assert (error.code, error.param) == (code, param)


def test_an_error_names_the_event() -> None:
    assert refusal(frame(type="session.update", event_id="mine")).event_id == "mine"


def test_a_second_key_cannot_hide_behind_audio() -> None:
    data = f'{{"type":"input_audio_buffer.append","audio":"{AUDIO}","type":"session.update"}}'.encode()
    assert refusal(data).code == "invalid_json"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)

VALID: list[dict[str, Any]] = [
    {"type": "input_audio_buffer.append", "audio": AUDIO, "event_id": "e"},
    {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 10},
    {"type": "vivavoce.quiz.answer", "item_id": "q", "answer": "a"},
    {"type": "response.create"},
    {"type": "vivavoce.hint.request"},
    {"type": "vivavoce.consent", "audio": True},
    json.loads(text_item()),
]


@given(data=st.data())
def test_altered_events_are_understood_or_refused_but_never_crash(data: st.DataObject) -> None:
    event = json.loads(json.dumps(data.draw(st.sampled_from(VALID))))
    target = event
    if isinstance(event.get("item"), dict) and data.draw(st.booleans()):
        target = event["item"]
        if data.draw(st.booleans()):
            target = target["content"][0]
    name = data.draw(st.sampled_from([*target, "type", "event_id", "response", "session", "previous_item_id", "id"]))
    target[name] = data.draw(json_values)
    try:
        understood = read_browser(json.dumps(event).encode())
    except BrowserError as error:
        assert error.code and error.message
    else:
        if isinstance(understood, Append):
            assert set(json.loads(understood.frame)) <= {"type", "audio", "event_id"}


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    assert refusal(data).code in {"invalid_json", "invalid_value"}
