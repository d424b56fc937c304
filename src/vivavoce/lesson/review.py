"""What a learner sees of a finished call: Review of shared/review.schema.json, from its durable events and grades."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from vivavoce.lesson.compare import difference
from vivavoce.lesson.kept import CallFacts, Graded, Json, Stored
from vivavoce.lesson.markers import markers
from vivavoce.lesson.record import Record, record_of


def record_from(events: Iterable[Stored]) -> Record:
    """The record that is graded. An event's body does not say when it happened, and a hint needs that."""
    return record_of({"at": event.at, **event.body} for event in events)


def numbered(grades: Sequence[Graded]) -> list[Graded]:
    """Grades in the order in which they were given, counted through: two that raced had the same number."""
    return [
        Graded(graded.at, {**_complete(graded.grade), "revision": number})
        for number, graded in enumerate(sorted(grades, key=lambda graded: graded.at), start=1)
    ]


def _complete(grade: Json) -> Json:
    """A grade from before some of its fields were given, with what holds for it."""
    criteria = [
        {**criterion, "checks": [{"decided_by": "words", "note": None, **check} for check in criterion["checks"]]}
        for criterion in grade["criteria"]
    ]
    missing = {
        "points": grade["score"],
        "hint_cost": 0.0,
        "reason": "end",
        "covers": {"lines": 0, "first_item": None, "last_item": None},
        "measures": [],
        "judge": None,
    }
    return {**missing, **grade, "criteria": criteria}


def summary(call: CallFacts, grade: Mapping[str, Any] | None, *, audio: bool) -> Json:
    """CallSummary: one call of a history."""
    return {
        "id": call.id,
        "scenario_id": call.scenario_id,
        "title": call.title,
        "started_at": utc(call.started_at),
        "seconds": call.seconds,
        "ended_reason": call.ended_reason,
        "score": grade["score"] if grade else None,
        "pass_mark": grade["pass_mark"] if grade else None,
        "passed": grade["passed"] if grade else None,
        "audio": audio,
        "retry_of": call.retry_of,
    }


def review(
    call: CallFacts, scenario: Json, events: Sequence[Stored], grades: Sequence[Graded], audio: Json | None
) -> Json:
    """`scenario` is the public view as it was then, `audio` KeptAudio of the schema or None."""
    record = record_from(events)
    given = numbered(grades)
    grade = given[-1].grade if given else None
    return {
        "call": {
            **summary(call, grade, audio=audio is not None),
            "user": call.user,
            "model": call.model,
            "upstream": call.upstream,
            "scenario_version": call.scenario_version,
            "kept_until": utc(call.kept_until) if call.kept_until is not None else None,
        },
        "scenario": scenario,
        "lines": [line.to_json() for line in record.lines],
        "goals": list(dict.fromkeys(event.body["goal_id"] for event in _of(events, "vivavoce.goal"))),
        "grade": grade,
        "grades": _revisions(given),
        "quiz": {
            "items": _quiz_items(events),
            "marks": [mark_of(event) for event in _of(events, "vivavoce.quiz.marked")],
        },
        "hints": [_hint(event) for event in _of(events, "vivavoce.hint")],
        "markers": markers(record, grade, events, persona=scenario["persona"]["name"], seconds=call.seconds),
        "audio": audio,
    }


def mark_of(event: Stored) -> Json:
    """Mark of the schema, from a vivavoce.quiz.marked."""
    body = event.body
    return {"at": event.at, **{name: body[name] for name in ("item_id", "given", "correct", "answer", "explain")}}


def utc(at: float) -> str:
    """A Unix time as ISO 8601, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _of(events: Iterable[Stored], kind: str) -> list[Stored]:
    return [event for event in events if event.body["type"] == kind]


def _revisions(given: Sequence[Graded]) -> list[Json]:
    return [
        {
            "revision": graded.grade["revision"],
            "reason": graded.grade["reason"],
            "score": graded.grade["score"],
            "passed": graded.grade["passed"],
            "at": utc(graded.at),
            "difference": difference(before.grade, graded.grade) if before else None,
        }
        for before, graded in zip([None, *given], given, strict=False)
    ]


def _quiz_items(events: Iterable[Stored]) -> list[Json]:
    """A quiz is asked once, but a later event may ask more of it."""
    items = {item["id"]: item for event in _of(events, "vivavoce.quiz") for item in event.body["items"]}
    return list(items.values())


def _hint(event: Stored) -> Json:
    return {"at": event.at, **{name: event.body[name] for name in ("hint", "rung", "kind", "text", "cost")}}
