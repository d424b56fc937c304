"""A transcript's file: what browsers send, and what each must be shown. Its form: shared/transcripts/README.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Event = dict[str, Any]
Step = dict[str, Any]

FOLDER = Path(__file__).parents[2] / "shared" / "transcripts"


@dataclass(frozen=True, slots=True)
class Transcript:
    name: str
    about: str
    scenario: str
    persona: str | None
    """The upstream's model, if it is not the one that knows the scenario."""
    steps: list[Step]
    record: list[Event]
    """What the store holds at the end of each of the learner's calls, the first one first."""


def transcripts(host: str = "") -> list[Transcript]:
    """Those of both hosts, or what differs by design on one of them."""
    return [_read(file) for file in sorted((FOLDER / host).glob("*.json"))]


def _read(file: Path) -> Transcript:
    data = json.loads(file.read_text("utf-8"))
    return Transcript(file.stem, data["about"], data["scenario"], data.get("persona"), data["steps"], data["record"])


def written_out(expected: list[Event]) -> Iterator[Event]:
    """The events that an expectation stands for: one in most cases, all those of a line in short."""
    for entry in expected:
        if "begins" in entry:
            yield from _beginning(entry["begins"])
        elif "persona" in entry:
            yield from _answer(entry)
        elif "learner" in entry:
            yield from _typed(entry)
        else:
            yield entry


def _beginning(hello: Event) -> Iterator[Event]:
    """A new call: who it is with, and the upstream takes the lesson."""
    yield {
        "type": "vivavoce.hello",
        "resumed": False,
        "seq": 0,
        "elapsed_seconds": 0.0,
        "retry_of": None,
        "privacy": {"record": "<kept>"},
        **hello,
    }
    yield {"type": "session.created"}
    yield {"type": "session.updated"}


def _typed(entry: Event) -> Iterator[Event]:
    """The learner's typed line is taken: it is on record before the upstream's word of it is shown."""
    text = entry["learner"]
    item = {"type": "message", "status": "completed", "role": "user", "content": [{"type": "input_text", "text": text}]}
    yield _line("user", text, "text", entry)
    yield from _goals(entry)
    yield {"type": "conversation.item.added", "item": item}
    yield {"type": "conversation.item.done", "item": item}


def _answer(entry: Event) -> Iterator[Event]:
    """A whole answer in writing. Its deltas are not listed: how they are cut is nobody's promise."""
    text = entry["persona"]
    begun = {"type": "message", "role": "assistant", "status": "in_progress", "content": []}
    said = {**begun, "status": "completed", "content": [{"type": "output_text", "text": text}]}
    yield {"type": "response.created", "response": {"status": "in_progress", "output": []}}
    yield {"type": "response.output_item.added", "item": begun}
    yield {"type": "conversation.item.added", "item": begun}
    yield {"type": "response.content_part.added", "part": {"type": "text", "text": ""}}
    yield _line("assistant", text, "voice", entry)
    yield from _goals(entry)
    yield {"type": "response.output_text.done", "text": text}
    yield {"type": "response.content_part.done", "part": {"type": "text", "text": text}}
    yield {"type": "conversation.item.done", "item": said}
    yield {"type": "response.output_item.done", "item": said}
    yield {"type": "response.done", "response": {"status": "completed", "output": [said]}}
    yield {"type": "rate_limits.updated"}


def _line(role: str, text: str, source: str, entry: Event) -> Event:
    line: Event = {"role": role, "text": text, "source": source, "interrupted": False}
    if "item" in entry:
        line["item_id"] = entry["item"]
    return {"type": "vivavoce.transcript", "line": line}


def _goals(entry: Event) -> Iterator[Event]:
    for goal in entry.get("goals", ()):
        yield {"type": "vivavoce.goal", "goal_id": goal}
