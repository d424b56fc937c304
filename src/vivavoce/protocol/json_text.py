"""JSON of strangers, which is read only where it is not nested too deeply.

A parser goes one step down its own stack for each object or list that stands in another. CPython counts these steps
and raises; in WebAssembly nobody does, and a few thousand brackets would end all the calls of an isolate at once.
"""

from __future__ import annotations

import json
import re
from typing import Any

DEEPEST = 100
"""So many objects and lists may stand in each other."""

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


class NestedTooDeeply(ValueError):
    """Nothing that means well is nested like this."""


def parse_json(text: str, **hooks: Any) -> Any:
    """As json.loads. Raises ValueError for all that cannot be read."""
    # Hardly any frame has so many brackets at all; in the long ones, which carry sound, there are one or two.
    if text.count("[") + text.count("{") > DEEPEST:
        _check_depth(text)
    return json.loads(text, **hooks)


def _check_depth(text: str) -> None:
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > DEEPEST:
            raise NestedTooDeeply(f"more than {DEEPEST} objects and lists stand in each other")
