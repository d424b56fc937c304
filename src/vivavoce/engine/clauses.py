"""A reply cut into pieces that are spoken one by one, so that the first is heard while the rest is still to come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

LONG_CHARS = 140
"""A sentence beyond this is spoken in pieces."""
FIRST_LONG_CHARS = 70
"""The first sentence sooner: it decides how long the learner waits."""
_LEAST_CHARS = 25
"""A piece shorter than this sounds chopped off."""
_MOST_CHARS = 300
"""Where nobody breathes, a piece ends with a word, or in it, so that no voice has to say any amount at once."""

# A sentence ends before a capital or a figure. Runs of dots and of blanks are tried from their beginning only: tried
# from each of its characters, a long one would take forever.
_SENTENCE_END = re.compile(
    r"""(?<![.!?…])[.!?…]++["'”\u2019)\]]*\s++(?=["'“\u2018(\[¿¡]?[A-Z0-9À-ÖØ-Þ¿¡]|[^\x00-\u024f])
    | [。\uff01\uff1f]+\s*
    | (?<!\s)\s*\n\s*""",
    re.VERBOSE,
)
_BREATH = re.compile(r"[,;:]\s+|(?<!\s)\s+[—\u2013]\s+")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Prof|No|vs|e\.g|i\.e|approx)\.\s+$")
_UNDECIDED = re.compile(r"""(?<![\s"'“\u2018(\[¿¡])[\s"'“\u2018(\[¿¡]*\Z""")
"""What may belong to the next sentence, once it is there."""


class Clauses:
    """Takes a text as it comes and gives its clauses as soon as they are sure: the same, however the text is cut.

    Joined they are the text again, without the space around it.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._given = 0
        """Characters of the first sentence in `_rest` that were given already."""
        self._longest = FIRST_LONG_CHARS

    def take(self, text: str) -> list[str]:
        rest = (self._rest + text).lstrip() if self._is_new else self._rest + text
        tail = _UNDECIDED.search(rest)
        sure = rest[: tail.start()] if tail else rest
        *whole, last = self._sentences(sure)
        found = [clause for sentence in whole for clause in self._spoken(sentence)]
        *begun, left = self._breaths(last)
        self._given += sum(map(len, begun))
        self._rest = left + rest[len(sure) :]
        return found + begun

    def end(self) -> list[str]:
        """The clauses that are left: no more text will come."""
        *whole, last = self._sentences(self._rest.rstrip())
        self._rest = ""
        return [clause for sentence in [*whole, last] for clause in self._spoken(sentence) if clause]

    @property
    def _is_new(self) -> bool:
        return not self._given and self._longest == FIRST_LONG_CHARS

    def _sentences(self, text: str) -> list[str]:
        pieces = [""]
        for sentence in _cut(text, _SENTENCE_END):
            said = len(pieces[-1]) + (self._given if len(pieces) == 1 else 0)
            if not pieces[-1] or _ABBREVIATION.search(pieces[-1]) or said + len(sentence) < _LEAST_CHARS:
                pieces[-1] += sentence
            else:
                pieces.append(sentence)
        return pieces

    def _spoken(self, sentence: str) -> list[str]:
        """A whole sentence's clauses."""
        clauses = self._breaths(sentence)
        self._given, self._longest = 0, LONG_CHARS
        return clauses

    def _breaths(self, sentence: str) -> list[str]:
        """A long sentence cut where a speaker would take a breath, and nowhere else."""
        if self._given + len(sentence) <= self._longest:
            return [sentence]
        parts = [""]
        pieces = (piece for breath in _cut(sentence, _BREATH) for piece in _bounded(breath))
        for piece in pieces:
            short = len(piece) < _LEAST_CHARS and len(parts[-1]) + len(piece) <= _MOST_CHARS
            if short or len(parts[-1]) < _LEAST_CHARS:
                parts[-1] += piece
            else:
                parts.append(piece)
        return parts


def _bounded(text: str) -> Iterator[str]:
    while len(text) > _MOST_CHARS:
        blank = text.rfind(" ", _LEAST_CHARS, _MOST_CHARS)
        end = blank if blank > 0 else _MOST_CHARS
        yield text[:end]
        text = text[end:]
    yield text


def _cut(text: str, end: re.Pattern[str]) -> list[str]:
    places = [0, *(match.end() for match in end.finditer(text)), len(text)]
    return [text[a:b] for a, b in pairwise(places) if b > a]
