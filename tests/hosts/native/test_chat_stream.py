"""The dialects of chat-completions endpoints, in the shapes that they are known to send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.chat_server import DONE, chunk, data
from vivavoce.hosts.native.chat_stream import (
    BROKE_OFF,
    FAILED,
    MAX_BYTES,
    TOO_LONG,
    UNREADABLE,
    Broken,
    Reading,
    Thoughts,
)

PARIS = '{"city": "Paris"}'
ROME = '{"city": "Rome"}'


def read(body: str, *, size: int = 1 << 20, streamed: bool = True) -> tuple[str, list[tuple[str, str]], str]:
    """The words, the calls and the finish_reason of a body that comes `size` bytes at a time."""
    reading, raw = Reading(streamed=streamed), body.encode()
    text = "".join(reading.feed(raw[at : at + size]) for at in range(0, len(raw), size))
    rest, calls, reason = reading.end()
    return text + rest, calls, reason


def call(index: int | None = None, id: str | None = None, **function: Any) -> dict[str, Any]:
    piece: dict[str, Any] = {"type": "function", "function": function}
    return piece | ({} if index is None else {"index": index}) | ({} if id is None else {"id": id})


def calls(*pieces: dict[str, Any]) -> str:
    return "".join(chunk(tool_calls=[piece]) for piece in pieces) + chunk("tool_calls") + DONE


SAID = [
    pytest.param(
        chunk(role="assistant", content="") + chunk(content="Good") + chunk(content=" day.") + chunk("stop") + DONE,
        id="OpenAI and vLLM",
    ),
    pytest.param(chunk(content="Good day.") + chunk("stop"), id="no [DONE]"),
    pytest.param(chunk(content="Good day.") + DONE, id="no finish_reason"),
    pytest.param((chunk(content="Good day.") + chunk("stop") + DONE).rstrip("\n"), id="no newline at the end"),
    pytest.param((chunk(content="Good day.") + chunk("stop") + DONE).replace("\n", "\r\n"), id="CRLF"),
    pytest.param((chunk(content="Good day.") + chunk("stop") + DONE).replace("data: ", "data:"), id="no blank"),
    pytest.param(": ping\n\n" + chunk(content="Good day.") + ":\n\n" + chunk("stop") + DONE, id="keep-alives"),
    pytest.param("event: message\nid: 1\n" + chunk(content="Good day.") + chunk("stop") + DONE, id="event names"),
    pytest.param(
        chunk(reasoning_content="Let me") + chunk(reasoning=" see") + chunk(content="Good day.") + chunk("stop") + DONE,
        id="thoughts in a field",
    ),
    pytest.param(
        chunk(content="<thi") + chunk(content="nk>Let me\n") + chunk(content="see</thin") + chunk(content="k>Good day.")
        + chunk("stop") + DONE,
        id="thoughts in tags",
    ),
    pytest.param(
        data({"choices": [], "prompt_filter_results": []}) + chunk(content="Good day.") + chunk("stop")
        + data({"choices": [], "usage": {"total_tokens": 9}}) + DONE,
        id="chunks without choices",
    ),
    pytest.param(chunk(content=None) + chunk(content="Good day.", tool_calls=None) + chunk("stop") + DONE, id="nulls"),
    pytest.param(chunk(content="Good day.") + chunk("stop") + DONE + chunk(content=" More?"), id="more after [DONE]"),
]  # fmt: skip


@pytest.mark.parametrize("body", SAID)
def test_words(body: str) -> None:
    for size in (1 << 20, 7, 1):
        assert read(body, size=size) == ("Good day.", [], "stop")


CALLED = [
    pytest.param(
        calls(
            call(0, "a", name="weather", arguments=""), call(0, arguments='{"city"'), call(0, arguments=': "Paris"}')
        ),
        [("weather", PARIS)],
        id="in pieces",
    ),
    pytest.param(
        calls(
            call(0, "a", name="weather", arguments=""),
            call(0, arguments=PARIS),
            call(1, "b", name="weather", arguments=""),
            call(1, arguments=ROME),
        ),
        [("weather", PARIS), ("weather", ROME)],
        id="two in pieces",
    ),
    pytest.param(calls(call(0, "a", name="weather", arguments=PARIS)), [("weather", PARIS)], id="whole"),
    pytest.param(
        calls(call(0, "a", name="weather", arguments=PARIS), call(0, "b", name="weather", arguments=ROME)),
        [("weather", PARIS), ("weather", ROME)],
        id="every call numbered 0",
    ),
    pytest.param(
        calls(call(None, "a", name="weather", arguments=PARIS), call(None, "b", name="time", arguments="{}")),
        [("weather", PARIS), ("time", "{}")],
        id="no index",
    ),
    pytest.param(
        calls(call(None, name="weather", arguments='{"city"'), call(None, arguments=': "Paris"}')),
        [("weather", PARIS)],
        id="no index, no id",
    ),
    pytest.param(
        calls(call(0, "x1", name="weather", arguments=""), call(0, "x2", arguments=PARIS)),
        [("weather", PARIS)],
        id="another id for each piece",
    ),
    pytest.param(
        calls(call(0, "a", name="weather", arguments=json.loads(PARIS))), [("weather", PARIS)], id="an object"
    ),
    pytest.param(calls(call(0, "a", name="time", arguments=None)), [("time", "{}")], id="no arguments"),
    pytest.param(
        calls(call(0, "a", name="time"), call(1, "b", arguments="{}")), [("time", "{}")], id="a call of nothing"
    ),
]


@pytest.mark.parametrize(("body", "called"), CALLED)
def test_calls(body: str, called: list[tuple[str, str]]) -> None:
    assert read(body) == ("", called, "tool_calls")
    assert read(body.replace('"tool_calls"}', '"stop"}'), size=3) == ("", called, "stop")


def test_words_and_a_call() -> None:
    body = chunk(content="Let me see.") + calls(call(0, "a", name="weather", arguments=PARIS))
    assert read(body) == ("Let me see.", [("weather", PARIS)], "tool_calls")


def test_a_call_in_whose_middle_the_answer_ends_is_none() -> None:
    body = chunk(tool_calls=[call(0, "a", name="weather", arguments='{"ci')]) + chunk("length") + DONE
    assert read(body) == ("", [], "length")


def test_an_endpoint_that_does_not_stream() -> None:
    said = {"role": "assistant", "content": "Good day.", "tool_calls": [call(None, "a", name="time", arguments="{}")]}
    body = json.dumps({"choices": [{"message": said, "finish_reason": "tool_calls"}]}, indent=2)
    assert read(body, streamed=False, size=5) == ("Good day.", [("time", "{}")], "tool_calls")


@pytest.mark.parametrize(
    ("body", "streamed", "says"),
    [
        ('{"choices": [{"message": {"content": "a"}}]', False, UNREADABLE),
        ("[]", False, UNREADABLE),
        ('{"version": "1"}', False, UNREADABLE),
        ("<html>It works!</html>", True, UNREADABLE),
        ("", True, UNREADABLE),
        ("data: {\n\n", True, UNREADABLE),
        (f"data: {'[' * 100_000}\n\n", True, UNREADABLE),
        (chunk(content="Good"), True, BROKE_OFF),
        (chunk(content="Good") + data({"error": {"message": "CUDA out of memory"}}), True, FAILED),
        (chunk(content="Good") + 'error: {"code": 500}\n\n', True, FAILED),
        ('{"error": "model not loaded"}', False, FAILED),
        (chunk(tool_calls=[call(n, f"id{n}", name="x") for n in range(33)]), True, TOO_LONG),
        ("data: " + "x" * MAX_BYTES, True, TOO_LONG),
    ],
)
def test_what_is_no_answer(body: str, streamed: bool, says: str) -> None:
    with pytest.raises(Broken) as broken:
        read(body, streamed=streamed)
    assert str(broken.value) == says


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["delta", "message", "content", "tool_calls", "function", "name", "id"]), inner
        )
    ),
    max_leaves=10,
)


@given(ODD, ODD)
def test_whatever_a_chunk_holds_it_is_read_or_refused(choice: Any, delta: Any) -> None:
    for value in ({"choices": [choice]}, {"choices": [{"delta": delta}]}, {"choices": choice}, delta):
        try:
            read(data(value) + DONE)
        except Broken as broken:
            assert str(broken) in (UNREADABLE, FAILED)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<", "think", ">", "a ", "</"]), max_size=12), st.integers(1, 9)
)
def test_thoughts_are_left_out_however_they_are_cut(parts: list[str], size: int) -> None:
    text = "".join(parts)
    whole, pieces = Thoughts(), Thoughts()
    said = "".join(pieces.without(text[at : at + size]) for at in range(0, len(text), size)) + pieces.end()
    assert said == whole.without(text) + whole.end()
    assert "<think>" not in said


def test_what_only_looks_like_a_thought_is_said() -> None:
    thoughts = Thoughts()
    assert thoughts.without("1 <") == "1 "
    assert thoughts.without(" 2, and <th") == "< 2, and "
    assert thoughts.end() == "<th"
