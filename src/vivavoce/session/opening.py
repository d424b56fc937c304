"""How a call begins: the persona's opening line, or the part of an earlier call that is to be gone on with."""

from __future__ import annotations

from vivavoce.lesson.transcript import SEEDED, Line
from vivavoce.protocol.message import Event
from vivavoce.scenario.prompt import opening_item_text
from vivavoce.scenario.stance import observe
from vivavoce.session.call import Call
from vivavoce.session.lesson_rules import tick_off


def earn_again(call: Call) -> None:
    """What the learner earned in the earlier call holds in this one."""
    for line in call.about.seed:
        if line.role == "user":
            call.stance = observe(call.scenario.stance, call.stance, line.heard).state


def open_conversation(call: Call) -> None:
    """The session is configured: have the opening said once, or put the earlier conversation in its place.

    After an earlier conversation the persona answers if the learner spoke last; otherwise it is the learner's turn.
    """
    lines = [line for line in call.about.seed if line.heard.strip()]
    if not lines:
        text = opening_item_text(call.scenario)
        call.post_item({"type": "message", "role": "system", "content": [{"type": "input_text", "text": text}]})
        return
    for number, line in enumerate(lines, start=1):
        _plant(call, line, f"{SEEDED}{number}")
    tick_off(call)
    if lines[-1].role == "user":
        call.responses.owe(f"{SEEDED}{len(lines)}")


def _plant(call: Call, line: Line, item_id: str) -> None:
    """The persona knows what was heard; the record keeps the line as it was."""
    call.to_upstream({"type": "conversation.item.create", "item": _item(line, item_id)})
    call.record({"type": "vivavoce.transcript", "line": call.transcript.seed(line, item_id).to_json()})


def _item(line: Line, item_id: str) -> Event:
    kind = "input_text" if line.role == "user" else "output_text"
    content = [{"type": kind, "text": line.heard.strip()}]
    return {"id": item_id, "type": "message", "role": line.role, "content": content}
