"""What an upstream hears first: the persona's opening line, or what was said before it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vivavoce.lesson.transcript import SEEDED, Line
from vivavoce.scenario.prompt import opening_item_text
from vivavoce.scenario.stance import observe
from vivavoce.session.call import Call
from vivavoce.session.lesson_rules import note_goals
from vivavoce.session.rebuild import PLANTED, line_item, past_items, system_item


def earn_again(call: Call) -> None:
    """What the learner earned in the earlier call holds in this one."""
    for line in _unwritten_seed(call).values():
        if line.role == "user":
            call.stance = observe(call.scenario.stance, call.stance, line.heard).state


def open_conversation(call: Call) -> None:
    """The session is configured: have the opening said once, or put the conversation so far in its place.

    The persona answers if the learner spoke last, and if it still owed an answer; otherwise it is the learner's turn.
    """
    if seed := _unwritten_seed(call):
        _record_seed(call, seed)
        items = [line_item(line) for line in _heard(call)]
    elif _heard(call):
        items = past_items(_heard(call), call.functions.answers.values(), cut_off=call.line.cut_off)
    else:
        call.post_item(system_item(opening_item_text(call.scenario)))
        return
    call.line.cut_off = False
    for number, item in enumerate(items, start=1):
        call.to_upstream({"type": "conversation.item.create", "item": {"id": f"{PLANTED}{number}", **item}})
    if _heard(call)[-1].role == "user":
        call.responses.owe(PLANTED, landed=True)


def _unwritten_seed(call: Call) -> dict[str, Line]:
    """The lines of the earlier call that this one's record has not, by their ids in it: all of them before it begins,
    a part if its process ended while it wrote them down.
    """
    heard = (line for line in call.about.seed if line.heard.strip())
    seed = {f"{SEEDED}{number}": line for number, line in enumerate(heard, start=1)}
    there = {line.item_id for line in call.transcript.lines}
    if there - seed.keys():  # the call has gone on from there
        return {}
    return {item_id: line for item_id, line in seed.items() if item_id not in there}


def _record_seed(call: Call, seed: Mapping[str, Line]) -> None:
    """The persona will know what was heard; the record keeps each line as it was."""
    lines = [call.transcript.seed(line, item_id) for item_id, line in seed.items()]
    for line in lines:
        call.record({"type": "vivavoce.transcript", "line": line.to_json()})
    note_goals(call, lines)


def _heard(call: Call) -> Sequence[Line]:
    return [line for line in call.transcript.lines if line.heard.strip()]
