"""What an upstream hears first: the persona's opening line, or what was said before it came."""

from __future__ import annotations

from collections.abc import Sequence

from vivavoce.lesson.transcript import SEEDED, Line
from vivavoce.scenario.prompt import opening_item_text
from vivavoce.scenario.stance import observe
from vivavoce.session.call import Call
from vivavoce.session.lesson_rules import tick_off
from vivavoce.session.rebuild import PLANTED, line_item, past_items, system_item


def earn_again(call: Call) -> None:
    """What the learner earned in the earlier call holds in this one."""
    for line in call.about.seed:
        if line.role == "user":
            call.stance = observe(call.scenario.stance, call.stance, line.heard).state


def open_conversation(call: Call) -> None:
    """The session is configured: have the opening said once, or put the conversation so far in its place.

    The persona answers if the learner spoke last, and if it still owed an answer; otherwise it is the learner's turn.
    """
    if not call.transcript.lines and call.about.seed:
        _record_seed(call)
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


def _record_seed(call: Call) -> None:
    """The persona will know what was heard; the record keeps each line as it was."""
    for number, line in enumerate((line for line in call.about.seed if line.heard.strip()), start=1):
        kept = call.transcript.seed(line, f"{SEEDED}{number}")
        call.record({"type": "vivavoce.transcript", "line": kept.to_json()})
    tick_off(call)


def _heard(call: Call) -> Sequence[Line]:
    return [line for line in call.transcript.lines if line.heard.strip()]
