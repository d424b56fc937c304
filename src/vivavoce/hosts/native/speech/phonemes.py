"""Text as phonemes, sentence by sentence, by the reader that comes with Hibari. It knows English, and no GPL part."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from hibari import Hibari
from hibari.g2p import G2P

MOST = 400
"""Phonemes of one sentence. The voices' models have an end; longer ones are cut after a comma, or where it must be."""
_CLAUSE_END = re.compile(r"(?<=[,;:—])\s+")


class Reader:
    """American or British English. Shared by all calls and threads."""

    def __init__(self, *, british: bool = False) -> None:
        self._g2p = G2P(british=british)

    def sentences(self, text: str) -> Iterator[str]:
        """Phonemes in Kokoro's alphabet, each sentence read when it is asked for."""
        for sentence in Hibari.split_sentences(_plain(text)):
            yield from _cut(self._g2p(sentence))


def _plain(text: str) -> str:
    """Raised, circled and other such digits as figures: the reader takes them for numbers, and fails."""
    letters = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.digit(x)) if x.isdigit() and not x.isdecimal() else x for x in letters)


def _cut(phonemes: str) -> Iterator[str]:
    clause = ""
    for part in _CLAUSE_END.split(phonemes) if len(phonemes) > MOST else [phonemes]:
        if clause and len(clause) + 1 + len(part) > MOST:
            yield clause
            clause = ""
        clause = f"{clause} {part}".lstrip()
        while len(clause) > MOST:
            yield clause[:MOST]
            clause = clause[MOST:]
    if clause.strip():
        yield clause
