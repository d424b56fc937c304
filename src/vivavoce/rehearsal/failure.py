"""What a rehearsal finds wrong with a lesson."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Failure:
    part: str
    """A learner's id, or "lint", "examples", "tests", "together"."""
    field: str
    """Path of the field in the lesson's file; empty for the whole of it."""
    reason: str
    fix: str
    """What its author can do."""
    seeds: tuple[int, ...] = ()
    """The runs in which it showed."""

    @property
    def again(self) -> str:
        """The options of `vivavoce rehearse` that show the first call in which it happened; empty when none did."""
        return f"--learner {self.part} --seed {self.seeds[0]} --runs 1 --show" if self.seeds else ""

    def to_json(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "field": self.field,
            "reason": self.reason,
            "fix": self.fix,
            "seeds": list(self.seeds),
        }

    def __str__(self) -> str:
        where = self.part if not self.seeds else f"{self.part}, seed {', '.join(map(str, self.seeds))}"
        said = f"{where}: {self.field + ': ' if self.field else ''}{self.reason}"
        advice = [self.fix, f"see it with {self.again}" if self.again else ""]
        return "; ".join(filter(None, [said, *advice]))


def merged(failures: Iterable[Failure]) -> list[Failure]:
    """The same failure of several runs as one, with all their seeds."""
    found: dict[Failure, list[int]] = {}
    for failure in failures:
        found.setdefault(replace(failure, seeds=()), []).extend(failure.seeds)
    return [replace(failure, seeds=tuple(sorted(set(seeds)))) for failure, seeds in found.items()]
