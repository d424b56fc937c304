"""Choices of the simulated learners. Chance is handed in, so that the same seed always plays the same call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Chance(Protocol):
    """What `random.Random` is."""

    def random(self) -> float:
        """A number from 0 up to, and without, 1."""


Chances = Callable[[str], Chance]
"""Makes the chance that belongs to a text; the same for the same text, on every machine. `random.Random` does."""


def pick(chance: Chance, among: Sequence[T]) -> T:
    return among[int(chance.random() * len(among))]


def shuffled(chance: Chance, items: Sequence[T]) -> list[T]:
    """All of them in another order (Fisher and Yates)."""
    mixed = list(items)
    for last in range(len(mixed) - 1, 0, -1):
        other = int(chance.random() * (last + 1))
        mixed[last], mixed[other] = mixed[other], mixed[last]
    return mixed


def some(chance: Chance, items: Sequence[T], share: float) -> list[T]:
    """About this share of them, as near as whole ones come, in their order."""
    wanted = int(share * len(items) + 0.5)
    chosen = set(shuffled(chance, range(len(items)))[:wanted])
    return [item for i, item in enumerate(items) if i in chosen]
