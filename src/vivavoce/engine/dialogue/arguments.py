"""A function's arguments, from its schema and what was heard. No understanding: enough to be valid, and to be useful.

What is looked for in the words follows from a property's type, format and name. What is not found is missing; only for
a call that has to be made something is made up in its place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from vivavoce.engine.dialogue import values
from vivavoce.engine.dialogue.phrases import answer_phrase, is_topic, phrase, topic
from vivavoce.engine.dialogue.schema import Property, kind, properties, resolve
from vivavoce.scenario.words import read, stems

_MAX_DEPTH = 8
_MAX_ELEMENTS = 16
_COUNTING = stems("number count amount total quantity max min num of".split())  # noqa: SIM905
_WANTING = stems("is has have include with want need use enable require send should".split())  # noqa: SIM905
"""Words of a property's name that do not say what it counts, or what is wanted."""
_NOT_SAID: Any = object()


@dataclass(frozen=True, slots=True)
class Heard:
    """What there is to take arguments from."""

    text: str
    """The words that ask for the function."""
    said_in: str = ""
    """All that was said, which may hold what is not in `text`."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What was said when a property was asked for, by its label."""
    asked_for: frozenset[str] = frozenset()
    """Stems of the function's name: what follows them is its topic."""
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    arguments: dict[str, Any]
    missing: tuple[Property, ...]
    """Required, and not said."""


def fill(tool: dict[str, Any], text: str) -> str:
    """JSON arguments for a call of `tool` that has to be made."""
    return filled(tool, Heard(text))


def filled(tool: dict[str, Any], heard: Heard) -> str:
    """The same, from more than one text."""
    schema, said = tool.get("parameters"), gather(tool, heard)
    made_up = _Filling(schema, heard, make_up=True).object(schema) if said.missing else said
    return json.dumps(_merged(made_up.arguments, said.arguments), ensure_ascii=False)


def gather(tool: dict[str, Any], heard: Heard) -> Gathered:
    """The arguments that were said."""
    schema = tool.get("parameters")
    own = _Filling(schema, heard, make_up=False).object(schema)
    if not own.missing or heard.said_in in ("", heard.text):
        return own
    whole = _Filling(schema, replace(heard, text=heard.said_in), make_up=False).object(schema)
    return Gathered(_merged(whole.arguments, own.arguments), whole.missing)


