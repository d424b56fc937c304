"""What a class did: who tried what, and which checks are weakest. ClassResults of shared/review.schema.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vivavoce.lesson.kept import CallFacts
from vivavoce.lesson.review import summary

Json = dict[str, Any]
Attempt = tuple[CallFacts, Mapping[str, Any] | None, bool]
"""A call, its newest grade, and whether its sound was kept."""


def class_results(attempts: Sequence[Attempt]) -> Json:
    """`attempts` come newest first."""
    return {
        "learners": _learners(attempts),
        "checks": _checks(attempts),
        "calls": [{**summary(call, grade, audio=audio), "user": call.user} for call, grade, audio in attempts],
    }


def _learners(attempts: Sequence[Attempt]) -> list[Json]:
    by_user: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_user.setdefault(attempt[0].user, []).append(attempt)
    return [
        {"user": user, "calls": len(own), "scenarios": _scenarios(own)}
        for user, own in sorted(by_user.items(), key=lambda entry: (entry[0].casefold(), entry[0]))
    ]


def _scenarios(attempts: Sequence[Attempt]) -> list[Json]:
    by_scenario: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_scenario.setdefault(attempt[0].scenario_id, []).append(attempt)
    results = []
    for id, own in sorted(by_scenario.items()):
        grades = [grade for _, grade, _ in own if grade is not None]
        results.append(
            {
                "id": id,
                "title": own[0][0].title,
                "attempts": len(own),
                "best": max((grade["score"] for grade in grades), default=None),
                "last": grades[0]["score"] if grades else None,
                "passed": any(grade["passed"] for grade in grades),
            }
        )
    return results


def _checks(attempts: Iterable[Attempt]) -> list[Json]:
    """Attempts at a check are the graded calls whose rubric had it; its newest wording stands."""
    found: dict[tuple[str, str], Json] = {}
    for call, grade, _ in attempts:
        for criterion in grade["criteria"] if grade else ():
            for check in criterion["checks"]:
                entry = found.setdefault(
                    (call.scenario_id, check["id"]),
                    {
                        "scenario_id": call.scenario_id,
                        "check_id": check["id"],
                        "ask": check["ask"],
                        "attempts": 0,
                        "shown": 0,
                    },
                )
                entry["attempts"] += 1
                entry["shown"] += check["result"] == "shown"
    return sorted(
        found.values(),
        key=lambda entry: (entry["shown"] / entry["attempts"], entry["scenario_id"], entry["check_id"]),
    )
