"""What of the lesson has happened in a call."""

from __future__ import annotations

from dataclasses import dataclass, field

from vivavoce.lesson.goals import OpenGoals
from vivavoce.lesson.record import HintGiven
from vivavoce.protocol.message import Event


@dataclass(slots=True)
class LessonState:
    goals: OpenGoals
    grade: Event | None = None
    """The newest grade, as it was recorded."""
    regrading: bool = False
    """The answers to the quiz are being counted."""
    quiz_asked: bool = False
    quiz_items: frozenset[str] = frozenset()
    """Questions that were asked."""
    marks: dict[str, bool] = field(default_factory=dict)
    """Whether the answers were right; the first answer to a question counts."""
    marks_seen: dict[str, int] = field(default_factory=dict)
    """How many of them each grading of the call had before it, by its call id."""
    marks_counted: int = 0
    """How many of them are in the grade."""
    hints: tuple[HintGiven, ...] = ()
    may_keep_audio: bool | None = None
    """What the learner said to keeping the sound; None before they said anything."""

    @property
    def graded(self) -> bool:
        return self.grade is not None
