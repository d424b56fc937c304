"""The rehearsal of one lesson, part by part, so that a caller can stop at the first failure or show how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vivavoce.rehearsal.authored import failed_tests, wrong_examples
from vivavoce.rehearsal.chance import Chances
from vivavoce.rehearsal.conduct import given_away, misconduct
from vivavoce.rehearsal.failure import Failure, merged
from vivavoce.rehearsal.fairness import misjudged, together
from vivavoce.rehearsal.learners import LEARNERS, PLAIN
from vivavoce.rehearsal.material import Material
from vivavoce.rehearsal.pace import within_targets
from vivavoce.rehearsal.played import Played
from vivavoce.rehearsal.stage import play, saying
from vivavoce.scenario.model import Check, Scenario

RUNS: Final = 5
SEED: Final = 1
PARTS: Final = ("examples", "tests", *LEARNERS, "together")


class Rehearsal:
    """Calls are played when a part needs them, once each."""

    def __init__(
        self,
        scenario: Scenario,
        chances: Chances,
        *,
        runs: int = RUNS,
        seed: int = SEED,
        persona: Scenario | None = None,
    ) -> None:
        """`persona`: the lesson as the engine plays it, to prove that a persona which gives in is found out."""
        self.scenario = scenario
        self.seeds = tuple(range(seed, seed + runs))
        self.seconds: list[float] = []
        """How long each call took, on its own clock."""
        self._chances = chances
        self._persona = persona or scenario
        self._material = Material(scenario)
        self._calls: dict[tuple[str, int], Played] = {}

    def failures(self, part: str) -> list[Failure]:
        """What one of PARTS finds wrong."""
        return merged(self.found(part))

    def found(self, part: str) -> Iterator[Failure]:
        """The same as they are found, call by call, for who wants to know the first one only."""
        scenario = self.scenario
        match part:
            case "examples":
                yield from wrong_examples(scenario, self._persona, self.seconds)
            case "tests":
                pace = within_targets(scenario, LEARNERS["ideal"].pace)
                yield from failed_tests(scenario, self._persona, pace, self.seconds)
            case "together":
                yield from together(scenario, {id: self.calls(id) for id in LEARNERS}, self._can_be_missed)
            case _:
                if part == "silent":  # what one learns without a word
                    yield from given_away(scenario, self.call(part, self.seeds[0]), part)
                for seed in self.seeds:
                    played = self.call(part, seed)
                    for failure in misconduct(scenario, played, part):
                        yield Failure(part, failure.field, failure.reason, failure.fix, (seed,))
                    yield from misjudged(scenario, LEARNERS[part], played, seed)

    def calls(self, learner: str) -> list[Played]:
        return [self.call(learner, seed) for seed in self.seeds]

    def call(self, learner: str, seed: int) -> Played:
        if (learner, seed) not in self._calls:
            self._calls[learner, seed] = self._play(learner, seed)
        return self._calls[learner, seed]

    def _play(self, id: str, seed: int) -> Played:
        learner = LEARNERS[id]
        chance = self._chances(f"{self.scenario.id}/{id}/{seed}")
        pace = within_targets(self.scenario, learner.pace) if learner.may_pass else learner.pace
        played = play(
            self.scenario,
            learner.talk(self._material, chance),
            pace,
            persona=self._persona,
            knows=lambda item: chance.random() < learner.knows,
        )
        self.seconds.append(played.seconds)
        return played

    def _can_be_missed(self, check: Check) -> bool:
        return any(
            play(self.scenario, saying(turns), PLAIN, persona=self._persona).results.get(check.id) == "missed"
            for turns in self._material.missed(check)
        )