def _merged(less: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Both, and where they differ the second."""
    both = {**less, **more}
    for name in less.keys() & more.keys():
        if isinstance(less[name], dict) and isinstance(more[name], dict):
            both[name] = _merged(less[name], more[name])
    return both


class _Filling:
    def __init__(self, root: Any, heard: Heard, *, make_up: bool) -> None:
        self._root = root
        self._heard = heard
        self._make_up = make_up
        self._unused = values.numbers(heard.text)

    def object(self, schema: Any, label: str = "", depth: int = 0) -> Gathered:
        arguments: dict[str, Any] = {}
        missing: list[Property] = []
        if depth > _MAX_DEPTH:
            return Gathered(arguments, ())
        for wanted in sorted(properties(schema, self._root, label), key=lambda one: not one.required):
            if wanted.kind == "object" and "properties" in wanted.schema and not wanted.nullable:
                inner = self.object(wanted.schema, wanted.label, depth + 1)
                if wanted.required or inner.arguments:
                    arguments[wanted.name] = inner.arguments
                    missing += inner.missing
                continue
            value = self._value(wanted)
            if value is _NOT_SAID and wanted.required:
                value = self._instead(wanted, depth)
                if value is _NOT_SAID:
                    missing.append(wanted)
            if value is not _NOT_SAID:
                arguments[wanted.name] = value
        return Gathered(arguments, tuple(missing))

    # What was said

    def _value(self, wanted: Property) -> Any:
        if "const" in wanted.schema:
            return wanted.schema["const"]
        answer = self._heard.answers.get(wanted.label)
        if wanted.options:
            return _option(wanted.options, answer or self._heard.text)
        match wanted.kind:
            case "integer" | "number":
                return self._number(wanted, answer)
            case "boolean":
                return _boolean(wanted, self._heard.text, answer)
            case "array":
                return self._array(wanted)
            case "string":
                return self._string(wanted, answer)
            case "object" if wanted.required and not wanted.nullable:
                return {}
            case _:
                return _NOT_SAID

    def _string(self, wanted: Property, answer: str | None) -> Any:
        today = self._heard.today
        found = answer_phrase(wanted, answer, today) if answer else phrase(wanted, self._heard.text, today)
        if found is None and wanted.required and is_topic(wanted):
            found = topic(self._heard.text, self._heard.asked_for)
        return _NOT_SAID if found is None else found

    def _number(self, wanted: Property, answer: str | None) -> Any:
        """The number beside the property's own words, or for a required one any that nothing else has taken."""
        if answer is not None:
            return next(
                (fit for one in values.numbers(answer) if (fit := _fitting(one.value, wanted)) is not None), _NOT_SAID
            )
        words = read(self._heard.text).words
        own = wanted.stems - _COUNTING
        named = {place for place, word in enumerate(words) if word.stem in own}
        for anywhere in (False, True) if wanted.required else (False,):
            for number in self._unused:
                place = next(i for i, word in enumerate(words) if word.start == number.start)
                near = named & {place - 2, place - 1, place + 1, place + 2}
                if (anywhere or near) and (fit := _fitting(number.value, wanted)) is not None:
                    self._unused.remove(number)
                    return fit
        return _NOT_SAID

    def _array(self, wanted: Property) -> Any:
        items, _ = resolve(wanted.schema.get("items"), self._root)
        element = Property(wanted.name, wanted.label, items, False, wanted.required)
        if element.options:
            found = [one for one in element.options if _option([one], self._heard.text) is not _NOT_SAID]
        else:
            value = self._value(element)
            found = [] if value is _NOT_SAID else [value]
        return found[:_MAX_ELEMENTS] or ([] if wanted.required and not wanted.schema.get("minItems") else _NOT_SAID)

    # What stands in for it

    def _instead(self, wanted: Property, depth: int) -> Any:
        if "default" in wanted.schema:
            return wanted.schema["default"]
        if wanted.nullable:
            return None
        return self._made_up(wanted.schema, depth) if self._make_up else _NOT_SAID

    def _made_up(self, schema: dict[str, Any], depth: int) -> Any:
        options = schema.get("enum")
        if isinstance(options, list) and options:
            return options[0]
        match kind(schema):
            case "object":
                return self.object(schema, depth=depth + 1).arguments
            case "array":
                least = schema.get("minItems")
                items, _ = resolve(schema.get("items"), self._root)
                count = min(least, _MAX_ELEMENTS) if isinstance(least, int) and depth < _MAX_DEPTH else 0
                return [self._made_up(items, depth + 1) for _ in range(count)]
            case "integer" | "number":
                return schema.get("minimum", 0)
            case "boolean":
                return True
            case "null":
                return None
            case _:
                return self._heard.text


def _option(options: list[Any], text: str) -> Any:
    """The option that was said; of several the longest, then the first."""
    said = [word.stem for word in read(text).words]
    found = [option for option in options if _runs_in([word.stem for word in read(_spaced(option)).words], said)]
    return max(found, key=lambda option: len(str(option)), default=_NOT_SAID)


def _spaced(option: Any) -> str:
    return str(option).replace("_", " ").replace("-", " ")


def _runs_in(words: list[str], text: list[str]) -> bool:
    return bool(words) and any(text[at : at + len(words)] == words for at in range(len(text)))


def _boolean(wanted: Property, text: str, answer: str | None) -> Any:
    if answer is not None and (agreed := values.yes_or_no(answer)) is not None:
        return agreed
    said = values.said_of(wanted.stems - _WANTING, answer or text)
    return _NOT_SAID if said is None else said


def _fitting(value: float, wanted: Property) -> int | float | None:
    """The number as the schema has it, if it allows it."""
    least, most = wanted.schema.get("minimum"), wanted.schema.get("maximum")
    if (isinstance(least, (int, float)) and value < least) or (isinstance(most, (int, float)) and value > most):
        return None
    if value.is_integer():
        return int(value)
    return None if wanted.kind == "integer" else value
