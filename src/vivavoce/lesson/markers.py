"""The moments of a call that its timeline shows: Marker of shared/review.schema.json."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vivavoce.lesson.kept import Json, Stored
from vivavoce.lesson.measures import interruptions, silent_spans
from vivavoce.lesson.record import Record


def markers(
    record: Record, grade: Mapping[str, Any] | None, events: Sequence[Stored], *, persona: str, seconds: float
) -> list[Json]:
    """By time. A check that was missed without words that show it stands at the end of the call."""
    found = [
        *(_graded(record, grade, seconds) if grade is not None else ()),
        *_interrupted(record, persona),
        *_silent(record),
        *_helped(events),
    ]
    return sorted(found, key=lambda marker: (marker["at"], marker["until"], marker["kind"]))


def _graded(record: Record, grade: Mapping[str, Any], seconds: float) -> Iterator[Json]:
    lines = {line.item_id: line for line in record.lines}
    for criterion in grade["criteria"]:
        for check in criterion["checks"]:
            kind = "evidence" if check["result"] == "shown" else "missed"
            for quote in check["evidence"]:
                line = lines.get(quote["item_id"])
                until = max(line.until, quote["at"]) if line else quote["at"]
                yield _marker(kind, quote["at"], until, quote["item_id"], check["ask"], check["id"])
            if kind == "missed" and not check["evidence"]:
                yield _marker(kind, seconds, seconds, None, check["ask"], check["id"])


def _interrupted(record: Record, persona: str) -> Iterator[Json]:
    for line in interruptions(record):
        yield _marker("interruption", line.until, line.until, line.item_id, f"You interrupted {persona}", None)


def _silent(record: Record) -> Iterator[Json]:
    for begin, end in silent_spans(record):
        yield _marker("silence", begin, end, None, f"Silence of {end - begin:.0f} s", None)


def _helped(events: Iterable[Stored]) -> Iterator[Json]:
    for at, body in events:
        if body["type"] == "vivavoce.hint":
            yield _marker("hint", at, at, None, body["text"], None)
        elif body["type"] == "vivavoce.quiz.marked":
            label = "Right" if body["correct"] else "Not right"
            yield _marker("quiz", at, at, None, f"{label}: {body['given']}", body["item_id"])


def _marker(kind: str, at: float, until: float, item_id: str | None, label: str, ref: str | None) -> Json:
    return {"kind": kind, "at": at, "until": until, "item_id": item_id, "label": label, "ref": ref}
