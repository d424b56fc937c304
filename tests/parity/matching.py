"""Whether what came is what was expected. A word in angle brackets stands for whatever comes first in its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"<[a-z][a-z0-9 ]*>")


class Names:
    """What the words in angle brackets stand for in one run of a transcript."""

    def __init__(self, given: Mapping[str, str]) -> None:
        """`given`: what some words stand for from the beginning, wherever they are used."""
        self._given = given
        self._bound: dict[str, Any] = {}

    def differences(self, expected: Any, got: Any, where: str = "") -> list[str]:
        """Where `got` is not as expected. An object may have more fields than are expected of it, a list no more."""
        match expected:
            case dict() if isinstance(got, dict):
                missing = [f"{where}.{name} is missing" for name in expected if name not in got]
                pairs = [(f"{where}.{name}", expected[name], got[name]) for name in expected if name in got]
            case list() if isinstance(got, list) and len(expected) == len(got):
                missing = []
                pairs = [(f"{where}[{i}]", a, b) for i, (a, b) in enumerate(zip(expected, got, strict=True))]
            case str() if _NAME.fullmatch(expected):
                if self._bound.setdefault(expected, self._given.get(expected, got)) == got:
                    return []
                return [f"{where} is {got!r}, but {expected} is {self._bound[expected]!r}"]
            case _:
                same = expected == got and isinstance(expected, bool) is isinstance(got, bool)
                return [] if same else [f"{where} is {got!r}, expected {expected!r}"]
        return missing + [difference for where, a, b in pairs for difference in self.differences(a, b, where)]

    @property
    def texts(self) -> frozenset[str]:
        """What the words stand for."""
        return frozenset(text for text in self._bound.values() if isinstance(text, str))

    def fill(self, value: Any) -> Any:
        """The same with what the words stand for; one that stands for nothing yet is left alone."""
        match value:
            case dict():
                return {name: self.fill(part) for name, part in value.items()}
            case list():
                return [self.fill(part) for part in value]
            case str():
                known = {**self._given, **self._bound}
                return _NAME.sub(lambda found: str(known.get(found[0], found[0])), value)
        return value
