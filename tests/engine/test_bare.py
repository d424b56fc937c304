"""A client without a scenario and without a chat model: what it is told, and when its functions are called."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit.client import Client

WHO = "vivavoce's embedded engine"
TEXT = {"type": "string"}


def tool(name: str, description: str = "", required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(required or properties)}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


WEATHER = tool("get_weather", "The weather of a city.", city=TEXT)
CLOCK = tool("getTime", "The time of day in a city.", city=TEXT)
BOOK = tool(
    "book_room",
    "Book a hotel room for some guests.",
    guests={"type": "integer"},
    breakfast={"type": "boolean"},
    date={"type": "string", "format": "date"},
)
LIGHT = tool("set_light", "Turn a lamp on or off.", room={"enum": ["kitchen", "hall"]}, on={"type": "boolean"})


def talk(*tools: dict[str, Any], **session: Any) -> Client:
    client = Client(model="gpt-realtime")
    client.update(output_modalities=["text"], tools=list(tools), **session)
    client.forget()
    return client


def called(client: Client, text: str) -> list[tuple[str, Any]]:
    client.forget()
    client.ask(text)
    done = client.all("response.function_call_arguments.done")
    return [(event["name"], json.loads(event["arguments"])) for event in done]


def test_it_says_once_what_it_is_and_what_it_heard() -> None:
    client = talk()
    said = [client.ask(text) for text in ("Good morning", "How are you?")]
    assert WHO in said[0]
    assert "You said: Good morning" in said[0]
    assert said[1] == "You said: How are you?"


def test_what_it_is_was_not_said_when_nobody_heard_it() -> None:
    client = talk()
    client.write("Hello")
    client.send("response.create")
    client.send("response.cancel")
    assert WHO in client.ask("Hello?")


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("What's the weather in Paris?", [("get_weather", {"city": "Paris"})]),
        ("Weather in Paris", [("get_weather", {"city": "Paris"})]),
        ("Use the get_weather tool for Rome", [("get_weather", {"city": "Rome"})]),
        (
            "What's the weather in Paris, and what time is it in Tokyo?",
            [("get_weather", {"city": "Paris"}), ("getTime", {"city": "Tokyo"})],
        ),
        (
            "Tell me the time and the weather in Oslo.",
            [("getTime", {"city": "Oslo"}), ("get_weather", {"city": "Oslo"})],
        ),
        (
            "I'd like to book a room for two guests tomorrow, without breakfast.",
            [("book_room", {"guests": 2, "breakfast": False, "date": "2027-01-16"})],
        ),
        ("Turn the kitchen lamp off, please. No light there.", []),
        ("The last time I was there, the weather was very bad, all the days.", []),
        ("My room is too loud.", []),
        ("I do not want the weather, thank you.", []),
        ("Hello there", []),
    ],
)
def test_a_function_is_called_when_it_is_asked_for(text: str, calls: list[tuple[str, Any]]) -> None:
    assert called(talk(WEATHER, CLOCK, BOOK, LIGHT), text) == calls


def test_a_missing_argument_is_asked_for_and_the_answer_used() -> None:
    client = talk(WEATHER, CLOCK)
    assert called(client, "What is the weather?") == []
    assert client.said().endswith("For get weather I still need the city. What is it?")
    assert called(client, "In Paris, please.") == [("get_weather", {"city": "Paris"})]


def test_several_missing_arguments_are_asked_for_one_by_one() -> None:
    client = talk(BOOK, WEATHER)
    assert called(client, "I want to book a room.") == []
    assert "the guests. What is it?" in client.said()
    assert called(client, "Four of us") == []
    assert "the breakfast, yes or no. What is it?" in client.said()
    assert called(client, "No, thank you.") == []
    assert "the date. What is it?" in client.said()
    assert called(client, "tomorrow") == [("book_room", {"guests": 4, "breakfast": False, "date": "2027-01-16"})]
    assert called(client, "Thanks!") == []


def test_a_question_can_be_declined() -> None:
    client = talk(WEATHER)
    client.ask("What is the weather?")
    assert client.ask("Never mind.") == "All right, I leave it."
    assert client.ask("Hello") == "You said: Hello"


def test_another_request_takes_the_place_of_the_answer() -> None:
    client = talk(WEATHER, CLOCK)
    client.ask("What is the weather?")
    assert called(client, "What time is it in Rome?") == [("getTime", {"city": "Rome"})]


def test_it_does_not_ask_for_ever() -> None:
    client = talk(BOOK)
    client.ask("Book a room without breakfast for tomorrow")
    assert "the guests. What is it?" in client.ask("Well")
    assert client.ask("Hm") == "I could not make out the guests, so I leave it."
    assert client.ask("Hello") == "You said: Hello"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"sky": "clear", "temp_c": 21.5}', "The answer of get weather: sky is clear, temp c is 21.5."),
        (
            '{"days": [{"sky": "clear"}, {"sky": "grey"}]}',
            "The answer of get weather: days: sky is clear and sky is grey.",
        ),
        ("[1, 2, 3, 4, 5]", "The answer of get weather: 1, 2, 3 and 2 more."),
        ('{"result": true}', "The answer of get weather: yes."),
        ("Sunny, 20 degrees.", "The answer of get weather: Sunny, 20 degrees."),
        ('{"error": "no such city"}', "get weather failed: no such city."),
        ('{"ok": true}', "get weather is done."),
        ("null", "The answer of get weather: nothing."),
    ],
)
def test_a_result_is_one_sentence(output: str, said: str) -> None:
    client = talk(WEATHER)
    client.ask("Hello")
    client.ask("What's the weather in Paris?")
    answer(client, output)
    assert client.said() == said


def test_an_utterance_that_was_acted_on_is_not_acted_on_again() -> None:
    client = talk(WEATHER)
    client.ask("What's the weather in Paris?")
    assert called(client, "Hello?") == []
    assert "You said: Hello?" in client.said()


def test_two_results_are_told_together() -> None:
    client = talk(WEATHER, CLOCK)
    client.ask("Tell me the time and the weather in Oslo.")
    answer(client, '"ten"', '"rain"')
    assert client.said().endswith("The answer of get time: ten. The answer of get weather: rain.")


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "get_weather"}])
def test_a_call_can_be_insisted_on(choice: Any) -> None:
    client = talk(WEATHER, tool_choice=choice)
    assert called(client, "Is it warm in Paris?") == [("get_weather", {"city": "Paris"})]
    assert called(client, "Hm.") == [("get_weather", {"city": "Hm."})]


def test_no_call_is_made_when_none_is_wanted() -> None:
    assert called(talk(WEATHER, tool_choice="none"), "What's the weather in Paris?") == []


def test_what_was_not_understood_is_asked_for_again_in_other_words() -> None:
    client = Client(model="gpt-realtime")
    replies = []
    for _ in range(3):
        client.words = [("", 0.95)]
        client.speak(960)
        client.hush(640)
        client.settle()
        replies.append(client.said())
    assert WHO in replies[0] and "did not understand" in replies[0]
    assert WHO not in replies[1] + replies[2]
    assert replies[0] not in replies[1] != replies[2]


def test_it_listens_when_there_is_nothing_to_answer() -> None:
    client = talk()
    client.send("response.create")
    client.settle()
    assert "Say something" in client.said()
    client.send("response.create")
    client.settle()
    assert client.said() == "I am listening."


def test_an_echo_says_what_it_hears_and_nothing_else() -> None:
    client = Client(model="echo")
    client.update(output_modalities=["text"])
    assert client.ask("Good morning!") == "Good morning!"
    client.write("One")
    assert client.ask("two") == "One two"
    client.send("response.create")
    client.settle()
    assert client.last("response.done")["response"]["output"] == []


def test_an_echo_calls_what_it_must() -> None:
    client = Client(model="echo")
    client.update(output_modalities=["text"], tools=[WEATHER], tool_choice="required")
    assert called(client, "in Paris") == [("get_weather", {"city": "Paris"})]


def answer(client: Client, *outputs: str) -> None:
    """Give the functions' outputs, in the order of the calls, and wait for what is said to them."""
    ids = [event["call_id"] for event in client.all("response.function_call_arguments.done")][-len(outputs) :]
    for call_id, output in zip(ids, outputs, strict=True):
        item = {"type": "function_call_output", "call_id": call_id, "output": output}
        client.send("conversation.item.create", item=item)
    client.send("response.create")
    client.settle()
