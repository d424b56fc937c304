"""What goes wrong, and the `error` event that says so.

Texts are the real server's where they are known (recordings, issue threads); `R` stands for the active response's id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from conformance.notation import Step
from conformance.steps import (
    LONG,
    SYSTEM,
    append,
    create,
    deaf,
    item,
    order,
    send,
    settle,
    truncate,
    update,
    update_input,
)
from kit.client import Client, Event

USER_TEXT = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}], "id": "typed"}


class Situation(NamedTuple):
    name: str
    step: Step
    """What is answered with the error."""
    code: str
    param: str | None
    message: str
    given: tuple[Step, ...] = ()
    client: Callable[[], Client] = Client

    def play(self) -> tuple[Client, list[Event]]:
        """The client, and what came in answer to the step."""
        client = self.client()
        for step in self.given:
            step(client)
        before = len(client.events)
        self.step(client)
        return client, client.events[before:]


def frame(text: str) -> Step:
    return lambda client: client.send_frame(text.encode())


def session(**fields: Any) -> Step:
    return send("session.update", session={"type": "realtime", **fields})


def truncate_message(item_id: str, **fields: Any) -> Step:
    return send("conversation.item.truncate", **{"item_id": item_id, "content_index": 0, "audio_end_ms": 0, **fields})


CLIENT_EVENTS = (
    "'session.update', 'input_audio_buffer.append', 'input_audio_buffer.commit', 'input_audio_buffer.clear', "
    "'conversation.item.create', 'conversation.item.truncate', 'conversation.item.delete', "
    "'conversation.item.retrieve', 'response.create' and 'response.cancel'"
)
NO_MODELS = "This engine has no speech models: it takes and gives text only. Run `vivavoce models --fetch` to get them."

UNREADABLE = (
    Situation("no JSON", frame("{"), "invalid_json", None, "Invalid event: failed to parse JSON value."),
    Situation("no object", frame("[]"), "invalid_json", None, "Invalid event: expected a JSON object."),
    Situation(
        "an unknown event",
        send("session.close"),
        "invalid_value",
        "type",
        f"Invalid value: 'session.close'. Supported values are: {CLIENT_EVENTS}.",
    ),
    Situation(
        "an event of WebRTC",
        send("output_audio_buffer.clear"),
        "invalid_value",
        "type",
        f"Invalid value: 'output_audio_buffer.clear'. Supported values are: {CLIENT_EVENTS}.",
    ),
    Situation("no type", frame("{}"), "missing_required_parameter", "type", "Missing required parameter: 'type'."),
)

FIELDS = (
    Situation(
        "a session without its type",
        send("session.update", session={"instructions": "x"}),
        "missing_required_parameter",
        "session.type",
        "Missing required parameter: 'session.type'.",
    ),
    Situation(
        "a field of a wrong type",
        session(instructions=3),
        "invalid_type",
        "session.instructions",
        "Invalid type for 'session.instructions': expected a string, but got an integer instead.",
    ),
    Situation(
        "a field of the beta",
        session(temperature=0.8),
        "unknown_parameter",
        "session.temperature",
        "Unknown parameter: 'session.temperature'.",
    ),
    Situation(
        "both modalities",
        session(output_modalities=["audio", "text"]),
        "invalid_value",
        "session.output_modalities",
        "Invalid modalities: ['audio', 'text']. Supported combinations are: ['text'] and ['audio'].",
    ),
    Situation(
        "a tool that is no function",
        session(tools=[{"type": "mcp", "server_label": "x", "server_url": "https://example.com"}]),
        "invalid_value",
        "session.tools[0].type",
        "Invalid value: 'mcp'. Supported values are: 'function'.",
    ),
    Situation(
        "an image",
        item(
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_image", "image_url": "data:image/png;base64,AA=="}],
            }
        ),
        "invalid_value",
        "item.content[0].type",
        "Invalid value: 'input_image'. Supported values are: 'input_text' and 'input_audio'.",
    ),
    Situation(
        "too much metadata",
        create(metadata={str(number): "" for number in range(17)}),
        "invalid_value",
        "response.metadata",
        "Invalid 'response.metadata': at most 16 pairs.",
    ),
    Situation(
        "an item id that is too long",
        item({**SYSTEM, "id": "x" * 33}),
        "invalid_value",
        "item.id",
        "Invalid 'item.id': string too long. Expected a string with maximum length 32, but got a string with length 33 "
        "instead.",
    ),
)

AUDIO = (
    Situation(
        "a commit of nothing",
        send("input_audio_buffer.commit"),
        "input_audio_buffer_commit_empty",
        None,
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has "
        "0.00ms of audio.",
        given=(update_input(turn_detection=None),),
    ),
    Situation(
        "a commit of too little",
        send("input_audio_buffer.commit"),
        "input_audio_buffer_commit_empty",
        None,
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but buffer only has "
        "99.00ms of audio.",
        given=(update_input(turn_detection=None), append(99)),
    ),
    Situation("audio without speech models", append(20), "invalid_value", "audio", NO_MODELS, client=deaf),
    Situation(
        "another voice after the first words",
        update(audio={"output": {"voice": "cedar"}}),
        "cannot_update_voice",
        "session.audio.output.voice",
        "Cannot update a conversation's voice if assistant audio is present.",
        given=(order("Hello there."), create(), settle),
    ),
)

CONVERSATION = (
    Situation(
        "an item twice",
        item(USER_TEXT),
        "item_create_duplicate_item_id",
        "item.id",
        "Error adding item: the item with id 'typed' already exists.",
        given=(item(USER_TEXT),),
    ),
    Situation(
        "an output of no call",
        item({"type": "function_call_output", "call_id": "call_x", "output": "{}"}),
        "invalid_tool_call_id",
        "item.call_id",
        "Tool call ID 'call_x' not found in conversation.",
    ),
    *(
        Situation(
            f"{doing} what is not there",
            step,
            f"item_{verb}_invalid_item_id",
            "item_id",
            f"Error {doing} item: the item with id 'gone' does not exist.",
        )
        for verb, doing, step in (
            ("truncate", "truncating", truncate_message("gone")),
            ("delete", "deleting", send("conversation.item.delete", item_id="gone")),
            ("retrieve", "retrieving", send("conversation.item.retrieve", item_id="gone")),
        )
    ),
    Situation(
        "truncating beyond the end",
        truncate(57_340),
        "invalid_value",
        "audio_end_ms",
        f"Audio content of {12 * 60}ms is already shorter than 57340ms",  # 12 letters of 60 ms in the tests' voice
        given=(order("Hello there."), create(), settle),
    ),
    Situation(
        "truncating a typed message",
        truncate_message("typed"),
        "unsupported_content_type",
        "item_id",
        "Only model output audio messages can be truncated",
        given=(item(USER_TEXT),),
    ),
)

RESPONSES = (
    Situation(
        "a second response",
        create(),
        "conversation_already_has_active_response",
        None,
        "Conversation already has an active response in progress: R. "
        "Wait until the response is finished before creating a new one.",
        given=(order(LONG), create()),
    ),
    Situation(
        "a cancel of nothing",
        send("response.cancel"),
        "response_cancel_not_active",
        None,
        "Cancellation failed: no active response found",
    ),
    Situation(
        "a cancel of another response",
        send("response.cancel", response_id="resp_x"),
        "response_cancel_not_active",
        None,
        "Cancellation failed: no active response found",
        given=(order(LONG), create()),
    ),
)

SITUATIONS = (*UNREADABLE, *FIELDS, *AUDIO, *CONVERSATION, *RESPONSES)
