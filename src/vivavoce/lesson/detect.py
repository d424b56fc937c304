"""Whether the transcript shows what a check asks for, and where.

Every piece of evidence is a span of a recorded line of the right speaker, and of the persona's lines only of what was
heard. What the lines say about grading moves nothing: they are compared with cues, never obeyed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vivavoce.lesson.transcript import Line, Role, Transcript
from vivavoce.scenario.match import Match, best, earliest
from vivavoce.scenario.model import Check, Fact
from vivavoce.scenario.words import sentence_around

MAX_EVIDENCE = 3
"""Quotes shown for one check."""
MAX_QUOTE = 240
"""Characters of a quote; a longer sentence is cut to the words that matched."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """text[start:end] == quote, in the line `item_id`."""

    item_id: str
    role: Role
    quote: str
    start: int
    end: int
    at: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a check was met. The evidence of a missed one is what speaks against it."""

    shown: bool
    evidence: tuple[Evidence, ...] = ()


def detect(check: Check, facts: Sequence[Fact], transcript: Transcript) -> Finding:
    lines = sorted(transcript, key=lambda line: line.order)
    spoken = [line for line in lines if line.role == check.speaker]
    detector = check.detector
    match detector.type:
        case "phrase":
            quotes = tuple(_quotes(detector.any_of, spoken))
            return Finding(bool(quotes), quotes[:MAX_EVIDENCE])
        case "order":
            return _in_order(detector.first, detector.then, spoken)
        case "fact":
            return _told(next(fact for fact in facts if fact.id == detector.fact), lines)
        case "absence":
            against = tuple(_quotes(detector.none_of, spoken))
            took_part = any(line.role == "user" and line.heard.strip() for line in lines)
            return Finding(took_part and not against, against[:MAX_EVIDENCE])


def _quotes(cues: Sequence[str], lines: Sequence[Line]) -> Iterator[Evidence]:
    for line in lines:
        if match := best(cues, line.heard):
            yield _quote(line, match)


def _in_order(first: Sequence[str], then: Sequence[str], lines: Sequence[Line]) -> Finding:
    """Met when the earliest `first` begins before the earliest `then`."""
    before, after = _earliest(first, lines), _earliest(then, lines)
    if before is None or after is None:
        return Finding(False)
    (i, first_match), (j, then_match) = before, after
    shown = (i, first_match.start) < (j, then_match.start)
    quotes = [_quote(lines[i], first_match), _quote(lines[j], then_match)]
    return Finding(True, tuple(dict.fromkeys(quotes))) if shown else Finding(False)


def _earliest(cues: Sequence[str], lines: Sequence[Line]) -> tuple[int, Match] | None:
    return next(((i, match) for i, line in enumerate(lines) if (match := earliest(cues, line.heard))), None)


def _told(fact: Fact, lines: Sequence[Line]) -> Finding:
    """Met when the persona told the fact; the learner's question before it is quoted too."""
    for i, line in enumerate(lines):
        if line.role != "assistant" or not (told := best(fact.told, line.heard)):
            continue
        quotes = [_quote(line, told)]
        question = next((lines[j] for j in range(i - 1, -1, -1) if lines[j].role == "user"), None)
        if question and (asked := best(fact.cues, question.heard)):
            quotes.insert(0, _quote(question, asked))
        return Finding(True, tuple(quotes))
    return Finding(False)


def _quote(line: Line, match: Match) -> Evidence:
    """The sentence around a match, so that a reader can judge it."""
    start, end = sentence_around(line.heard, match.start, match.end)
    if end - start > MAX_QUOTE:
        start, end = match.start, match.end
    return Evidence(line.item_id, line.role, line.text[start:end], start, end, line.at)
