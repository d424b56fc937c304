"""What the review routes answer, held to shared/review.schema.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

_SHARED = Path(__file__).parents[2] / "shared"
_EVENTS, _REVIEW = (json.loads((_SHARED / f"{name}.schema.json").read_text()) for name in ("events", "review"))
_REGISTRY: Registry[Any] = Registry().with_resource("events.schema.json", Resource.from_contents(_EVENTS))


def held_to(name: str, answer: Any) -> Any:
    """The answer; fails the test when it is not what the schema calls `name`."""
    schema = {"$schema": _REVIEW["$schema"], "$ref": f"#/$defs/{name}", "$defs": _REVIEW["$defs"]}
    Draft202012Validator(schema, registry=_REGISTRY).validate(answer)
    return answer
