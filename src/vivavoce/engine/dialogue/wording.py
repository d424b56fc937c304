"""Which of an author's variants is said now, so that no sentence is heard twice in a row."""

from __future__ import annotations

import re
from collections.abc import Sequence

_AGAIN = {
    "de": ("Wie gesagt: ", "Noch einmal: "),
    "en": ("As I said: ", "Like I told you: ", "Once more: "),
    "es": ("Como le decía: ", "Se lo repito: "),
    "fr": ("Comme je vous l'ai dit : ", "Je le répète : "),
    "it": ("Come dicevo: ", "Lo ripeto: "),
    "nl": ("Zoals ik zei: ", "Nog een keer: "),
    "pl": ("Jak mówiłem: ", "Powtarzam: "),
    "pt": ("Como eu disse: ", "Repito: "),
}
_ELSEWHERE = ("… ", "…… ")
SENTENCE = re.compile(r"(?<=[.!?…])[\"'”\u2019)]*\s+")


class Wording:
    """Chooses between variants by what the persona has said so far, oldest line first."""

    def __init__(self, locale: str, said: Sequence[str]) -> None:
        self._again = _AGAIN.get(locale.partition("-")[0], _ELSEWHERE)
        self._said = [_bare(line) for line in said]
        self._last = sentences(said[-1]) if said else frozenset()

    def one_of(self, variants: Sequence[str]) -> str:
        """The variant said least often, the author's order breaking ties; empty when there are none."""
        fresh = [variant for variant in variants if not self._repeats(variant)]
        return min(fresh, key=self._uses) if fresh else self._retold(variants)

    def told_again(self, variants: Sequence[str]) -> str:
        """The same, for something that was told before: rather a new wording than the old words."""
        unsaid = [variant for variant in variants if not self._uses(variant)]
        return self.one_of(unsaid) if unsaid else self._retold(variants)

    def was_last(self, variants: Sequence[str]) -> bool:
        """Whether one of these was, or was part of, what the persona said last."""
        return any(sentences(variant) <= self._last for variant in variants)

    def went_round(self, variants: Sequence[str]) -> bool:
        """Whether the last of these was said just now, and it is the first one's turn again."""
        return self.was_last(variants) and len({self._uses(variant) for variant in variants}) == 1

    def used(self, variants: Sequence[str]) -> bool:
        return any(self._uses(variant) for variant in variants)

    def _uses(self, variant: str) -> int:
        bare = _bare(variant)
        return sum(bare in line for line in self._said)

    def _repeats(self, variant: str) -> bool:
        return bool(sentences(variant) & self._last)

    def _retold(self, variants: Sequence[str]) -> str:
        """Said already and wanted again: as a person repeats it, in one sentence."""
        again = [lead + SENTENCE.split(variant)[0] for lead in self._again for variant in variants]
        fresh = [variant for variant in again if not self._repeats(variant)]
        return min(fresh or again, key=self._uses, default="")


def sentences(text: str) -> frozenset[str]:
    """The sentences of a line, comparable."""
    return frozenset(bare for sentence in SENTENCE.split(text) if (bare := _bare(sentence)))


def _bare(text: str) -> str:
    return " ".join(text.casefold().split()).strip(".!?… \"'“”\u2018\u2019")
