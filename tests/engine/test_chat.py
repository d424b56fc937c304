"""Answers of a chat model: what it is asked, and how its words leave while they come."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kit.client import MS, Client, shape
from kit.scenes import scene
from vivavoce.engine import effects, inputs
from vivavoce.engine.dialogue.chat import ALOUD

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK = {"type": "function", "name": "get_time"}
BEGIN = {"role": "user", "content": "(The conversation begins.)"}


def chat(**session: Any) -> Client:
    client = Client(model="gpt-realtime", chat=True)
    client.update(output_modalities=["text"], **session)
    client.forget()
    return client


def question(client: Client) -> effects.Reply:
    """What the chat model is asked now."""
    reply = client.asked(effects.Reply)[-1]
    assert isinstance(reply, effects.Reply)
    return reply


def ask(client: Client, text: str, **response: Any) -> effects.Reply:
    client.write(text)
    client.send("response.create", response=response)
    return question(client)


def answer(client: Client, *pieces: str, reason: str = "stop") -> None:
    job = question(client).job
    for piece in pieces:
        client.put(inputs.ReplyText(job, piece))
    client.put(inputs.ReplyEnded(job, reason))
    client.settle()


def call(client: Client, name: str, **arguments: Any) -> str:
    """The chat model calls a function; returns the call's id."""
    job = question(client).job
    client.put(inputs.ReplyCall(job, name, json.dumps(arguments)))
    client.put(inputs.ReplyEnded(job, "tool_calls"))
    client.settle()
    return str(client.last("response.function_call_arguments.done")["call_id"])


def create(client: Client, **item: Any) -> None:
    client.send("conversation.item.create", item=item)


def message(client: Client, role: str, text: str) -> None:
    kind = "output_text" if role == "assistant" else "input_text"
    create(client, type="message", role=role, content=[{"type": kind, "text": text}])


def messages(client: Client) -> Any:
    client.send("response.create")
    return question(client).request["messages"]


# What it is asked


def test_the_request_of_a_text_turn() -> None:
    client = chat(instructions="Be kind.", tools=[WEATHER, CLOCK], max_output_tokens=200)
    assert ask(client, "Hello").request == {
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}],
        "tools": [
            {"type": "function", "function": {key: WEATHER[key] for key in ("name", "description", "parameters")}},
            {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}},
        ],
        "max_tokens": 200,
    }


def test_without_instructions_and_tools_there_is_little_to_say() -> None:
    assert ask(chat(), "Hello").request == {"messages": [{"role": "user", "content": "Hello"}]}


def test_a_voice_is_told_that_it_is_one() -> None:
    client = Client(model="vivavoce/scene", scenario=scene(), chat=True)
    client.update(instructions="You are Ana.")
    client.words = [("What is your room?", 0.0)]
    client.speak(960)
    client.hush(640)
    assert question(client).request["messages"] == [
        {"role": "system", "content": f"You are Ana.\n\n{ALOUD}"},
        {"role": "user", "content": "What is your room?"},
    ]


@pytest.mark.parametrize(
    ("choice", "names", "sent"),
    [
        ("auto", ["get_weather", "get_time"], None),
        ("required", ["get_weather", "get_time"], "required"),
        ({"type": "function", "name": "get_time"}, ["get_time"], "required"),
        ("none", None, None),
    ],
)
def test_tool_choice_is_a_word_that_every_endpoint_takes(choice: Any, names: Any, sent: Any) -> None:
    request = ask(chat(tools=[WEATHER, CLOCK]), "Hello", tool_choice=choice).request
    tools = request.get("tools")
    assert (tools and [tool["function"]["name"] for tool in tools]) == names
    assert request.get("tool_choice") == sent


def test_instructions_and_tools_of_one_response_are_for_that_response() -> None:
    client = chat(instructions="Be kind.", tools=[WEATHER])
    request = ask(client, "Hello", instructions="Be short.", tools=[CLOCK], max_output_tokens=7).request
    assert request["messages"][0] == {"role": "system", "content": "Be short."}
    assert [tool["function"]["name"] for tool in request["tools"]] == ["get_time"]
    answer(client, "Hi.")
    request = ask(client, "Again").request
    assert request["messages"][0] == {"role": "system", "content": "Be kind."}
    assert [tool["function"]["name"] for tool in request["tools"]] == ["get_weather"]
    assert "max_tokens" not in request


