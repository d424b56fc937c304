"""A function's arguments out of an utterance, by the function's schema."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from vivavoce.engine.dialogue.arguments import Heard, fill, gather

TODAY = date(2026, 11, 23)
"""A Monday."""
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
DAY = {"type": "string", "format": "date"}


def gathered(properties: dict[str, Any], text: str, **heard: Any) -> dict[str, Any]:
    """What is found of these properties, all required; what is not is left out."""
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return gather({"name": "f", "parameters": parameters}, Heard(text, today=TODAY, **heard)).arguments


@pytest.mark.parametrize(
    ("properties", "text", "arguments"),
    [
        ({"city": TEXT}, "What's the weather in Paris?", {"city": "Paris"}),
        ({"city": TEXT}, "what is the weather like in new york today", {"city": "new york"}),
        ({"city": TEXT}, "the weather in the city of Porto, please", {"city": "Porto"}),
        ({"city": TEXT}, "Call it with city=Berlin", {"city": "Berlin"}),
        ({"city": TEXT}, "Is it cold in there?", {}),
        ({"location": {"type": "string", "description": "A city"}}, "Is it hot in Rome at noon?", {"location": "Rome"}),
        (
            {"origin": TEXT, "destination": TEXT},
            "from Boston to New York",
            {"origin": "Boston", "destination": "New York"},
        ),
        ({"guests": WHOLE, "nights": WHOLE}, "three nights for two guests", {"nights": 3, "guests": 2}),
        ({"guests": WHOLE}, "a table for twenty-five at 5 pm on 12 March", {"guests": 25}),
        ({"guests": {**WHOLE, "maximum": 10}}, "a table for twenty-five", {}),
        ({"temperature": {"type": "number"}}, "make it twenty one point five", {"temperature": 21.5}),
        ({"balance": {"type": "number"}}, "it is -1,200.50 now", {"balance": -1200.5}),
        ({"breakfast": {"type": "boolean"}}, "a room with breakfast", {"breakfast": True}),
        ({"breakfast": {"type": "boolean"}}, "a room without breakfast", {"breakfast": False}),
        ({"include_breakfast": {"type": "boolean"}}, "we don't need any breakfast", {"include_breakfast": False}),
        ({"breakfast": {"type": "boolean"}}, "a room", {}),
        ({"unit": {"enum": ["celsius", "kelvin"]}}, "in Kelvin, please", {"unit": "kelvin"}),
        ({"room": {"enum": ["room", "living_room"]}}, "light in the living room", {"room": "living_room"}),
        ({"size": {"enum": [1, 2]}}, "number two", {"size": 2}),
        ({"day": DAY}, "for tomorrow", {"day": "2026-11-24"}),
        ({"day": DAY}, "next Friday", {"day": "2026-11-27"}),
        ({"day": DAY}, "on the 3rd of March", {"day": "2027-03-03"}),
        ({"day": DAY}, "on December 24, 2027", {"day": "2027-12-24"}),
        ({"day": DAY}, "on 31 June", {}),
        ({"at": {"type": "string", "format": "time"}}, "at 7:30 pm", {"at": "19:30:00"}),
        ({"at": {"type": "string", "format": "date-time"}}, "today at 9 am", {"at": "2026-11-23T09:00:00"}),
        ({"day": TEXT}, "Remind me next Friday at 5 pm to call", {"day": "next Friday at 5 pm"}),
        ({"email": TEXT}, "write to ana at example dot com", {"email": "ana@example.com"}),
        ({"to": {"type": "string", "format": "email"}}, "to Ana, a.b@example.org.", {"to": "a.b@example.org"}),
        (
            {"page": {"type": "string", "format": "uri"}},
            "see https://example.com/a?b=1",
            {"page": "https://example.com/a?b=1"},
        ),
        ({"name": TEXT}, "Hello, my name is Ana Silva and I am late", {"name": "Ana Silva"}),
        ({"order_number": TEXT}, "Where is order number 4711?", {"order_number": "4711"}),
        ({"order_id": TEXT}, "Cancel A-123, please", {"order_id": "A-123"}),
        ({"to": TEXT, "message": TEXT}, "Tell it to Bob saying I'm late.", {"to": "Bob", "message": "I'm late"}),
        ({"note": TEXT}, 'Write "buy milk" there', {"note": "buy milk"}),
        ({"tags": {"type": "array", "items": {"enum": ["red", "blue"]}}}, "red and blue", {"tags": ["red", "blue"]}),
        ({"tags": {"type": "array", "items": TEXT, "minItems": 1}}, "x", {"tags": ["x"]}),
        (
            {"place": {"type": "object", "properties": {"city": TEXT}, "required": ["city"]}},
            "in Rome",
            {"place": {"city": "Rome"}},
        ),
        ({"kind": {"const": "x"}}, "anything", {"kind": "x"}),
        ({"city": {"anyOf": [TEXT, {"type": "null"}]}}, "hello", {"city": None}),
        ({"city": {"type": "string", "default": "Rome"}}, "hello", {"city": "Rome"}),
    ],
)
def test_what_is_said_is_found(properties: dict[str, Any], text: str, arguments: dict[str, Any]) -> None:
    assert gathered(properties, text) == arguments


def test_a_topic_follows_the_words_that_ask() -> None:
    asked_for = frozenset({"search"})
    assert gathered({"query": TEXT}, "Search for blue shoes, please.", asked_for=asked_for) == {"query": "blue shoes"}
    assert gathered({"query": TEXT}, "Where can I get blue shoes?") == {"query": "Where can I get blue shoes?"}


def test_references_are_followed() -> None:
    schema = {
        "$defs": {"City": {"enum": ["Rome", "Oslo"]}},
        "properties": {"city": {"$ref": "#/$defs/City"}, "next": {"$ref": "#/$defs/none"}},
        "required": ["city"],
    }
    assert gather({"name": "f", "parameters": schema}, Heard("to Oslo")).arguments == {"city": "Oslo"}


def test_what_is_optional_is_filled_only_when_it_was_said() -> None:
    properties = {"city": TEXT, "unit": {"enum": ["celsius", "kelvin"]}, "days": WHOLE, "note": TEXT}
    tool = {"name": "f", "parameters": {"type": "object", "properties": properties, "required": ["city"]}}
    assert gather(tool, Heard("the weather in Rome")).arguments == {"city": "Rome"}
    assert gather(tool, Heard("for 3 days in Rome, in kelvin")).arguments == {
        "city": "Rome",
        "days": 3,
        "unit": "kelvin",
    }


def test_an_answer_is_taken_for_what_was_asked() -> None:
    for answer in ("Paris", "In Paris, please.", "It's Paris.", "The city is Paris."):
        assert gathered({"city": TEXT}, "the weather", answers={"city": answer}) == {"city": "Paris"}
    assert gathered({"guests": WHOLE}, "a table", answers={"guests": "There will be four of us"}) == {"guests": 4}
    assert gathered({"late": {"type": "boolean"}}, "a table", answers={"late": "No, thanks"}) == {"late": False}


def test_a_call_that_must_be_made_has_every_argument() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "unit": {"type": "string", "enum": ["celsius", "kelvin"]},
            "days": {"type": "integer", "minimum": 1},
            "alert": {"type": ["boolean", "null"]},
            "place": {"type": "object", "properties": {"city": TEXT}, "required": ["city"]},
            "tags": {"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 1},
            "note": TEXT,
        },
        "required": ["unit", "days", "alert", "place", "tags"],
        "additionalProperties": False,
    }
    filled = json.loads(fill({"name": "forecast", "parameters": schema}, "Hello"))
    assert filled == {"unit": "celsius", "days": 1, "alert": None, "place": {"city": "Hello"}, "tags": ["x"]}


@pytest.mark.parametrize(
    "parameters",
    [
        None,
        [],
        {},
        {"type": "object"},
        {"type": []},
        {"required": ["x"]},
        "x",
        {"properties": {"x": None}, "required": "x"},
        {"properties": {"x": {"anyOf": [{"type": "null"}]}}, "required": [None]},
        {"properties": {"x": {"$ref": "#/properties/x"}}, "required": []},
    ],
)
def test_a_schema_that_says_nothing_gives_no_arguments(parameters: Any) -> None:
    assert json.loads(fill({"name": "f", "parameters": parameters}, "words")) == {}


def test_a_schema_within_itself_ends() -> None:
    node: dict[str, Any] = {"properties": {"inner": {"$ref": "#"}}, "required": ["inner"]}
    assert json.loads(fill({"name": "f", "parameters": node}, "words"))
