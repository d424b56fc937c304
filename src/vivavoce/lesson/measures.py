"""How somebody spoke, from the times of what was said and from its words. Nothing about what they felt.

Only the learner is measured. A value is None where the call does not tell: times and sounds of typed lines, fillers of
a language without a list, a rate over too little speech.

talk_share         the learner's part of the time in which either of the two spoke
words_per_minute   over the learner's spoken lines
fillers_per_100    fillers per 100 words of the learner's spoken lines (fillers.py)
longest_turn_s     the longest time that the learner spoke without an answer in between
questions          sentences of the learner that ask, spoken or typed
response_delay_s   the median time from the end of the persona's words to the beginning of the learner's
interruptions      how often the learner spoke into the persona's words, which were cut off
interrupted        how often the persona began while the learner was speaking
silences           how often nobody spoke for SILENCE_SECONDS or longer, from one line to the next
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from vivavoce.lesson.fillers import count_fillers, count_words, knows
from vivavoce.lesson.questions import count_questions
from vivavoce.lesson.record import Record
from vivavoce.lesson.transcript import Line, Role
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


def measure_all(record: Record, locale: str) -> dict[MeasureId, float | None]:
    timed = sorted(filter(_is_timed, record.transcript), key=lambda line: (line.at, line.order))
    own = [line for line in timed if line.role == "user"]
    values: dict[MeasureId, float | None] = {
        "talk_share": _talk_share(record, timed),
        "words_per_minute": _words_per_minute(own),
        "fillers_per_100": _fillers_per_100(record, locale),
        "longest_turn_s": _longest_turn(record),
        "questions": float(
            sum(count_questions(line.heard, locale) for line in record.transcript if line.role == "user")
        ),
        "response_delay_s": _response_delay(record),
        "interruptions": float(len(interruptions(record))) if own else None,
        "interrupted": float(sum(1 for _ in _overlaps(timed))) if own else None,
        "silences": float(len(silent_spans(record))) if own else None,
    }
    return {name: None if value is None else round(value, 1) for name, value in values.items()}


def silent_spans(record: Record) -> tuple[tuple[float, float], ...]:
    """From when to when nobody spoke, for SILENCE_SECONDS or longer, before a line that was then spoken."""
    spans = []
    end: float | None = None
    for line in sorted(record.transcript, key=lambda line: (line.at, line.order)):
        if end is not None and _is_timed(line) and line.at - end >= SILENCE_SECONDS:
            spans.append((end, line.at))
        end = max(line.until, line.at if end is None else end)
    return tuple(spans)


def interruptions(record: Record) -> tuple[Line, ...]:
    """The persona's lines that the learner cut off by speaking."""
    lines = record.lines
    return tuple(
        line
        for i, line in enumerate(lines)
        if line.role == "assistant" and line.interrupted and _next_source(lines[i + 1 :]) == "voice"
    )


def seconds_of(line: Line) -> float:
    return max(0.0, line.until - line.at)


def _is_timed(line: Line) -> bool:
    return line.source == "voice" and line.until > line.at


def _talk_share(record: Record, timed: Sequence[Line]) -> float | None:
    if not all(_is_timed(line) for line in record.transcript if line.role == "user"):
        return None
    own, all_of_it = (sum(map(seconds_of, lines)) for lines in ([x for x in timed if x.role == "user"], timed))
    return 100 * own / all_of_it if own else None


def _words_per_minute(own: Sequence[Line]) -> float | None:
    seconds = sum(map(seconds_of, own))
    return 60 * sum(count_words(line.text) for line in own) / seconds if seconds >= LEAST_SPEECH_SECONDS else None


def _fillers_per_100(record: Record, locale: str) -> float | None:
    spoken = [line.text for line in record.transcript if line.role == "user" and line.source == "voice"]
    words = sum(map(count_words, spoken))
    if words < LEAST_WORDS or not knows(locale):
        return None
    return 100 * sum(count_fillers(text, locale) for text in spoken) / words


def _questions(record: Record, locale: str) -> float:
    return float(sum(count_questions(line.text, locale) for line in record.transcript if line.role == "user"))


def _longest_turn(record: Record) -> float | None:
    """Lines of the learner without a word of the persona between them are one turn."""
    turns: list[float] = []
    last: Role | None = None
    for line in record.lines:
        if line.role == "user" and _is_timed(line):
            if last == "user":
                turns[-1] += seconds_of(line)
            else:
                turns.append(seconds_of(line))
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
