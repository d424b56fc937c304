"""What came of one rehearsed call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vivavoce.lesson.transcript import Line


@dataclass(frozen=True, slots=True)
class Played:
    """One call, as its record tells it."""

    lines: tuple[Line, ...]
    """With the times at which they would have been spoken."""
    grades: tuple[dict[str, Any], ...]
    """In order; the last one stands."""
    quizzes: int
    ended: tuple[str, ...]
    """The reasons of all `vivavoce.ended`; there should be one."""
    errors: tuple[str, ...]
    """Messages of the error events and of the notices that say that something failed."""
    prompts: tuple[tuple[int, str], ...]
    """Each version of the persona's instructions, with the number of the learner's turns before it."""
    public: tuple[str, ...]
    """All texts that the page got of the lesson before the call."""
    seconds: float
    """How long the call took on its own clock."""

    @property
    def grade(self) -> dict[str, Any] | None:
        return self.grades[-1] if self.grades else None

    @property
    def score(self) -> int:
        return int(self.grade["score"]) if self.grade else 0

    @property
    def passed(self) -> bool:
        return bool(self.grade and self.grade["passed"])

    @property
    def learner_said(self) -> list[str]:
        return [line.text for line in self.lines if line.role == "user"]

    @property
    def results(self) -> dict[str, str]:
        """The result of each check by its id; empty when there is no grade."""
        criteria = self.grade["criteria"] if self.grade else []
        return {check["id"]: check["result"] for criterion in criteria for check in criterion["checks"]}
