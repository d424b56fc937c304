"""docs/scenarios.md names every field of the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from kit.lessons import SHARED

SCHEMA = json.loads((SHARED / "scenario.schema.json").read_text())
PAGE = (SHARED.parent / "docs" / "scenarios.md").read_text()


def fields(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for child in node.values():
            yield from fields(child)


def test_every_field_is_explained() -> None:
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE.replace("```", "")))))
    assert set(fields(SCHEMA)) - named == set()
