"""How somebody spoke, from the times of what was said and from its words. Nothing about what they felt.

Only the learner is measured. A value is None where the call does not tell: times and sounds of typed lines, fillers of
a language without a list, a rate over too little speech. Lines that an earlier call left to this one have words, and no
times.

talk_share         the learner's part of the time in which either of the two spoke
words_per_minute   over the learner's spoken lines
fillers_per_100    fillers per 100 words of the learner's spoken lines (fillers.py)
longest_turn_s     the longest time that the learner spoke without an answer in between
questions          sentences of the learner that ask, spoken or typed
response_delay_s   the median time from the end of the persona's words to the beginning of the learner's
interruptions      how often the learner spoke into the persona's words, which were cut off
interrupted        how often the persona began while the learner was speaking
silences           how often nobody spoke for SILENCE_SECONDS or longer when it was the learner's turn
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import fsum
from statistics import median
from typing import Final

from vivavoce.lesson.asides import without_asides
from vivavoce.lesson.fillers import count_fillers, count_words, knows
from vivavoce.lesson.questions import count_questions
from vivavoce.lesson.record import Record
from vivavoce.lesson.transcript import SEEDED, Line, Role
from vivavoce.scenario.model import MeasureId

UNITS: Final[dict[MeasureId, str]] = {
    "talk_share": "%",
    "words_per_minute": "words/min",
    "fillers_per_100": "per 100 words",
    "longest_turn_s": "s",
    "questions": "",
    "response_delay_s": "s",
    "interruptions": "",
    "interrupted": "",
    "silences": "",
}
"""Counts have no unit."""
SILENCE_SECONDS: Final = 5.0
"""A learner of a language may think for a while; from here on it is a pause that a partner notices."""
LEAST_SPEECH_SECONDS: Final = 5.0
"""Of speech, below which a rate says nothing."""
LEAST_WORDS: Final = 20
"""Of speech, below which a share of words says nothing."""
_OVERLAP_SECONDS: Final = 0.3
"""A beginning this little before the other's end is no interruption: turns touch."""


def measure_all(record: Record, locale: str, asks: tuple[str, ...] = ()) -> dict[MeasureId, float | None]:
    """`asks`: the rubric's questions, which are no questions to the persona."""
    timed = sorted(filter(_is_timed, record.transcript), key=lambda line: (line.at, line.order))
    own = [line for line in timed if line.role == "user"]
    values: dict[MeasureId, float | None] = {
        "talk_share": _talk_share(record, timed, own),
        "words_per_minute": _words_per_minute(own),
        "fillers_per_100": _fillers_per_100(record, locale),
        "longest_turn_s": _longest_turn(record),
        "questions": _questions(record, locale, asks),
        "response_delay_s": _response_delay(record),
        "interruptions": float(len(interruptions(record))) if own else None,
        "interrupted": float(sum(1 for _ in _overlaps(timed))) if own else None,
        "silences": float(len(silent_spans(record))) if own else None,
    }
    return {name: None if value is None else round(value, 1) for name, value in values.items()}


def silent_spans(record: Record) -> tuple[tuple[float, float], ...]:
    """From when to when nobody spoke, for SILENCE_SECONDS or longer, though it was the learner's turn.

    Such a pause ends with the learner's words, or with the persona asking after them.
    """
    spans = []
    before: Line | None = None
    for line in sorted(record.transcript, key=lambda line: (line.at, line.order)):
        pause = line.at - before.until if before else 0.0
        owed = line.role == "user" or (before is not None and before.role == "assistant")
        if before and owed and _is_timed(line) and pause >= SILENCE_SECONDS:
            spans.append((before.until, line.at))
        before = line if before is None or line.until >= before.until else before
    return tuple(spans)


def interruptions(record: Record) -> tuple[Line, ...]:
    """The persona's lines that the learner cut off by speaking."""
    lines = [line for line in record.lines if not _is_seeded(line)]
    return tuple(
        line
        for i, line in enumerate(lines)
        if line.role == "assistant" and line.interrupted and _next_source(lines[i + 1 :]) == "voice"
    )


def is_within(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _seconds(lines: Iterable[Line]) -> float:
    return fsum(max(0.0, line.until - line.at) for line in lines)


def _is_timed(line: Line) -> bool:
    """Whether it was spoken, and it is known for how long; the persona may have been cut off at once."""
    cut = line.role == "assistant" and line.interrupted
    return line.source == "voice" and (line.until > line.at or cut)


def _is_seeded(line: Line) -> bool:
    return line.item_id.startswith(SEEDED)


def _talk_share(record: Record, timed: Sequence[Line], own: Sequence[Line]) -> float | None:
    """Known only when every line of this call was spoken."""
    if not own or not all(_is_timed(line) or _is_seeded(line) for line in record.transcript):
        return None
    return 100 * _seconds(own) / _seconds(timed)


def _words_per_minute(own: Sequence[Line]) -> float | None:
    seconds = _seconds(own)
    return 60 * sum(count_words(line.text) for line in own) / seconds if seconds >= LEAST_SPEECH_SECONDS else None


def _fillers_per_100(record: Record, locale: str) -> float | None:
    spoken = [line.text for line in record.transcript if line.role == "user" and line.source == "voice"]
    words = sum(map(count_words, spoken))
    if words < LEAST_WORDS or not knows(locale):
        return None
    return 100 * sum(count_fillers(text, locale) for text in spoken) / words


def _questions(record: Record, locale: str, asks: tuple[str, ...]) -> float:
    own = (without_asides(line.heard, asks) for line in record.transcript if line.role == "user")
    return float(sum(count_questions(text, locale) for text in own))


def _longest_turn(record: Record) -> float | None:
    """Lines of the learner without a word of the persona between them are one turn."""
    turns: list[float] = []
    last: Role | None = None
    for line in record.lines:
        if line.role == "user" and _is_timed(line):
            if last == "user":
                turns[-1] += _seconds([line])
            else:
                turns.append(_seconds([line]))
        last = line.role if line.role == "assistant" or _is_timed(line) else last
    return max(turns, default=None)


def _response_delay(record: Record) -> float | None:
    lines = record.lines
    delays = [
        line.at - before.until
        for before, line in pairwise(lines)
        if (before.role, line.role) == ("assistant", "user")
        and _is_timed(before)
        and _is_timed(line)
        and not before.interrupted
        and line.at >= before.until
    ]
    return median(delays) if delays else None


def _overlaps(timed: Sequence[Line]) -> Iterator[Line]:
    """The persona's lines that began well before a line of the learner was over."""
    for line in timed:
        if line.role == "assistant" and any(
            other.role == "user" and other.at < line.at < other.until - _OVERLAP_SECONDS for other in timed
        ):
            yield line


def _next_source(lines: Sequence[Line]) -> str:
    return next((line.source for line in lines if line.role == "user"), "")
