"""What a client does in a flow, and what its host finds out for the engine."""

from __future__ import annotations

from functools import partial
from typing import Any

from conformance.notation import Step
from kit.client import MS, Client, Event
from vivavoce.engine import effects, inputs

LONG = "This is the first sentence of it. Here is a second sentence. And this is the third and last sentence."
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SYSTEM = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]}
CLOCK = {"type": "function", "name": "get_time", "parameters": {"type": "object", "properties": {}}}


def send(type: str, **fields: Any) -> Step:
    return lambda client: client.send(type, **fields)


def update(**session: Any) -> Step:
    return lambda client: client.update(**session)


def update_input(**settings: Any) -> Step:
    return update(audio={"input": settings})


def settle(client: Client) -> None:
    """Let everything happen that is under way."""
    client.settle()


def write(text: str) -> Step:
    """A user's typed message."""
    return lambda client: client.write(text)


def item(item: Event) -> Step:
    """An item as the client gives it."""
    return send("conversation.item.create", item=item)


def order(text: str) -> Step:
    """A system message that has these words said."""
    content = [{"type": "input_text", "text": f"Begin by saying exactly: {text}"}]
    return send("conversation.item.create", item={"type": "message", "role": "system", "content": content})


def create(**response: Any) -> Step:
    return send("response.create", **({"response": response} if response else {}))


def append(ms: int) -> Step:
    """Silence, as audio of the session's first format."""
    return lambda client: client.append(bytes(ms * MS))


def speak(ms: int) -> Step:
    return lambda client: client.speak(ms)


def hush(ms: int) -> Step:
    return lambda client: client.hush(ms)


def wait(seconds: float) -> Step:
    return lambda client: client.wait(seconds)


def hold(*kinds: type) -> Step:
    """From now on these effects are not answered, until a step does it."""

    def do(client: Client) -> None:
        client.holding = kinds

    return do


def last_job(client: Client, kind: type) -> int:
    job: int = client.asked(kind)[-1].job
    return job


def recognise(text: str, no_speech: float = 0.02) -> Step:
    return lambda client: client.put(inputs.Transcribed(last_job(client, effects.Transcribe), text, no_speech))


def fail_to_recognise(reason: str) -> Step:
    return lambda client: client.put(inputs.TranscriptionFailed(last_job(client, effects.Transcribe), reason))


def fail_to_speak(reason: str) -> Step:
    return lambda client: client.put(inputs.SpeechFailed(last_job(client, effects.Speak), reason))


def last_output(client: Client) -> Event:
    """The item that a response added last."""
    item: Event = client.last("response.output_item.added")["item"]
    return item


def truncate(audio_end_ms: int) -> Step:
    """Cut the last reply."""
    return lambda client: client.send(
        "conversation.item.truncate", item_id=last_output(client)["id"], content_index=0, audio_end_ms=audio_end_ms
    )


def retrieve_last() -> Step:
    return lambda client: client.send("conversation.item.retrieve", item_id=last_output(client)["id"])


def answer_call(output: str, back: int = 1) -> Step:
    """The output of the last function call, or of one further back."""

    def do(client: Client) -> None:
        call_id = client.all("response.function_call_arguments.done")[-back]["call_id"]
        item = {"type": "function_call_output", "call_id": call_id, "output": output}
        client.send("conversation.item.create", item=item)

    return do


def cancel_by_id(client: Client) -> None:
    client.send("response.cancel", response_id=client.last("response.created")["response"]["id"])


BY_TEXT = update(output_modalities=["text"])


# A chat model that answers as the flow says


def reply_text(text: str) -> Step:
    return lambda client: client.put(inputs.ReplyText(last_job(client, effects.Reply), text))


def reply_call(name: str, arguments: str = "{}") -> Step:
    return lambda client: client.put(inputs.ReplyCall(last_job(client, effects.Reply), name, arguments))


def reply_end(reason: str = "stop") -> Step:
    return lambda client: client.put(inputs.ReplyEnded(last_job(client, effects.Reply), reason))


def fail_to_reply(reason: str) -> Step:
    return lambda client: client.put(inputs.ReplyFailed(last_job(client, effects.Reply), reason))


def refuse(kind: type) -> Step:
    """The machine has too much to do."""
    return lambda client: client.put(inputs.Refused(last_job(client, kind)))


chatting = partial(Client, chat=True)
deaf = partial(Client, voiced=False)
transcribing = partial(Client, model="", session_type="transcription")
