"""Function calls: their order, their arguments, and what a client answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit.client import Client, Event

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK = {"type": "function", "name": "get_time", "parameters": {"type": "object", "properties": {}}}
CALL = [
    "response.output_item.added",
    "conversation.item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "conversation.item.done",
    "response.output_item.done",
]


def client_with_tools(**session: Any) -> Client:
    client = Client()
    client.update(output_modalities=["text"], tools=[WEATHER, CLOCK], **session)
    client.forget()
    return client


def call(client: Client, text: str) -> list[Event]:
    client.write(text)
    client.forget()
    client.send("response.create")
    client.settle()
    return client.events


def test_a_function_call() -> None:
    client = client_with_tools()
    call(client, "What is the weather in London?")
    assert client.types == ["response.created", *CALL, "response.done", "rate_limits.updated"]
    added = client.events[1]["item"]
    assert (added["type"], added["name"], added["arguments"]) == ("function_call", "get_weather", "")
    assert added["status"] == "in_progress"
    done = client.last("response.function_call_arguments.done")
    assert done["name"] == "get_weather"
    assert json.loads(done["arguments"]) == {"city": "London"}
    assert done["call_id"] == added["call_id"]
    item = client.last("response.output_item.done")["item"]
    assert (item["status"], item["arguments"]) == ("completed", done["arguments"])
    assert client.last("response.done")["response"]["output"] == [item]
    deltas = client.all("response.function_call_arguments.delta")
    assert "".join(event["delta"] for event in deltas) == done["arguments"]


def test_parallel_calls_have_ids_and_places_of_their_own() -> None:
    client = client_with_tools()
    call(client, "Tell me the weather in London and the time")
    assert client.types == ["response.created", *CALL, *CALL, "response.done", "rate_limits.updated"]
    done = client.all("response.function_call_arguments.done")
    assert [(event["name"], event["output_index"]) for event in done] == [("get_weather", 0), ("get_time", 1)]
    assert len({event["call_id"] for event in done}) == 2


def test_the_output_is_answered() -> None:
    client = client_with_tools()
    call(client, "What is the weather in London?")
    call_id = client.last("response.function_call_arguments.done")["call_id"]
    output = {"type": "function_call_output", "call_id": call_id, "output": '{"sky": "clear"}'}
    added, done = client.send("conversation.item.create", item=output)
    assert (added["type"], done["type"]) == ("conversation.item.added", "conversation.item.done")
    assert added["item"]["output"] == '{"sky": "clear"}'
    client.send("response.create")
    client.settle()
    assert "clear" in client.said()


def test_an_output_of_no_call_is_refused() -> None:
    client = client_with_tools()
    output = {"type": "function_call_output", "call_id": "call_none", "output": "{}"}
    (error,) = client.send("conversation.item.create", item=output)
    assert error["error"]["code"] == "invalid_tool_call_id"
    assert error["error"]["message"] == "Tool call ID 'call_none' not found in conversation."


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("auto", []),
        ("none", []),
        ("required", ["get_weather"]),
        ({"type": "function", "name": "get_time"}, ["get_time"]),
    ],
)
def test_tool_choice(choice: Any, called: list[str]) -> None:
    client = client_with_tools(tool_choice=choice)
    call(client, "Is it cold in the city?")
    names = [event["name"] for event in client.all("response.function_call_arguments.done")]
    assert names == called


def test_tool_choice_of_one_response() -> None:
    client = client_with_tools()
    client.write("Hello")
    client.send("response.create", response={"tool_choice": "required", "tools": [CLOCK]})
    client.settle()
    assert client.last("response.function_call_arguments.done")["name"] == "get_time"
    assert "Hello" in client.ask("Hello")
