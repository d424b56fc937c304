"""How the persona's trust follows the learner's words."""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.scenario.match import is_said
from vivavoce.scenario.model import Stance, StanceRule


@dataclass(frozen=True, slots=True)
class StanceState:
    trust: int
    used: frozenset[str] = frozenset()
    """Ids of the rules that have fired."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one turn of the learner did: the new state, and the rules that fired, in the author's order."""

    state: StanceState
    fired: tuple[StanceRule, ...]


def starting(stance: Stance) -> StanceState:
    return StanceState(stance.start)


def observe(stance: Stance, state: StanceState, learner_text: str) -> Observed:
    fired = tuple(
        rule for rule in stance.rules if not (rule.once and rule.id in state.used) and is_said(rule.cues, learner_text)
    )
    trust = state.trust + sum(rule.delta for rule in fired)
    trust = max(stance.minimum, min(stance.maximum, trust))
    return Observed(StanceState(trust, state.used | {rule.id for rule in fired}), fired)
