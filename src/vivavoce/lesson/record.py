"""What is known of a call when it is graded: what was said, which help was given, how the quiz was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from vivavoce.lesson.transcript import SEEDED, Line, Transcript

_LINE_FIELDS: Final = frozenset(field.name for field in fields(Line))


@dataclass(frozen=True, slots=True)
class HintGiven:
    """One rung of a ladder of help that the learner asked for."""

    hint: int
    """Place in the scenario's `support.hints`."""
    rung: int
    """1 nudge, 2 phrase, 3 script."""
    at: float


@dataclass(frozen=True, slots=True)
class Record:
    transcript: Transcript
    hints: tuple[HintGiven, ...] = ()
    marks: Mapping[str, bool] = field(default_factory=dict)
    """Whether the answer to a question of the quiz was right, by the question's id; those answered so far."""
    seconds: float = 0.0
    """How long the call has taken."""
    earlier: Mapping[str, Any] | None = None
    """The newest grade that the call has, as JSON; where only the quiz is new, what a judge decided in it stands."""

    @property
    def lines(self) -> Transcript:
        """What was said, in the order of the conversation."""
        return tuple(sorted(self.transcript, key=lambda line: line.order))

    @property
    def learner_turns(self) -> int:
        return sum(1 for line in self.transcript if line.role == "user" and line.text)

    @property
    def only_seeded(self) -> bool:
        """Whether the learner said nothing in this call itself, whatever an earlier one left to it."""
        return not any(
            line.role == "user" and line.text and not line.item_id.startswith(SEEDED) for line in self.transcript
        )


def record_of(events: Iterable[Mapping[str, Any]]) -> Record:
    """The record that a call's durable events hold, in the order in which they were stored.

    The newest line of an item stands; of a question the first answer.
    """
    lines: dict[str, Line] = {}
    hints: list[HintGiven] = []
    marks: dict[str, bool] = {}
    seconds = 0.0
    earlier: Mapping[str, Any] | None = None
    for event in events:
        match event.get("type"):
            case "vivavoce.transcript":
                line = line_of(event["line"])
                lines[line.item_id] = line
            case "vivavoce.hint":
                hints.append(HintGiven(event["hint"], event["rung"], event.get("at", 0.0)))
            case "vivavoce.quiz.marked":
                marks.setdefault(event["item_id"], event["correct"])
            case "vivavoce.ended":
                seconds = event["seconds"]
            case "vivavoce.grade":
                earlier = event["grade"]
    ordered = sorted((line for line in lines.values() if line.text), key=lambda line: line.order)
    return Record(tuple(ordered), tuple(hints), marks, seconds, earlier)


def line_of(data: Mapping[str, Any]) -> Line:
    """A line as it was recorded; records from before `until` was noted have lines that took no time."""
    known = {name: value for name, value in data.items() if name in _LINE_FIELDS}
    return Line(**{"until": data["at"], **known})