def test_turns_alternate_and_begin_and_end_with_the_users() -> None:
    client = chat(instructions="Be kind.")
    message(client, "system", "The shop is closed.")
    message(client, "assistant", "Welcome.")
    message(client, "assistant", "What can I do?")
    message(client, "user", "One")
    message(client, "user", "two")
    message(client, "system", "Time is nearly up.")
    message(client, "assistant", "Three.")
    assert messages(client) == [
        {"role": "system", "content": "Be kind.\n\nThe shop is closed."},
        BEGIN,
        {"role": "assistant", "content": "Welcome.\nWhat can I do?"},
        {"role": "user", "content": "One\ntwo\n[Time is nearly up.]"},
        {"role": "assistant", "content": "Three."},
        {"role": "user", "content": "(Please go on.)"},
    ]


def test_an_empty_conversation_is_a_question_too() -> None:
    assert messages(chat()) == [BEGIN]


def test_a_function_call_and_its_output() -> None:
    client = chat(tools=[WEATHER])
    ask(client, "What's the weather in Rome?")
    client.put(inputs.ReplyText(question(client).job, "Let me see."))
    call_id = call(client, "get_weather", city="Rome")
    assert client.types[-2:] == ["response.done", "rate_limits.updated"]
    assert [item["type"] for item in client.last("response.done")["response"]["output"]] == ["message", "function_call"]
    message(client, "user", "Hurry")
    create(client, type="function_call_output", call_id=call_id, output="Sunny")
    assert messages(client) == [
        {"role": "user", "content": "What's the weather in Rome?"},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [called(0, "get_weather", '{"city": "Rome"}')]},
        {"role": "tool", "tool_call_id": "call00000", "content": "Sunny"},
        {"role": "user", "content": "Hurry"},
    ]
    answer(client, "It is sunny.")
    assert client.said() == "It is sunny."


def test_parallel_calls_are_one_turn_and_each_has_an_output() -> None:
    client = chat()
    message(client, "user", "Both!")
    for name, arguments in (("one", "{}"), ("two", "no JSON")):
        create(client, type="function_call", name=name, arguments=arguments, call_id=f"call_{name}")
    create(client, type="function_call_output", call_id="call_two", output="2")
    assert messages(client) == [
        {"role": "user", "content": "Both!"},
        {"role": "assistant", "content": "", "tool_calls": [called(0, "one", "{}"), called(1, "two", "{}")]},
        {"role": "tool", "tool_call_id": "call00000", "content": '{"status": "pending"}'},
        {"role": "tool", "tool_call_id": "call00001", "content": "2"},
    ]


def test_an_output_whose_call_was_deleted_is_left_out() -> None:
    client = chat()
    create(client, id="c", type="function_call", name="one", arguments="{}", call_id="call_one")
    create(client, type="function_call_output", call_id="call_one", output="1")
    client.send("conversation.item.delete", item_id="c")
    message(client, "user", "Hello")
    assert messages(client) == [{"role": "user", "content": "Hello"}]


def test_only_what_was_heard_was_said() -> None:
    client = Client(model="gpt-realtime", chat=True)
    ask(client, "Hello")
    answer(client, "This is the first sentence of it. Here is a second sentence.")
    item_id = client.last("response.output_item.done")["item"]["id"]
    fields = {"item_id": item_id, "content_index": 0, "audio_end_ms": 33 * 60}
    client.send("conversation.item.truncate", **fields)
    client.write("And?")
    client.send("response.create")
    client.send("response.cancel")
    assert messages(client)[1:] == [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "This is the first sentence of it."},
        {"role": "user", "content": "And?"},
    ]


def test_what_was_not_understood_is_marked() -> None:
    client = Client(model="gpt-realtime", chat=True)
    client.words = [("", 0.95)]
    client.speak(960)
    client.hush(640)
    assert question(client).request["messages"][1:] == [{"role": "user", "content": "(inaudible)"}]


