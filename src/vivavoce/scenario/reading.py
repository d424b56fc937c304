"""Reading decoded JSON whose shape is not trusted: every misfit is noted, and reading goes on with a stand-in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple, TypeVar

T = TypeVar("T", bound=str)
U = TypeVar("U")

ID = re.compile(r"[a-z0-9_-]{1,64}")
MAX_TEXT = 4000
"""Characters in one text of a scenario."""


class Fault(NamedTuple):
    """What is wrong with a field; `field` is its path, for example rubric.criteria[0].weight."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


class Fields:
    """The fields of one JSON object, read by name and type. A field without a default must be there."""

    def __init__(self, value: object, path: str, faults: list[Fault]) -> None:
        self.path = path
        self._faults = faults
        self._values: dict[str, object] = {}
        self._read: set[str] = set()
        self.readable = isinstance(value, dict)
        """False for a stand-in, whose fields are not asked for."""
        if isinstance(value, dict):
            self._values = value
        else:
            self._fault(path, f"must be an object, not {_kind(value)}")

    def says(self, name: str, value: str) -> bool:
        return self._values.get(name) == value

    def has(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, default: str | None = None) -> str:
        value = self._take(name, default)
        if value is None:
            return ""
        if not isinstance(value, str):
            return self._misfit(name, "text", value, "")
        if not value.strip():
            self.note(name, "must not be empty")
        if len(value) > MAX_TEXT:
            self.note(name, f"has {len(value)} characters; at most {MAX_TEXT} are allowed")
        return value

    def id(self, name: str, pattern: re.Pattern[str] = ID) -> str:
        value = self.text(name)
        if value.strip() and not pattern.fullmatch(value):
            self.note(name, f"{value[:80]!r} must match ^{pattern.pattern}$")
            return ""
        return value

    def one_of(self, name: str, allowed: Iterable[T], default: T | None = None) -> T:
        choices = tuple(allowed)
        value = self._take(name, default)
        for choice in choices:
            if value == choice:
                return choice
        if value is not None:
            self.note(name, f"must be one of {', '.join(choices)}")
        return choices[0]

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        value = self.number(name, low, high, default)
        if value != int(value):
            self.note(name, f"must be a whole number, not {value}")
        return int(value)

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        value = self._take(name, default)
        if value is None:
            return low
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._misfit(name, "a number", value, low)
        if not low <= value <= high:
            self.note(name, f"must be between {low} and {high}, not {value}")
            return low
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self._take(name, default)
        return value if isinstance(value, bool) else self._misfit(name, "true or false", value, default)

    def texts(self, name: str, least: int = 1) -> tuple[str, ...]:
        """A list of texts; it may be left out when `least` is 0."""
        found: list[str] = []
        for i, value in enumerate(self._list(name, least)):
            if isinstance(value, str) and value.strip() and len(value) <= MAX_TEXT:
                found.append(value)
            else:
                self.note(f"{name}[{i}]", f"must be text of 1 to {MAX_TEXT} characters")
        return tuple(found)

    def turns(self, name: str) -> tuple[tuple[str, ...], ...]:
        """A list of texts and of lists of texts; it may be left out."""
        found: list[tuple[str, ...]] = []
        for i, value in enumerate(self._list(name, 0)):
            said = value if isinstance(value, list) else [value]
            turns = tuple(text for text in said if isinstance(text, str) and text.strip() and len(text) <= MAX_TEXT)
            if turns and len(turns) == len(said):
                found.append(turns)
            else:
                self.note(f"{name}[{i}]", f"must be text of 1 to {MAX_TEXT} characters, or a list of such")
        return tuple(found)

    def wholes(self, name: str, low: int, high: int) -> tuple[int, ...]:
        """A list of whole numbers; it may be left out."""
        found: list[int] = []
        for i, value in enumerate(self._list(name, 0)):
            if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
                found.append(value)
            else:
                self.note(f"{name}[{i}]", f"must be a whole number from {low} to {high}")
        return tuple(found)

    def child(self, name: str, required: bool = True) -> Fields:
        value = self._take(name, None if required else {})
        return Fields({}, "", []) if value is None else Fields(value, self._at(name), self._faults)

    def children(self, name: str, least: int = 1) -> list[Fields]:
        """The objects of a list; it may be left out when `least` is 0. Members that are no objects are noted."""
        values = self._list(name, least)
        members = [Fields(value, f"{self._at(name)}[{i}]", self._faults) for i, value in enumerate(values)]
        return [member for member in members if member.readable]

    def note(self, name: str, reason: str) -> None:
        self._fault(self._at(name), reason)

    def close(self) -> None:
        """Notes the fields that nothing has read: a misspelt name is not silently dropped."""
        for name in sorted(map(str, self._values.keys() - self._read)):
            near = get_close_matches(name[:64], self._read, n=1)
            self.note(
                name[:64], f"is not a field of a scenario; {f'did you mean {near[0]}?' if near else 'take it out'}"
            )

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _fault(self, path: str, reason: str) -> None:
        self._faults.append(Fault(path, reason))

    def _take(self, name: str, default: object) -> object:
        self._read.add(name)
        if name in self._values:
            if self._values[name] is None:
                self.note(name, "must not be null")
                return default
            return self._values[name]
        if default is None:
            self.note(name, "is missing")
        return default

    def _list(self, name: str, least: int) -> list[object]:
        value = self._take(name, None if least else [])
        if value is None:
            return []
        if not isinstance(value, list):
            return self._misfit(name, "a list", value, [])
        if len(value) < least:
            self.note(name, f"needs at least {least}")
        return value

    def _misfit(self, name: str, wanted: str, value: object, stand_in: U) -> U:
        self.note(name, f"must be {wanted}, not {_kind(value)}")
        return stand_in


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "null")
