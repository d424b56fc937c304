"""The tables of docs/engine.md, and what the engine makes of what a row says a client sends.

A row's verdict is found out by playing the same conversation twice, with what the row says and without:

    acted on        something else comes of it
    kept            nothing else comes of it, but the session shows it
    ignored         nothing at all
    refused `code`  an error with this code, and nothing else
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from conformance.notation import Step
from conformance.steps import (
    LONG,
    append,
    create,
    hush,
    item,
    last_output,
    order,
    send,
    settle,
    speak,
    transcribing,
    update,
    update_input,
    write,
)
from kit.client import MS, Client, Event

PAGE = Path(__file__).parents[2] / "docs/engine.md"


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading."""
    text = PAGE.read_text("utf-8").partition(f"\n### {heading}\n")[2].partition("\n##")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) > 2, f"no table under {heading!r}"
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def code(cell: str) -> str:
    """What stands in backticks."""
    return cell.strip("`").replace("\\|", "|")


class ClientRow(NamedTuple):
    session: str
    """Of which type the session is."""
    type: str
    path: str
    """Of the field that the row is about; empty when it is about the event itself."""
    value: Any
    verdict: str

    @property
    def name(self) -> str:
        return f"{self.session}: {self.type} {self.path} {json.dumps(self.value) if self.path else ''}".strip()


def client_rows() -> list[ClientRow]:
    rows = []
    for session, heading in (
        ("realtime", "What a client may send"),
        ("transcription", "What a session that only transcribes takes"),
    ):
        for type, field, verdict, _ in table(heading):
            path, _, value = code(field).partition(": ")
            rows.append(ClientRow(session, code(type), path, json.loads(value) if path else None, verdict))
    return rows


USER = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is the weather?"}]}
EARLIER = {**USER, "id": "earlier"}
TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}
CALL = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
transcribe = send(
    "session.update", session={"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
)
REPLIED = (order(LONG), create(), settle)
CONVERSATION = (
    write("What is the weather?"),
    create(),
    settle,
    order(LONG),
    create(),
    hush(640),
    speak(960),
    hush(16_000),
    settle,
)
"""A typed turn, one that is spoken into a reply, and a long silence."""


class Setting(NamedTuple):
    """What a client event needs besides the row's field, and what goes on before it and behind it."""

    event: Callable[[Client], dict[str, Any]] = lambda client: {}
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = (settle,)
    client: Callable[[], Client] = Client


def _last_item(client: Client) -> dict[str, Any]:
    return {"item_id": last_output(client)["id"]}


def _cut(client: Client) -> dict[str, Any]:
    return {**_last_item(client), "content_index": 0, "audio_end_ms": 500}


SETTINGS: dict[str, Setting] = {
    "session.update": Setting(
        lambda client: {"session": {"type": "realtime"}}, before=(update(tools=[TOOL]),), after=CONVERSATION
    ),
    "input_audio_buffer.append": Setting(lambda client: {"audio": base64.b64encode(bytes(32 * MS)).decode()}),
    "input_audio_buffer.commit": Setting(before=(update_input(turn_detection=None), append(200))),
    "input_audio_buffer.clear": Setting(before=(update_input(turn_detection=None), append(200))),
    "conversation.item.create": Setting(lambda client: {"item": USER}, (item(EARLIER), item(CALL))),
    "conversation.item.delete": Setting(_last_item, REPLIED),
    "conversation.item.retrieve": Setting(_last_item, REPLIED),
    "conversation.item.truncate": Setting(_cut, REPLIED),
    "response.create": Setting(before=(update(tools=[TOOL]), item(EARLIER), item(USER))),
    "response.cancel": Setting(before=REPLIED[:2]),
}
TRANSCRIPTION_SETTINGS: dict[str, Setting] = {
    "session.update": Setting(
        lambda client: {"session": {"type": "transcription"}},
        before=(transcribe,),
        after=(hush(640), speak(960), hush(1600), settle),
        client=transcribing,
    ),
}


def outcome(row: ClientRow) -> str:
    """The verdict that the engine's behaviour gives."""
    if row.session == "transcription":
        setting = TRANSCRIPTION_SETTINGS.get(row.type, Setting(client=transcribing))
    else:
        setting = SETTINGS.get(row.type, Setting())
    told, direct = _play(setting, row.type, row.path, row.value)
    errors = [event["error"]["code"] for event in direct if event["type"] == "error"]
    if errors:
        assert len(direct) == 1, direct
        return f"refused `{errors[0]}`"
    if _record(told) != _record(_without(setting, row)):
        return "acted on"
    return "kept" if _is_shown(told, row) else "ignored"


def _play(setting: Setting, type: str | None, path: str = "", value: Any = None) -> tuple[Client, list[Event]]:
    """The client at the end, and what the event was answered with at once. Without a type no event is sent."""
    client = setting.client()
    for step in setting.before:
        step(client)
    direct: list[Event] = []
    if type is not None:
        fields = setting.event(client)
        if path:
            _put(fields, path, value)
        direct = client.send(type, **fields)
    if not any(event["type"] == "error" for event in direct):
        for step in setting.after:
            step(client)
    return client, direct


def _without(setting: Setting, row: ClientRow) -> Client:
    """The same without the row's field: with its kind alone, without it, or without the whole event."""
    if row.path:
        given = row.value if isinstance(row.value, dict) else {}
        kind = {name: given[name] for name in ("type", "model") if name in given}
        if kind and kind != given:
            client, direct = _play(setting, row.type, row.path, kind)
            if not any(event["type"] == "error" for event in direct):
                return client
        client, direct = _play(setting, row.type)
        if row.path != "item" and not any(event["type"] == "error" for event in direct):
            return client
    return _play(setting, None)[0]


def _put(fields: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        fields = fields.setdefault(name, {})
    fields[last] = value


def _record(client: Client) -> list[object]:
    """All that came, when, and all that the host was asked for; but not the session as it is shown."""
    came = zip(client.times, client.events, strict=True)
    return [*((at, event) for at, event in came if not event["type"].startswith("session.")), *client.jobs]


def _is_shown(client: Client, row: ClientRow) -> bool:
    value: Any = client.last("session.updated") if row.type == "session.update" else {}
    for name in row.path.split("."):
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    if isinstance(row.value, dict) and isinstance(value, dict):
        return all(value.get(name) == shown for name, shown in row.value.items())
    return bool(value == row.value)