def test_words_to_be_said_exactly_are_said_without_it() -> None:
    client = chat(instructions="Be kind.")
    message(client, "system", "Begin by saying exactly: My room is loud!")
    client.send("response.create")
    client.settle()
    assert client.said() == "My room is loud!"
    assert client.asked(effects.Reply) == []
    assert ask(client, "Oh?").request["messages"] == [
        {"role": "system", "content": "Be kind."},
        BEGIN,
        {"role": "assistant", "content": "My room is loud!"},
        {"role": "user", "content": "Oh?"},
    ]
    answer(client, "Yes.")
    client.send("response.create", response={"instructions": "Say exactly: Goodbye."})
    client.settle()
    assert client.said() == "Goodbye."
    assert len(client.asked(effects.Reply)) == 1


def called(number: int, name: str, arguments: str) -> dict[str, Any]:
    return {"id": f"call{number:05}", "type": "function", "function": {"name": name, "arguments": arguments}}


# How its words leave


def test_words_leave_as_they_come() -> None:
    client = chat()
    job = ask(client, "Hello").job
    client.forget()
    client.put(inputs.ReplyText(job, "\n\n Good"))
    assert client.types == [
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
    ]
    for piece in (" mor", "ning to", " you. "):
        client.wait(0.1)
        client.put(inputs.ReplyText(job, piece))
    client.settle()
    assert "response.output_text.done" not in client.types
    client.put(inputs.ReplyEnded(job, "stop"))
    deltas = [event["delta"] for event in client.all("response.output_text.delta")]
    assert deltas[1:] == [" mor", "ning", " to", " you."]
    assert client.last("response.output_text.done")["text"] == "".join(deltas).strip() == "Good morning to you."
    assert client.last("response.done")["response"]["status"] == "completed"


def test_a_burst_of_words_is_paced() -> None:
    client = chat()
    ask(client, "Hello")
    job = question(client).job
    client.put(inputs.ReplyText(job, "word " * 50))
    client.put(inputs.ReplyEnded(job, "stop"))
    client.wait(0.5)
    client.send("response.cancel")
    assert 20 <= len(client.all("response.output_text.delta")) <= 30
    assert client.last("response.done")["response"]["status"] == "cancelled"
    assert client.asked(effects.Cancel) == []


def test_the_first_sentence_is_spoken_while_the_second_comes() -> None:
    client = Client(model="gpt-realtime", chat=True)
    job = ask(client, "Hello").job
    client.put(inputs.ReplyText(job, "My room is far too loud tonight. What"))
    assert [speak.text for speak in client.asked(effects.Speak)] == ["My room is far too loud tonight."]
    client.settle()
    client.wait(5)
    assert client.types[-1] == "response.output_audio.delta"
    client.put(inputs.ReplyText(job, " will you do about it?"))
    client.put(inputs.ReplyEnded(job, "stop"))
    client.settle()
    assert [speak.text for speak in client.asked(effects.Speak)][1:] == ["What will you do about it?"]
    assert client.said() == "My room is far too loud tonight. What will you do about it?"
    assert shape(client.types)[-9:] == [
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]


def test_speech_stops_the_model_and_its_late_words_are_not_said() -> None:
    client = Client(model="gpt-realtime", chat=True)
    job = ask(client, "Hello").job
    client.put(inputs.ReplyText(job, "My room is far too loud tonight. What"))
    client.speak(160)
    assert effects.Cancel(job) in client.jobs
    response = client.last("response.done")["response"]
    assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    before = len(client.events)
    client.put(inputs.ReplyText(job, " will you do about it?"))
    client.put(inputs.ReplyCall(job, "get_weather", "{}"))
    client.put(inputs.ReplyEnded(job, "stop"))
    assert client.events[before:] == []


def test_a_response_that_has_no_words_yet_can_be_cancelled() -> None:
    client = chat()
    job = ask(client, "Hello").job
    client.send("response.cancel")
    assert client.asked(effects.Cancel) == [effects.Cancel(job)]
    assert client.last("response.done")["response"]["output"] == []


