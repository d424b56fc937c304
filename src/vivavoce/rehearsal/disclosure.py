"""Who was told what at which trust, worked out from the transcript alone.

It shares no state with the session and none with the persona: it reads the lines, as a strict examiner would, and the
lesson as its author wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vivavoce.lesson.transcript import Line
from vivavoce.rehearsal.material import is_guarded
from vivavoce.scenario.match import best
from vivavoce.scenario.model import Disclosure, Fact, Scenario


@dataclass(frozen=True, slots=True)
class Telling:
    """A line of the persona that told a fact."""

    fact: Fact
    line: Line
    trust: int
    earned: bool
    """Whether the learner had done anything by then that earns trust."""

    @property
    def breach(self) -> str | None:
        """Why it should not have been told; None when it may be."""
        if self.fact.disclosure is Disclosure.NEVER:
            return "it is never to be told"
        if self.fact.disclosure is Disclosure.TRUST and self.trust < self.fact.trust:
            return f"trust was {self.trust} and must be {self.fact.trust}"
        if is_guarded(self.fact) and not self.earned:
            return "it is guarded, and the learner had earned no trust"
        return None


class Trust:
    """The persona's trust after each turn of the learner."""

    def __init__(self, scenario: Scenario) -> None:
        self._stance = scenario.stance
        self._used: set[str] = set()
        self.level = scenario.stance.start
        self.earned = False

    def heard(self, text: str) -> None:
        moved = 0
        for rule in self._stance.rules:
            if (rule.once and rule.id in self._used) or best(rule.cues, text) is None:
                continue
            self._used.add(rule.id)
            self.earned = self.earned or rule.delta > 0
            moved += rule.delta
        self.level = max(self._stance.minimum, min(self._stance.maximum, self.level + moved))


def tellings(scenario: Scenario, lines: Sequence[Line]) -> Iterator[Telling]:
    trust = Trust(scenario)
    for line in sorted(lines, key=lambda line: line.order):
        if line.role == "user":
            trust.heard(line.text)
            continue
        for fact in scenario.facts:
            if best(fact.told, line.text):
                yield Telling(fact, line, trust.level, trust.earned)


def in_prompt(scenario: Scenario, learner_said: Sequence[str], instructions: str) -> Iterator[Fact]:
    """Facts that the persona's instructions hold after these turns, and must not."""
    trust = Trust(scenario)
    for text in learner_said:
        trust.heard(text)
    for fact in scenario.facts:
        unearned = fact.disclosure is Disclosure.TRUST and trust.level < fact.trust
        if (unearned or fact.disclosure is Disclosure.NEVER) and holds(instructions, fact):
            yield fact


def holds(text: str, fact: Fact) -> bool:
    """Whether one of its lines says a fact, in the author's words or in others that its cues know."""
    return fact.text in text or any(best(fact.told, line) for line in text.splitlines())
