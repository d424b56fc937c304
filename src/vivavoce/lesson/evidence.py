"""A verbatim piece of the record, and the last word on whether it is one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final

from vivavoce.lesson.transcript import Line, Role, Transcript

MAX_EVIDENCE = 3
"""Quotes shown for one check."""
MAX_QUOTE = 240
"""Characters of a quote."""
_PLAIN: Final = str.maketrans("\u2018\u2019\u201a\u201b\u02bc\u201c\u201d\u201e\u201f\u00ab\u00bb", "'" * 5 + '"' * 6)
"""Quotation marks and apostrophes as a keyboard has them; one character for one, so that places stay."""


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


def quote(line: Line, start: int, end: int) -> Evidence:
    return Evidence(line.item_id, line.role, line.text[start:end], start, end, line.at)


def is_recorded(evidence: Evidence, transcript: Transcript) -> bool:
    """Whether these words stand there, in what was heard of a line of this speaker."""
    return any(
        line.item_id == evidence.item_id
        and line.role == evidence.role
        and line.at == evidence.at
        and 0 <= evidence.start < evidence.end <= len(line.heard)
        and line.heard[evidence.start : evidence.end] == evidence.quote
        and bool(evidence.quote.strip())
        for line in transcript
    )


def proves(evidence: Collection[Evidence], speaker: Role, transcript: Transcript) -> bool:
    """Whether every quote is recorded, and one of them at least is the speaker's."""
    return all(is_recorded(piece, transcript) for piece in evidence) and any(
        piece.role == speaker for piece in evidence
    )


def locate(words: str, text: str) -> tuple[int, int] | None:
    """Where somebody's quote stands in a text, letter by letter; white space and the form of quotation marks apart.

    It must hold whole words: a piece of a word can be found anywhere.
    """
    wanted = " ".join(words.translate(_PLAIN).split())
    plain, places = _single_spaced(text.translate(_PLAIN))
    if not any(character.isalnum() for character in wanted):
        return None
    at = plain.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not (_within_word(plain, at) or _within_word(plain, end)):
            return places[at], places[end - 1] + 1
        at = plain.find(wanted, at + 1)
    return None


def _single_spaced(text: str) -> tuple[str, list[int]]:
    """The text with single spaces, and for each of its characters its place in the text."""
    kept = [i for i, c in enumerate(text) if not c.isspace() or (i > 0 and not text[i - 1].isspace())]
    return "".join(" " if text[i].isspace() else text[i] for i in kept), kept


def _within_word(text: str, at: int) -> bool:
    """Whether a word goes on from before this place to after it."""
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()
