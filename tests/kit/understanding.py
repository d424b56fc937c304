"""The dialogue test set: utterances, what they should lead to, and what the scripted persona makes of them.

tests/dialogue/README.md describes the rows to those who write them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from kit.lessons import shipped
from vivavoce.engine.dialogue.answer import Ask, Line
from vivavoce.engine.dialogue.persona import Persona
from vivavoce.engine.dialogue.wording import SENTENCE
from vivavoce.lesson.tools import definitions
from vivavoce.scenario.match import best
from vivavoce.scenario.model import Disclosure, Fact, Scenario, StanceRule
from vivavoce.scenario.stance import observe, starting

FOLDER = Path(__file__).parents[1] / "dialogue"
SCENARIOS = shipped()


@dataclass(frozen=True)
class Row:
    scenario: str
    kind: str
    after: tuple[str | None, ...]
    say: str | None
    expect: tuple[frozenset[str], ...]
    """Each of these, and of each any alternative."""
    also: frozenset[str]

    @property
    def expected(self) -> frozenset[str]:
        return frozenset().union(*self.expect)


def rows(half: str) -> dict[str, list[Row]]:
    """The rows of "dev" or "held-out", by scenario."""
    return {
        scenario: [
            Row(
                scenario,
                row["kind"],
                tuple(row.get("after", ())),
                row["say"],
                tuple(frozenset(each.split("|")) for each in row["expect"]),
                frozenset(row.get("also", ())),
            )
            for row in json.loads((FOLDER / f"{scenario}.{half}.json").read_text())
        ]
        for scenario in SCENARIOS
        if (FOLDER / f"{scenario}.{half}.json").exists()
    }


@dataclass(frozen=True)
class Turn:
    """One answer, with all that can be seen from outside: what it led to, and at which trust."""

    answer: str
    outcomes: frozenset[str]
    told: tuple[Fact, ...]
    fired: tuple[StanceRule, ...]
    trust: int
    seconds: float


class Conversation:
    """One learner and the scripted persona, as the engine would have them talk."""

    def __init__(self, scenario: str) -> None:
        self._scenario = SCENARIOS[scenario]
        self._persona = Persona(self._scenario)
        self._tools = {tool["name"]: tool for tool in definitions(self._scenario)}
        self._state = starting(self._scenario.stance)
        self._lines = list(_outcomes(self._scenario))
        self.outcomes = {outcome for outcome, _ in self._lines}
        self.outcomes |= {f"rule:{rule.id}" for rule in self._scenario.stance.rules}
        self._history = [Line("assistant", self._scenario.opening)]

    def say(self, text: str | None) -> Turn:
        """None: nobody speaks, and the persona is asked for a word; empty: something was heard, but no words."""
        fired: tuple[StanceRule, ...] = ()
        if text is not None:
            self._history.append(Line("user", text))
            self._state, fired = (observed := observe(self._scenario.stance, self._state, text)).state, observed.fired
        began = perf_counter()
        answer = self._persona.answer(Ask(tuple(self._history), "", self._tools)).text
        seconds = perf_counter() - began
        self._history.append(Line("assistant", answer))
        outcomes = {f"rule:{rule.id}" for rule in fired}
        rest = answer
        for outcome, line in self._lines:
            for words in (line, f": {SENTENCE.split(line)[0]}"):
                if words in rest:
                    outcomes.add(outcome)
                    rest = rest.replace(words, " ")
        told = tuple(
            fact for fact in self._scenario.facts if best(fact.told, answer) or any(line in answer for line in fact.say)
        )
        return Turn(answer, frozenset(outcomes), told, fired, self._state.trust, seconds)


def play(row: Row) -> Turn:
    conversation = Conversation(row.scenario)
    for text in row.after:
        conversation.say(text)
    return conversation.say(row.say)


def understood(row: Row, turn: Turn) -> bool:
    """Everything expected happened, and nothing else but the learner's manner earning trust."""
    earned = {f"rule:{rule.id}" for rule in turn.fired if rule.delta > 0}
    wanted = all(alternatives & turn.outcomes for alternatives in row.expect)
    return wanted and turn.outcomes <= row.expected | row.also | earned


def too_early(turn: Turn) -> list[str]:
    """Facts that trust did not allow yet, or that nothing allows."""
    return [
        fact.id
        for fact in turn.told
        if fact.disclosure is Disclosure.NEVER or (fact.disclosure is Disclosure.TRUST and turn.trust < fact.trust)
    ]


def unasked(row: Row, turn: Turn) -> list[str]:
    """Facts for those who ask, told in a row that does not ask for them."""
    asked = row.expected | row.also
    return [fact.id for fact in turn.told if fact.disclosure is not Disclosure.OPEN and f"fact:{fact.id}" not in asked]


def _outcomes(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Every line of the script with the name of what it answers, long lines first."""
    script = scenario.script
    named = [(f"fact:{fact.id}", fact.say) for fact in scenario.facts]
    named += [(f"withheld:{fact.id}", fact.withheld) for fact in scenario.facts]
    named += [(f"reply:{reply.id}", reply.say) for reply in script.replies]
    named += [(f"rule:{rule.id}", rule.say) for rule in scenario.stance.rules]
    named += [("farewell", script.farewell.say), ("early", script.farewell.early)]
    for name in ("fallback", "repeat", "role_break", "abuse", "silence"):
        named.append((name, getattr(script, name)))
    lines = [(outcome, line) for outcome, variants in named for line in variants]
    yield from sorted(lines, key=lambda named: -len(named[1]))
