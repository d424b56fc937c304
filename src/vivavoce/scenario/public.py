"""What a learner may know before the call: PublicScenario of shared/events.schema.json."""

from __future__ import annotations

from typing import Any

from vivavoce.scenario.model import Scenario


def public_view(scenario: Scenario) -> dict[str, Any]:
    """Named field by field, so that a new field of the model stays private until it is named here."""
    return {
        "id": scenario.id,
        "version": scenario.version,
        "title": scenario.title,
        "summary": scenario.summary,
        "level": scenario.level,
        "locale": scenario.locale,
        "tags": list(scenario.tags),
        "est_minutes": scenario.est_minutes,
        "learner": {
            "role": scenario.learner.role,
            "brief": scenario.learner.brief,
            "goals": [{"id": goal.id, "text": goal.text, "required": goal.required} for goal in scenario.learner.goals],
        },
        "persona": {"name": scenario.persona.name, "role": scenario.persona.role},
        "max_seconds": scenario.limits.max_seconds,
        "hints": bool(scenario.support.hints),
        "privacy": privacy_view(scenario),
    }


def privacy_view(scenario: Scenario) -> dict[str, Any]:
    return {"record": scenario.privacy.record, "retain_days": scenario.privacy.retain_days}
