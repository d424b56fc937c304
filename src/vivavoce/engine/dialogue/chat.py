"""A conversation as the request that a chat-completions endpoint takes, so that a chat model gives the answer.

Endpoints differ in what they refuse, so the request keeps to what all of them take: one system message, in front; turns
of user and assistant in alternation, beginning and ending with the user's; every call of a function followed by its
output; a tool_choice that is a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vivavoce.engine.conversation import Item
from vivavoce.engine.dialogue.answer import Ask, Question
from vivavoce.engine.dialogue.directive import ordered
from vivavoce.engine.dialogue.tools import must_call
from vivavoce.protocol.json_text import parse_json

Message = dict[str, Any]

ALOUD = "Your words are spoken aloud: answer in plain sentences, briefly, without lists, markup or emojis."
_BEGIN = "(The conversation begins.)"
_GO_ON = "(Please go on.)"
_INAUDIBLE = "(inaudible)"
_NO_OUTPUT_YET = '{"status": "pending"}'


class Chat:
    def answer(self, ask: Ask) -> Question:
        request: dict[str, Any] = {"messages": messages(ask)}
        if ask.tools:
            request["tools"] = [_tool(tool) for tool in ask.tools.values()]
        if ask.must_call:
            request["tool_choice"] = "required"
        if ask.max_tokens is not None:
            request["max_tokens"] = ask.max_tokens
        return Question(request, frozenset(ask.tools), must_call(ask) if ask.must_call else ())


def messages(ask: Ask) -> list[Message]:
    first = next((i for i, item in enumerate(ask.items) if item.role != "system"), len(ask.items))
    system = [ask.instructions, *_system_texts(ask.items[:first]), ALOUD if ask.aloud else ""]
    told = "\n\n".join(filter(None, (text.strip() for text in system)))
    turns = _turns(ask.items[first:])
    if not turns or turns[0]["role"] != "user":
        turns.insert(0, {"role": "user", "content": _BEGIN})
    if turns[-1]["role"] == "assistant":
        turns.append({"role": "user", "content": _GO_ON})
    return [{"role": "system", "content": told}, *turns] if told else turns


def _turns(items: Sequence[Item]) -> list[Message]:
    outputs = {item.call_id: item.output for item in items if item.type == "function_call_output"}
    turns: list[Message] = []
    for item in items:
        match item.type, item.role:
            case "message", "assistant":
                _add(turns, "assistant", item.text)
            case "message", "system":
                _add(turns, "user", "\n".join(f"[{text}]" for text in _system_texts([item])))
            case "message", _:
                _add(turns, "user", item.text or _INAUDIBLE)
            case "function_call", _ if item.status == "completed":
                _call(turns, item, outputs.get(item.call_id, _NO_OUTPUT_YET))
    return turns


def _add(turns: list[Message], role: str, text: str) -> None:
    """A turn, or more of the last one."""
    last = turns[-1] if turns else {}
    if not text:
        return
    if last.get("role") == role and "tool_calls" not in last:
        last["content"] += f"\n{text}"
    else:
        turns.append({"role": role, "content": text})


def _call(turns: list[Message], item: Item, output: str) -> None:
    """A call and its output. Calls that follow one another, or the words said with them, are one assistant's turn."""
    number = sum(turn["role"] == "tool" for turn in turns)
    call_id = f"call{number:05}"  # there are templates that take ids of nine letters and figures only
    function = {"name": item.name, "arguments": _object(item.arguments)}
    calling = next((turn for turn in reversed(turns) if turn["role"] != "tool"), None)
    if calling is None or calling["role"] != "assistant":
        calling = {"role": "assistant", "content": ""}
        turns.append(calling)
    calling.setdefault("tool_calls", []).append({"id": call_id, "type": "function", "function": function})
    turns.append({"role": "tool", "tool_call_id": call_id, "content": output})


def _system_texts(items: Sequence[Item]) -> list[str]:
    """What the client told the model; an order to say certain words was obeyed without it."""
    return [item.text for item in items if item.text and ordered(item.text) is None]


def _object(arguments: str) -> str:
    """Arguments that templates can read: they fail on what is no JSON object."""
    try:
        return arguments if isinstance(parse_json(arguments), dict) else "{}"
    except ValueError:
        return "{}"


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    function = {"name": tool["name"], "parameters": tool.get("parameters") or {"type": "object", "properties": {}}}
    if description := tool.get("description"):
        function["description"] = description
    return {"type": "function", "function": function}
