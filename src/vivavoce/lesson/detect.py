"""Whether a record shows what a check asks for, and where, without a language model.

Every piece of evidence is a span of a recorded line of the right speaker, and of the persona's lines only of what was
heard. What the lines say about grading moves nothing: they are compared with cues, never obeyed, and what the learner
says to a grader instead of the persona shows nothing (asides.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from vivavoce.lesson.asides import asks_of, counted
from vivavoce.lesson.evidence import MAX_EVIDENCE, MAX_QUOTE, Evidence, quote
from vivavoce.lesson.measures import UNITS, is_within, measure_all
from vivavoce.lesson.record import Record
from vivavoce.lesson.transcript import Line, Role
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


@dataclass(frozen=True, slots=True)
class _Said:
    """A line with the text of it that counts, in which every place is the line's."""

    line: Line
    text: str

    def quote(self, match: Match) -> Evidence:
        """The sentence around a match, so that a reader can judge it; a very long one is cut to the match."""
        start, end = sentence_around(self.text, match.start, match.end)
        if end - start > MAX_QUOTE:
            start, end = match.start, match.end
        return quote(self.line, start, end)


def detect(check: Check, scenario: Scenario, record: Record) -> Finding:
    """A check that a judge would decide is decided by what stands in for it."""
    detector = check.detector
    asks = asks_of(scenario)
    said = [_Said(line, counted(line, asks)) for line in record.lines]
    spoken = [words for words in said if words.line.role == check.speaker]
    match detector.type:
        case "phrase":
            quotes = _quotes(detector.any_of, spoken)
            return Finding("shown" if quotes else "missed", quotes)
        case "order":
            return _in_order(detector.first, detector.then, spoken)
        case "fact":
            return _told(_fact(check, scenario), said)
        case "absence":
            everything = [_Said(words.line, words.line.heard) for words in spoken]  # the persona hears asides too
            against = _quotes(detector.none_of, everything)
            shown = took_part(record) and not against
            return Finding("shown" if shown else "missed", against)
        case "measure":
            return _measured(detector, scenario, record)
        case "quiz":
            return _answered(detector.item, record)
        case "judge":
            if detector.otherwise is None:
                return Finding("unproven", note="There is no judge, and nothing that decides in its place.")
            return detect(replace(check, detector=detector.otherwise), scenario, record)


def in_one_line(check: Check, scenario: Scenario) -> tuple[Role, Sequence[str]] | None:
    """Who shows the check by saying one of which cues, in whichever line; None: no line shows it by itself."""
    match check.detector.type:
        case "phrase":
            return check.speaker, check.detector.any_of
        case "fact":
            return "assistant", _fact(check, scenario).told
        case _:
            return None


def took_part(record: Record) -> bool:
    """Whether the learner said anything; who did not has avoided no fault."""
    return any(line.role == "user" and line.heard.strip() for line in record.transcript)


def _quotes(cues: Sequence[str], said: Sequence[_Said]) -> tuple[Evidence, ...]:
    quotes = (words.quote(match) for words in said if (match := best(cues, words.text)))
    return tuple(islice(quotes, MAX_EVIDENCE))


def _in_order(first: Sequence[str], then: Sequence[str], said: Sequence[_Said]) -> Finding:
    """Met when the earliest `first` begins before the earliest `then`; else what came too early speaks against it."""
    before, after = _earliest(first, said), _earliest(then, said)
    if after is None:
        return Finding("missed")
    if before is None:
        return Finding("missed", (said[after[0]].quote(after[1]),))
    (i, first_match), (j, then_match) = before, after
    quotes = [said[i].quote(first_match), said[j].quote(then_match)]
    in_order = (i, first_match.start) < (j, then_match.start)
    return Finding("shown", tuple(dict.fromkeys(quotes))) if in_order else Finding("missed", (quotes[1],))


def _earliest(cues: Sequence[str], said: Sequence[_Said]) -> tuple[int, Match] | None:
    return next(((i, match) for i, words in enumerate(said) if (match := earliest(cues, words.text))), None)


def _fact(check: Check, scenario: Scenario) -> Fact:
    return next(fact for fact in scenario.facts if fact.id == check.detector.fact)


def _told(fact: Fact, said: Sequence[_Said]) -> Finding:
    """Met when the persona told the fact; the learner's question before it is quoted too."""
    for i, words in enumerate(said):
        if words.line.role != "assistant" or not (told := best(fact.told, words.text)):
            continue
        quotes = [words.quote(told)]
        question = next((said[j] for j in range(i - 1, -1, -1) if said[j].line.role == "user"), None)
        if question and (asked := best(fact.cues, question.text)):
            quotes.insert(0, question.quote(asked))
        return Finding("shown", tuple(quotes))
    return Finding("missed")


def _measured(detector: Detector, scenario: Scenario, record: Record) -> Finding:
    """Met within the range; what could not be measured is neither good nor bad."""
    value = measure_all(record, scenario.locale, asks_of(scenario))[detector.measure]
    if value is None:
        return Finding("unproven", (), "measure", "This could not be measured in this call.")
    within = is_within(value, detector.least, detector.most)
    unit = UNITS[detector.measure]
    return Finding("shown" if within else "missed", (), "measure", f"Measured: {value:g} {unit}".rstrip() + ".")


def _answered(item: str, record: Record) -> Finding:
    correct = record.marks.get(item)
    if correct is None:
        return Finding("missed", (), "quiz", "The question has not been answered.")
    return Finding("shown" if correct else "missed", (), "quiz")
