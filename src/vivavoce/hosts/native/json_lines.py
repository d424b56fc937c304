"""JSON with the line of every field, which the standard library's reader does not tell."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

Route = tuple[str | int, ...]
"""The way to a value: ("rubric", "criteria", 0, "weight")."""

MAX_DEPTH = 64
_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")


class JSONLineError(ValueError):
    """Text that is not JSON, with the line where that shows."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(slots=True)
class LinedJSON:
    """A decoded document. `lines` holds where each field or list member begins, `repeated` fields given twice."""

    value: Any = None
    lines: dict[Route, int] = field(default_factory=dict)
    repeated: list[Route] = field(default_factory=list)

    def line(self, path: Route) -> int:
        """The line of a value, or of the nearest thing around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_lined(text: str) -> LinedJSON:
    reader = _Reader(text)
    found = reader.document
    found.value, end = reader.value(0, ())
    end = reader.skip(end)
    if end != len(text):
        raise reader.error("there is something after the end of the document", end)
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.document = LinedJSON()
        self._newlines = [i for i, c in enumerate(text) if c == "\n"]

    def error(self, reason: str, at: int) -> JSONLineError:
        return JSONLineError(reason, self._line(at))

    def skip(self, at: int) -> int:
        space = _SPACE.match(self.text, at)
        return space.end() if space else at

    def value(self, at: int, path: Route) -> tuple[Any, int]:
        at = self.skip(at)
        self.document.lines.setdefault(path, self._line(at))
        if len(path) > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} deep", at)
        match self.text[at : at + 1]:
            case "{":
                return self._object(at + 1, path)
            case "[":
                return self._list(at + 1, path)
            case '"':
                return self._string(at)
        scalar = _SCALAR.match(self.text, at)
        if not scalar:
            raise self.error("a value is expected here", at)
        try:
            return json.loads(scalar.group()), scalar.end()
        except ValueError:
            raise self.error("this number is too long", at) from None

    def _object(self, at: int, path: Route) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self.skip(at)
        while not self._at(at, "}"):
            if found:
                at = self._past(at, ",")
            at = self.skip(at)
            if not self._at(at, '"'):
                raise self.error("a field's name in quotes is expected here", at)
            line = self._line(at)
            name, at = self._string(at)
            member = (*path, name)
            if name in found:
                self.document.repeated.append(member)
            self.document.lines[member] = line
            found[name], at = self.value(self._past(at, ":"), member)
            at = self.skip(at)
        return found, at + 1

    def _list(self, at: int, path: Route) -> tuple[list[Any], int]:
        found: list[Any] = []
        at = self.skip(at)
        while not self._at(at, "]"):
            if found:
                at = self._past(at, ",")
            member, at = self.value(at, (*path, len(found)))
            found.append(member)
            at = self.skip(at)
        return found, at + 1

    def _string(self, at: int) -> tuple[str, int]:
        try:
            text, end = scanstring(self.text, at + 1, True)
        except ValueError as error:
            raise self.error(str(error), at) from None
        return text, end

    def _at(self, at: int, sign: str) -> bool:
        if at >= len(self.text):
            raise self.error(f"the document ends where {sign!r} is expected", at)
        return self.text[at] == sign

    def _past(self, at: int, sign: str) -> int:
        at = self.skip(at)
        if not self._at(at, sign):
            raise self.error(f"{sign!r} is expected here", at)
        return at + 1

    def _line(self, at: int) -> int:
        return bisect_left(self._newlines, at) + 1
