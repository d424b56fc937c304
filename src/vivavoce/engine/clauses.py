"""A reply cut into pieces that are spoken one by one, so that the first is heard while the rest is being made."""

from __future__ import annotations

import re
from itertools import pairwise

LONG_CHARS = 140
"""A sentence beyond this is spoken in pieces."""
FIRST_LONG_CHARS = 70
"""The first sentence sooner: it decides how long the learner waits."""
_LEAST_CHARS = 25
"""A piece shorter than this sounds chopped off."""

_SENTENCE_END = re.compile(
    r"""[.!?…]+["'”\u2019)\]]*\s+(?=["'“\u2018(\[¿¡]?[A-Z0-9À-ÖØ-Þ¿¡]|[^\x00-\u024f])  # before a capital or a figure
    | [。\uff01\uff1f]+\s*
    | \n+""",
    re.VERBOSE,
)
_BREATH = re.compile(r"[,;:]\s+|\s+[—\u2013]\s+")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Prof|No|vs|e\.g|i\.e|approx)\.\s+$")


def clauses(text: str) -> list[str]:
    """The pieces of `text`, in order; joined they are `text` again, without the space around it."""
    pieces: list[str] = []
    for sentence in _cut(text.strip(), _SENTENCE_END):
        if pieces and (_ABBREVIATION.search(pieces[-1]) or len(pieces[-1]) + len(sentence) < _LEAST_CHARS):
            pieces[-1] += sentence
        else:
            pieces.append(sentence)
    return [
        clause
        for index, sentence in enumerate(pieces)
        for clause in _breathe(sentence, LONG_CHARS if index else FIRST_LONG_CHARS)
    ]


def _cut(text: str, end: re.Pattern[str]) -> list[str]:
    places = [0, *(match.end() for match in end.finditer(text)), len(text)]
    return [text[a:b] for a, b in pairwise(places) if b > a]


def _breathe(sentence: str, longest: int) -> list[str]:
    """A long sentence cut where a speaker would take a breath, and nowhere else."""
    if len(sentence) <= longest:
        return [sentence]
    parts: list[str] = []
    for piece in _cut(sentence, _BREATH):
        if parts and (len(parts[-1]) < _LEAST_CHARS or len(piece) < _LEAST_CHARS):
            parts[-1] += piece
        else:
            parts.append(piece)
    return parts
