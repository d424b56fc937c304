"""The scripted persona's lines: nothing too early, nothing that the grader would miss, nothing unspeakable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from vivavoce.scenario.check import usable
from vivavoce.scenario.match import best
from vivavoce.scenario.model import Disclosure, Fact, Scenario
from vivavoce.scenario.reading import Fault

MAX_OPENING_WORDS = 25
MAX_LINE_WORDS = 45
"""About 18 s of speech: longer, and it is a lecture."""
_UNSPEAKABLE = re.compile(r"[^\w\s.,;:?!'\u2019\-\u2026]|[\d_]")


class Spoken(NamedTuple):
    """A line of the scripted persona. `earned` is the trust it takes, `of` the fact it is there to tell."""

    path: str
    text: str
    asked: bool
    earned: int
    of: Fact | None


def spoken(scenario: Scenario) -> Iterator[Spoken]:
    yield Spoken("opening.line", scenario.opening, False, 0, None)
    for i, fact in enumerate(scenario.facts):
        yield from (Spoken(f"facts[{i}].say[{n}]", text, True, fact.trust, fact) for n, text in enumerate(fact.say))
        for n, text in enumerate(fact.withheld):
            yield Spoken(f"facts[{i}].withheld[{n}]", text, True, 0, None)
    for i, rule in enumerate(scenario.stance.rules):
        yield from (Spoken(f"stance.rules[{i}].say[{n}]", text, False, 0, None) for n, text in enumerate(rule.say))
    script = scenario.script
    for i, reply in enumerate(script.replies):
        for n, text in enumerate(reply.say):
            yield Spoken(f"script.replies[{i}].say[{n}]", text, True, reply.trust, None)
    for name in ("fallback", "repeat", "role_break", "abuse", "silence"):
        for n, text in enumerate(getattr(script, name)):
            yield Spoken(f"script.{name}[{n}]", text, False, 0, None)
    for name in ("say", "early"):
        for n, text in enumerate(getattr(script.farewell, name)):
            yield Spoken(f"script.farewell.{name}[{n}]", text, False, 0, None)


def told_unasked(scenario: Scenario, lines: list[Spoken]) -> Iterator[Fault]:
    """Lines of the scripted persona that tell what should not be told there."""
    for line in lines:
        for fact in scenario.facts:
            if line.of is fact or best(usable(fact.told), line.text) is None:
                continue
            if fact.disclosure is Disclosure.NEVER:
                yield Fault(line.path, f"tells the fact {fact.id!r}, which must never be told")
            elif fact.disclosure is Disclosure.TRUST and line.earned < fact.trust:
                yield Fault(line.path, f"tells the fact {fact.id!r} before trust has reached {fact.trust}")
            elif fact.disclosure is Disclosure.ASKED and not line.asked:
                yield Fault(line.path, f"tells the fact {fact.id!r} although nobody asked for it")


def untold(scenario: Scenario) -> Iterator[Fault]:
    """Tellings that the grader would not notice."""
    for i, fact in enumerate(scenario.facts):
        told = usable(fact.told)
        for path, text in [("text", fact.text), *((f"say[{n}]", text) for n, text in enumerate(fact.say))]:
            if told and text and best(told, text) is None:
                yield Fault(f"facts[{i}].{path}", "no cue of `told` finds the fact in it; add one, or reword it")


def unspeakable(lines: list[Spoken]) -> Iterator[Fault]:
    for line in lines:
        if sign := _UNSPEAKABLE.search(line.text):
            yield Fault(line.path, f"holds {sign.group()!r}; write what is spoken, numbers as words")
        words, most = len(line.text.split()), MAX_OPENING_WORDS if line.path == "opening.line" else MAX_LINE_WORDS
        if words > most:
            yield Fault(line.path, f"has {words} words; more than {most} are a speech, not a turn")
