"""The words of an utterance that fill a property of type string: a place, a name, a code, a time, or a topic."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from vivavoce.engine.dialogue import values
from vivavoce.engine.dialogue.schema import Property, name_words
from vivavoce.scenario.words import FUNCTION_STEMS, read


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PLACE = _listed("city town place location country region area address destination origin station airport venue")
_PERSON = _listed("name person guest customer contact recipient patient author passenger attendee")
_CODE = _listed("id number code phone zip postcode reference sku serial")
_WHEN = _listed("date day when time deadline")
_PARTS = (
    (_listed("from origin departure source"), "from|leaving"),
    (_listed("to destination arrival target"), "to"),
)
"""What stands before a name that plays such a part."""
_PLACE_LEADS = "in|at|near|around|for|of|to|from"
_PERSON_LEADS = "name is|named|called|call me|i am|i'm|this is|it's|for|to|with|by"

_LEAD = re.compile(
    r"^(?:(?:oh|um|uh|well|so|okay|ok|yes|it's|it is|that's|that is|in|at|to|for|from|on|my|the|make it|make that|say|"
    r"use|take|please|i'm|i am)\b[\s,]*)+",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s,]*(?:\b(?:please|thanks|thank you)\b)?[\s.,!?]*$", re.IGNORECASE)
_SAYS = re.compile(r"(?:\b(?:saying|that says|which says|says)|:)\s+(?:that\s+)?(.+)", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"[\"“]([^\"“”]+)[\"”]")


def _date(text: str, today: date | None) -> str | None:
    found = values.day(text, today)
    return found.isoformat() if found else None


def _time(text: str, today: date | None) -> str | None:
    return values.time_of_day(text)


def _date_time(text: str, today: date | None) -> str | None:
    day, time = _date(text, today), _time(text, today)
    return f"{day}T{time}" if day and time else None


def _email(text: str, today: date | None) -> str | None:
    return values.email(text)


def _url(text: str, today: date | None) -> str | None:
    found = values.URL.search(text)
    return found[0] if found else None


_FORMATS: dict[str, Callable[[str, date | None], str | None]] = {
    "date": _date,
    "time": _time,
    "date-time": _date_time,
    "email": _email,
    "uri": _url,
    "url": _url,
}


def phrase(wanted: Property, text: str, today: date | None) -> str | None:
    """What fits the property; None when nothing does."""
    if read_format := _FORMATS.get(str(wanted.schema.get("format"))):
        return read_format(text, today)
    if named := _named(wanted, text):
        return named
    part = _part(wanted)
    if "email" in part:
        return values.email(text)
    if part & _WHEN:
        return values.day_or_time_phrase(text)
    if part & _CODE:
        code = values.CODE.search(text)
        return code[0] if code else None
    for words, leads in _PARTS:
        if part & words:
            return _name(leads, wanted, text)
    if part & _PLACE:
        return _name(_PLACE_LEADS, wanted, text)
    return _name(_PERSON_LEADS, wanted, text) if part & _PERSON else None


def answer_phrase(wanted: Property, text: str, today: date | None) -> str | None:
    """The same, where the property was asked for: what has no recognisable form is all that was answered."""
    found = phrase(wanted, text, today)
    if found or wanted.schema.get("format") in _FORMATS:
        return found
    return _TAIL.sub("", _LEAD.sub("", text.strip())) or None


def is_topic(wanted: Property) -> bool:
    """Whether any words will do, such as those of a query, a message or a reason."""
    return wanted.schema.get("format") not in _FORMATS and not _part(wanted)


def topic(text: str, asked_for: frozenset[str]) -> str:
    """What is quoted, what follows "saying", what follows the words that asked for the function (by stem), or all."""
    if found := _QUOTED.search(text) or _SAYS.search(text):
        return _TAIL.sub("", found[1])
    words = read(text).words
    first = next((i for i, word in enumerate(words) if word.stem in asked_for), len(words))
    rest = [word for word in words[first:] if word.stem not in asked_for]
    while rest and rest[0].stem in FUNCTION_STEMS:
        rest.pop(0)
    return _TAIL.sub("", text[rest[0].start :]) if rest else text


def _part(wanted: Property) -> frozenset[str]:
    """The words that tell what kind of thing a property is: of its name, or else of its description."""
    kinds = frozenset({"email"}).union(_PLACE, _PERSON, _CODE, _WHEN, *(words for words, _ in _PARTS))
    named = kinds.intersection(wanted.words)
    return named or (kinds - {"to", "from"}).intersection(name_words(str(wanted.schema.get("description", ""))))


def _named(wanted: Property, text: str) -> str | None:
    """What is said to be the property: "the city is Paris", "order number 12", "name: Ana"."""
    called = r"\W+".join(map(re.escape, wanted.words))
    given = r"(?:is|=|:|should be|will be)\s*"
    found = re.search(rf"\b{called}\s*{given}([^.,;!?]+)|\b{called}\s+({values.CODE.pattern})", text, re.IGNORECASE)
    if not called or found is None:
        return None
    said = _TAIL.sub("", (found[1] or found[2]).split(" and ")[0]).strip("\"'“” ")
    return said if said and said.split()[0].casefold() not in values.NO_NAME else None


def _name(leads: str, wanted: Property, text: str) -> str | None:
    """The likeliest name: one behind a word that leads to it, with a capital if there is one, or any other capital."""
    after = [name for name in values.names_after(leads, text) if _can_be(wanted, name)]
    capitals = [name for name in after if name[0].isupper()]
    others = [name for name in values.capitalised(text) if _can_be(wanted, name)]
    return next(iter([*capitals, *(others if leads in (_PLACE_LEADS, _PERSON_LEADS) else ()), *after]), None)


def _can_be(wanted: Property, name: str) -> bool:
    return not values.numbers(name) and wanted.stems.isdisjoint(word.stem for word in read(name).words)
