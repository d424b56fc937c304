"""The conversation so far, as a new upstream is told it: from our own record, in text, and only what was heard.

Audio cannot be given back to a model, so every line becomes text, the persona's as `output_text`. The items have ids of
our own that mean nothing to anybody else: they are neither shown nor counted again, and never cut off.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from vivavoce.lesson.transcript import Line
from vivavoce.protocol.message import Event

PLANTED = "vv_past_"
"""How the ids of such items begin."""
MOST_CHARS = 40_000
"""Of the lines together; of a longer conversation the beginning is left out."""

_GOES_ON = (
    "The connection was interrupted for a technical reason. This is what was said so far. Go on from there, and do not "
    "greet again or mention the interruption."
)
_CUT_OFF = "Your last words were cut off by the interruption. Say them once more, in full."


def past_items(lines: Iterable[Line], answers: Iterable[Event], *, cut_off: bool) -> list[Event]:
    """The items to create, in order, without ids. `answers` are those of the tools that the model called before.

    `cut_off`: the persona was speaking when the connection broke.
    """
    notes = [_GOES_ON]
    if told := " ".join(json.dumps(answer, ensure_ascii=False) for answer in answers):
        notes.append(f"You have called tools before; their answers were: {told}. Do not call them again for that.")
    items = [system_item(" ".join(notes)), *map(line_item, _newest(lines))]
    if cut_off:
        items.append(system_item(_CUT_OFF))
    return items


def late_answer(answer: Event) -> Event:
    """The answer of a tool that was called over an upstream which is gone; no other knows the id of that call."""
    told = json.dumps(answer, ensure_ascii=False)
    return system_item(f"The tool that you called before the interruption answered: {told}")


def system_item(text: str) -> Event:
    return {"type": "message", "role": "system", "content": [{"type": "input_text", "text": text}]}


def line_item(line: Line) -> Event:
    kind = "input_text" if line.role == "user" else "output_text"
    return {"type": "message", "role": line.role, "content": [{"type": kind, "text": line.heard.strip()}]}


def _newest(lines: Iterable[Line]) -> list[Line]:
    """As many of the last lines as fit, whatever their length at least one."""
    kept = list(_fitting(reversed(list(lines))))
    return kept[::-1]


def _fitting(newest_first: Iterator[Line]) -> Iterator[Line]:
    left = MOST_CHARS
    for line in newest_first:
        if left <= 0:
            return
        left -= len(line.heard)
        yield line
