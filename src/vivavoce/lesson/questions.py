"""How many questions a text holds: its question marks, and where a recogniser wrote none, how its sentences begin."""

from __future__ import annotations

import re
from typing import Final

_SENTENCE: Final = re.compile(r"[^.!?…]+[.!?…]*")
_BEGINNINGS: Final = {
    "en": r"""
        how | what(?!\s+a\b) | where | why | who | whose | which
        | when(?=\s+(?:do|did|does|is|was|are|were|will|can|could|would|should)\b)
        | (?:do|does|did|have|has|can|could|will|would|shall|should|may|might|is|are|was|were|am)(?:n't)?
          \s+(?:i|you|he|she|it|we|they|there|this|that|your|the|my)
    """,
    "de": r"""
        wie | was | wann | wo | woher | wohin | warum | wieso | weshalb | wer | wen | wem | welche[rsnm]?
        | (?:haben|sind|können|könnten|möchten|würden|dürfen|darf|kann|soll|ist|hat|hast|bist|kannst|wollen|gibt)
          \s+(?:sie|ich|du|er|es|wir|ihr)
    """,
    "es": r"cómo | qué | cuándo | dónde | adónde | por\s+qué | quién(?:es)? | cuál(?:es)? | cuánt[oa]s?",
    "fr": r"""
        comment | quand | où | pourquoi | qui | quel(?:le)?s? | combien | est-ce\s+qu(?:e|') | qu'est-ce\s+qu(?:e|i|')
        | (?:avez|êtes|pouvez|pourriez|voulez|voudriez|savez)-vous | (?:as|es|peux|veux|sais)-tu
    """,
    "it": r"come | cosa | che\s+cosa | quando | dove | perché | chi | qual[ei]? | quant[oaei]",
}
_OPENERS: Final = {
    language: re.compile(
        rf"\W*(?:(?:and|but|so|okay|ok|und|y|et|e|ma)\W+)?(?:{beginnings})(?!\w)", re.IGNORECASE | re.VERBOSE
    )
    for language, beginnings in _BEGINNINGS.items()
}


def count_questions(text: str, locale: str) -> int:
    opener = _OPENERS.get(locale.partition("-")[0])
    return sum(1 for sentence in _SENTENCE.findall(text) if _asks(sentence.rstrip(), opener))


def _asks(sentence: str, opener: re.Pattern[str] | None) -> bool:
    """A sentence with another ending than a question mark is none, however it begins; nor is a mark without a word."""
    if sentence.endswith("?"):
        return any(map(str.isalnum, sentence))
    ended = sentence.endswith((".", "!", "…"))
    return not ended and opener is not None and opener.match(sentence) is not None