def test_a_model_that_fails_fails_the_response_and_the_session_goes_on() -> None:
    client = chat()
    job = ask(client, "Hello").job
    client.put(inputs.ReplyText(job, "Well"))
    client.put(inputs.ReplyFailed(job, "It broke off."))
    response = client.last("response.done")["response"]
    assert (response["status"], response["output"][0]["status"]) == ("failed", "incomplete")
    error = {"type": "server_error", "code": "server_error", "message": "It broke off."}
    assert response["status_details"] == {"type": "failed", "error": error}
    assert client.asked(effects.Cancel) == []
    ask(client, "Again")
    answer(client, "Here I am.")
    assert client.said() == "Here I am."


@pytest.mark.parametrize(("reason", "told"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_an_answer_that_is_cut_is_incomplete(reason: str, told: str) -> None:
    client = chat()
    ask(client, "Hello")
    answer(client, "And so it", reason=reason)
    response = client.last("response.done")["response"]
    assert (response["status"], response["output"][0]["status"]) == ("incomplete", "incomplete")
    assert response["status_details"] == {"type": "incomplete", "reason": told}


def test_a_function_that_does_not_exist_is_not_called() -> None:
    client = chat(tools=[WEATHER])
    ask(client, "Hello")
    job = question(client).job
    client.put(inputs.ReplyCall(job, "rm_rf", "{}"))
    answer(client, "Done.")
    assert [item["type"] for item in client.last("response.done")["response"]["output"]] == ["message"]


def test_a_model_that_talks_although_it_must_call_is_not_listened_to() -> None:
    client = chat(tools=[WEATHER], tool_choice="required")
    ask(client, "Is it warm in Paris?")
    answer(client, "Sure! Let me look.")
    (item,) = client.last("response.done")["response"]["output"]
    assert (item["name"], json.loads(item["arguments"])) == ("get_weather", {"city": "Paris"})


def test_a_model_that_calls_as_it_must_is_obeyed() -> None:
    client = chat(tools=[WEATHER], tool_choice="required")
    ask(client, "Is it warm in Paris?")
    call(client, "get_weather", city="Paris, France")
    (item,) = client.last("response.done")["response"]["output"]
    assert json.loads(item["arguments"]) == {"city": "Paris, France"}


def test_two_responses_at_once_have_a_question_each() -> None:
    client = chat()
    first = ask(client, "Hello")
    aside = ask(client, "More", conversation="none", metadata={"topic": "aside"}, instructions="Sum up.")
    assert aside.request["messages"][0] == {"role": "system", "content": "Sum up."}
    client.put(inputs.ReplyText(aside.job, "Summary."))
    client.put(inputs.ReplyEnded(aside.job, "stop"))
    client.put(inputs.ReplyText(first.job, "Good day."))
    client.put(inputs.ReplyEnded(first.job, "stop"))
    client.settle()
    done = [event["response"] for event in client.all("response.done")]
    said = {str(response["metadata"]): response["output"][0]["content"][0]["text"] for response in done}
    assert said == {"{'topic': 'aside'}": "Summary.", "None": "Good day."}


def test_a_gap_in_the_voice_earns_no_burst_afterwards() -> None:
    """The client has played all it got: it needs a little to stand on, not all that real time would have taken."""
    client = Client(model="gpt-realtime", chat=True)
    client.holding = (effects.Speak,)
    job = ask(client, "Hello").job
    client.put(inputs.ReplyText(job, "My room is far too loud tonight. What will you do about it now? A"))
    first = client.asked(effects.Speak)[0].job
    client.put(inputs.Spoken(first, bytes(500 * MS)))
    client.put(inputs.SpeechEnded(first))
    client.settle()
    client.wait(30)
    client.forget()
    second = client.asked(effects.Speak)[1].job
    client.put(inputs.Spoken(second, bytes(5000 * MS)))
    assert len(client.all("response.output_audio.delta")) == 4


def test_an_echo_does_not_ask_the_chat_model() -> None:
    client = Client(model="echo", chat=True)
    client.update(output_modalities=["text"])
    assert client.ask("Hello") == "Hello"
