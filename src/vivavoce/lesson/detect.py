"""Whether a record shows what a check asks for, and where, without a language model.

Every piece of evidence is a span of a recorded line of the right speaker, and of the persona's lines only of what was
heard. What the lines say about grading moves nothing: they are compared with cues, never obeyed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vivavoce.lesson.evidence import MAX_EVIDENCE, MAX_QUOTE, Evidence, quote
from vivavoce.lesson.measures import UNITS, measure_all
from vivavoce.lesson.record import Record
from vivavoce.lesson.transcript import Line
from vivavoce.scenario.match import Match, best, earliest
from vivavoce.scenario.model import Check, Detector, Fact, Scenario
from vivavoce.scenario.words import sentence_around

Result = Literal["shown", "missed", "unproven"]
"""unproven: said to be met, but the record does not prove it; it never counts."""
DecidedBy = Literal["words", "measure", "quiz", "judge"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a check. The evidence of a missed one is what speaks against it."""

    result: Result
    evidence: tuple[Evidence, ...] = ()
    decided_by: DecidedBy = "words"
    note: str | None = None
    """What a reader must know beside the result, in a sentence."""


def detect(check: Check, scenario: Scenario, record: Record) -> Finding:
    """A check that a judge would decide is decided by what stands in for it."""
    detector = check.detector
    lines = record.lines
    spoken = [line for line in lines if line.role == check.speaker]
    match detector.type:
        case "phrase":
            quotes = tuple(_quotes(detector.any_of, spoken))
            return Finding("shown" if quotes else "missed", quotes[:MAX_EVIDENCE])
        case "order":
            return _in_order(detector.first, detector.then, spoken)
        case "fact":
            return _told(next(fact for fact in scenario.facts if fact.id == detector.fact), lines)
        case "absence":
            against = tuple(_quotes(detector.none_of, spoken))
            shown = took_part(record) and not against
            return Finding("shown" if shown else "missed", against[:MAX_EVIDENCE])
        case "measure":
            return _measured(detector, scenario, record)
        case "quiz":
            return _answered(detector.item, record)
        case "judge":
            if detector.otherwise is None:
                return Finding("unproven", note="There is no judge, and nothing that decides in its place.")
            return detect(replace(check, detector=detector.otherwise), scenario, record)


def took_part(record: Record) -> bool:
    """Whether the learner said anything; who did not has avoided no fault."""
    return any(line.role == "user" and line.heard.strip() for line in record.transcript)


def _quotes(cues: Sequence[str], lines: Sequence[Line]) -> Iterator[Evidence]:
    for line in lines:
        if match := best(cues, line.heard):
            yield _quote(line, match)


def _in_order(first: Sequence[str], then: Sequence[str], lines: Sequence[Line]) -> Finding:
    """Met when the earliest `first` begins before the earliest `then`."""
    before, after = _earliest(first, lines), _earliest(then, lines)
    if before is None or after is None:
        return Finding("missed")
    (i, first_match), (j, then_match) = before, after
    quotes = [_quote(lines[i], first_match), _quote(lines[j], then_match)]
    in_order = (i, first_match.start) < (j, then_match.start)
    return Finding("shown", tuple(dict.fromkeys(quotes))) if in_order else Finding("missed")


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
        return Finding("shown", tuple(quotes))
    return Finding("missed")


def _measured(detector: Detector, scenario: Scenario, record: Record) -> Finding:
    """Met within the range; what could not be measured is neither good nor bad."""
    value = measure_all(record, scenario.locale)[detector.measure]
    if value is None:
        return Finding("unproven", (), "measure", "This could not be measured in this call.")
    within = (detector.least is None or value >= detector.least) and (detector.most is None or value <= detector.most)
    unit = UNITS[detector.measure]
    return Finding("shown" if within else "missed", (), "measure", f"Measured: {value:g} {unit}".rstrip() + ".")


def _answered(item: str, record: Record) -> Finding:
    correct = record.marks.get(item)
    if correct is None:
        return Finding("missed", (), "quiz", "The question has not been answered.")
    return Finding("shown" if correct else "missed", (), "quiz")


def _quote(line: Line, match: Match) -> Evidence:
    """The sentence around a match, so that a reader can judge it; a very long one is cut to the words that matched."""
    start, end = sentence_around(line.heard, match.start, match.end)
    if end - start > MAX_QUOTE:
        start, end = match.start, match.end
    return quote(line, start, end)
