"""What a lesson gives its simulated learners to say, and what must stay hidden from those who earn nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from vivavoce.rehearsal.chance import Chance, pick
from vivavoce.scenario.check import every_check
from vivavoce.scenario.match import best, earliest, example
from vivavoce.scenario.model import Check, Detector, Disclosure, Fact, QuizItem, Scenario, StanceRule, Turns


def is_guarded(fact: Fact) -> bool:
    """Whether a learner who earned nothing may not hear it."""
    return fact.disclosure in (Disclosure.TRUST, Disclosure.NEVER)


def deciding(check: Check) -> Detector:
    """What decides a check where there is no model to judge it."""
    return check.detector.otherwise or check.detector


@dataclass(frozen=True)
class Planned:
    """One check, and the turns that a learner means to answer it with."""

    path: str
    check: Check
    turns: Turns


class Material:
    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.checks = tuple(every_check(scenario.rubric))
        self.facts = {fact.id: fact for fact in scenario.facts}
        self.guarded = tuple(fact for fact in scenario.facts if is_guarded(fact))

    def shown(self, check: Check) -> tuple[Turns, ...]:
        """Ways to meet a check by speaking; none where it is met by keeping from something."""
        detector = deciding(check)
        if detector.type == "absence":
            return ()
        if check.examples.shown:
            return check.examples.shown
        match detector.type:
            case "phrase" if check.speaker == "user":
                return tuple((example(cue),) for cue in detector.any_of)
            case "order" if check.speaker == "user":
                return ((example(detector.first[0]), example(detector.then[0])),)
            case "fact":
                return tuple((question,) for question in self.questions(self.facts[detector.fact]))
        return ()

    def missed(self, check: Check) -> tuple[Turns, ...]:
        """Ways to come near a check, or to break it."""
        detector = deciding(check)
        if check.examples.missed:
            return check.examples.missed
        if detector.type == "absence" and check.speaker == "user":
            return tuple((example(cue),) for cue in detector.none_of)
        return ()

    def beside(self, check: Check) -> tuple[Turns, ...]:
        """Ways to miss a check that meet no other check by the way, as far as the words tell."""
        return tuple(turns for turns in self.missed(check) if not self._met_by(turns, besides=check))

    def questions(self, fact: Fact) -> tuple[str, ...]:
        """Ways to ask for a fact; those that earn trust by the way only if there are no others."""
        asked = [example(cue) for cue in fact.cues]
        return tuple(text for text in asked if not self._earns(text)) or tuple(asked)

    @cached_property
    def earning(self) -> tuple[StanceRule, ...]:
        return tuple(rule for rule in self.scenario.stance.rules if rule.delta > 0)

    @cached_property
    def goodbyes(self) -> tuple[str, ...]:
        """Farewells that ask for nothing and break no check."""
        texts = [example(cue) for cue in self.scenario.script.farewell.cues]
        taken = [cue for fact in self.scenario.facts for cue in fact.cues]
        return tuple(text for text in texts if best(taken, text) is None and not self.breaks(text)) or tuple(texts)

    def breaks(self, text: str) -> bool:
        """Whether it holds what some check wants left out."""
        return any(best(check.detector.none_of, text) for _, check in self.checks if check.detector.type == "absence")

    def leaves(self, turns: Turns) -> bool:
        """Whether it may end the call."""
        return any(best(self.scenario.script.farewell.cues, text) for text in turns)

    def plan(self, chance: Chance) -> list[Planned]:
        """A way to meet each check, in the rubric's order, but what says goodbye last."""
        ways = [
            Planned(path, check, pick(chance, self.shown(check))) for path, check in self.checks if self.shown(check)
        ]
        return sorted(ways, key=lambda way: self.leaves(way.turns))

    def hasty(self, turns: Turns, before: list[str]) -> list[Check]:
        """Checks of order that these turns would spoil: they say the second thing, and the first was never said."""
        spoiled = []
        for _, check in self.checks:
            detector = deciding(check)
            if detector.type != "order" or check.speaker != "user":
                continue
            if any(best([*detector.first, *detector.then], text) for text in before):
                continue
            first = next((text for text in turns if best([*detector.first, *detector.then], text)), None)
            if first is None or (then := earliest(detector.then, first)) is None:
                continue
            begun = earliest(detector.first, first)
            if begun is None or begun.start > then.start:
                spoiled.append(check)
        return spoiled

    def _met_by(self, turns: Turns, besides: Check) -> bool:
        for _, check in self.checks:
            detector = deciding(check)
            asked = self.facts[detector.fact].cues if detector.type == "fact" else ()
            cues = [*asked, *detector.first, *(detector.any_of if check.speaker == "user" else ())]
            if check is not besides and any(best(cues, text) for text in turns):
                return True
        return False

    def _earns(self, text: str) -> bool:
        return any(best(rule.cues, text) for rule in self.scenario.stance.rules if rule.delta > 0)


def right_answer(item: QuizItem) -> str:
    return item.answer


def wrong_answer(item: QuizItem) -> str:
    return next((option for option in item.options if option != item.answer), "I have no idea.")
