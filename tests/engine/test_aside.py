"""Responses out of band: beside the conversation, with an input, instructions and functions of their own."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kit.client import MS, Client, shape
from vivavoce.engine import effects, inputs

TOOL = {
    "type": "function",
    "name": "classify",
    "parameters": {"type": "object", "properties": {"topic": {"enum": ["sport", "news"]}}, "required": ["topic"]},
}


def echo(**session: Any) -> Client:
    client = Client(model="echo")
    client.update(output_modalities=["text"], **session)
    client.forget()
    return client


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **more}


def aside(client: Client, *items: dict[str, Any], **response: Any) -> dict[str, Any]:
    """A response out of band, when it is done."""
    given = {"input": list(items)} if items else {}
    client.send("response.create", response={"conversation": "none", **given, **response})
    client.settle()
    done: dict[str, Any] = client.last("response.done")["response"]
    return done


def text_of(response: dict[str, Any]) -> str:
    return "".join(part["text"] for item in response["output"] for part in item.get("content", ()))


def test_it_answers_its_own_input_and_leaves_the_conversation_alone() -> None:
    client = echo()
    client.ask("Hello")
    client.forget()
    response = aside(client, user("One", id="one"), user("two"), metadata={"topic": "sums"})
    assert text_of(response) == "One two"
    assert (response["metadata"], response["conversation_id"]) == ({"topic": "sums"}, None)
    assert client.events[0]["response"]["metadata"] == {"topic": "sums"}
    assert not {type for type in client.types if type.startswith("conversation.")}
    (error,) = client.send("conversation.item.retrieve", item_id="one")
    assert error["error"]["code"] == "item_retrieve_invalid_item_id"


def test_without_an_input_it_answers_the_conversation() -> None:
    client = echo()
    client.write("Hello")
    assert text_of(aside(client)) == "Hello"
    assert client.ask("again") == "Hello again"


def test_an_empty_input_is_an_empty_context() -> None:
    client = echo()
    client.write("Hello")
    client.send("response.create", response={"conversation": "none", "input": []})
    client.settle()
    assert client.last("response.done")["response"]["output"] == []


def test_its_input_can_refer_to_items_of_the_conversation() -> None:
    client = echo()
    client.send("conversation.item.create", item=user("Hello", id="first"))
    client.write("not this")
    response = aside(client, {"type": "item_reference", "id": "first"}, user("there"))
    assert text_of(response) == "Hello there"
    given = {"conversation": "none", "input": [{"type": "item_reference", "id": "nothing"}]}
    (error,) = client.send("response.create", response=given)
    assert error["error"]["code"] == "item_retrieve_invalid_item_id"


def test_functions_and_choice_are_its_own() -> None:
    client = echo()
    response = aside(client, user("The match, the sport!"), tools=[TOOL], tool_choice="required")
    (call,) = response["output"]
    assert (call["name"], json.loads(call["arguments"])) == ("classify", {"topic": "sport"})
    assert client.ask("The sport") == "The sport"


def test_instructions_are_for_one_response() -> None:
    client = echo(instructions="Be kind.")
    assert text_of(aside(client, user("Hi"), instructions="Say exactly: Psst.")) == "Psst."
    assert client.ask("Hello") == "Hello"
    assert client.update()[0]["session"]["instructions"] == "Be kind."


def test_it_is_billed_for_its_own_input() -> None:
    client = echo()
    client.ask("word " * 400)
    usage = aside(client, user("four"))["usage"]
    assert usage["input_tokens"] == 1


def test_audio_in_its_input_is_recognised_first() -> None:
    client = echo()
    client.holding = (effects.Transcribe,)
    part = {"type": "input_audio", "audio": base64.b64encode(bytes(500 * MS)).decode()}
    given = {"conversation": "none", "input": [{"type": "message", "role": "user", "content": [part]}]}
    client.send("response.create", response=given)
    assert client.types == ["response.created"]
    client.put(inputs.Transcribed(client.asked(effects.Transcribe)[0].job, "From a file", 0.0))
    client.settle()
    assert text_of(client.last("response.done")["response"]) == "From a file"


def test_each_can_be_cancelled_and_the_others_go_on() -> None:
    client = echo()
    long = " ".join(["word"] * 40)
    client.write(long)
    client.send("response.create")
    created = [client.last("response.created")["response"]["id"]]
    for _ in range(2):
        client.send("response.create", response={"conversation": "none", "input": [user(long)]})
        created.append(client.last("response.created")["response"]["id"])
    client.send("response.cancel", response_id=created[1])
    client.settle()
    done = {event["response"]["id"]: event["response"]["status"] for event in client.all("response.done")}
    assert [done[id] for id in created] == ["completed", "cancelled", "completed"]


def test_speech_does_not_interrupt_it() -> None:
    client = Client(model="echo")
    client.send("response.create", response={"conversation": "none", "input": [user("A long story. " * 9)]})
    client.wait(0.2)
    client.speak(320)
    client.settle()
    assert client.last("response.done")["response"]["status"] == "completed"


def test_voices_of_two_responses_do_not_mix() -> None:
    client = Client(model="echo")
    client.write("First.")
    client.send("response.create")
    client.send("response.create", response={"conversation": "none", "input": [user("Second.")]})
    client.settle()
    said = {}
    for event in client.all("response.output_audio_transcript.delta"):
        said[event["response_id"]] = event["delta"]
    ids = [event["response"]["id"] for event in client.all("response.created")]
    assert said == {ids[0]: "First.", ids[1]: "Second."}
    assert shape(client.types).count("response.done") == 2


def test_there_are_not_any_number_of_them() -> None:
    client = echo()
    for _ in range(4):
        client.send("response.create", response={"conversation": "none", "input": [user("A long story")]})
    (error,) = client.send("response.create", response={"conversation": "none", "input": [user("Hi")]})
    assert error["error"]["code"] == "conversation_already_has_active_response"
    client.settle()
    assert client.types.count("response.done") == 4


@pytest.mark.parametrize("item", [{}, {"type": "item_reference"}, {"type": "nonsense"}, "x"])
def test_an_input_that_is_none_is_refused_and_nothing_is_created(item: Any) -> None:
    client = echo()
    (error,) = client.send("response.create", response={"conversation": "none", "input": [user("Hi"), item]})
    assert error["type"] == "error"
    assert error["error"]["param"].startswith("response.input[1]")
    assert client.settle() == []
