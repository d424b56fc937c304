"""How much an utterance is like what an author's cues wait for, when no cue is said as it stands.

Words are compared by their meaning (synonyms.py), in any order. A word that only one fact or reply waits for weighs
more than one that many do, and words that nobody waits for speak against them all, so that other topics stay other.
For the persona's ears alone: what counts as evidence in a grade is decided by cues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from vivavoce.engine.dialogue.synonyms import meaning
from vivavoce.scenario.match import places
from vivavoce.scenario.words import FUNCTION_STEMS, Words, read

_SELDOM = 0.5
"""Sources that a word counts for which no source knows: it weighs more than any known one."""


@dataclass(frozen=True, slots=True)
class _Place:
    meanings: frozenset[str]
    beginnings: tuple[str, ...]

    def said(self, meanings: Mapping[str, float], plain: Sequence[str]) -> bool:
        if not self.meanings.isdisjoint(meanings):
            return True
        return bool(self.beginnings) and any(word.startswith(self.beginnings) for word in plain)


@dataclass(frozen=True, slots=True)
class _Thing:
    """What can be asked for: its cues, each place with its weight, and all the words around it."""

    cues: tuple[tuple[tuple[_Place, float], ...], ...]
    known: frozenset[str]
    beginnings: tuple[str, ...]

    def knows(self, word: str) -> bool:
        return word in self.known or word.startswith(self.beginnings)


class Likeness:
    """Ways to ask for each of several things, given as cues; and texts about each of them."""

    def __init__(self, ways: Sequence[Iterable[str]], about: Sequence[Iterable[str]]) -> None:
        cues = [[place for cue in cues if (place := _places(cue))] for cues in ways]
        known = [
            frozenset(word for cue in cues_of_one for place in cue for word in place.meanings).union(
                *(_meanings(read(text)) for text in texts)
            )
            for cues_of_one, texts in zip(cues, about, strict=True)
        ]
        count = Counter(word for words in known for word in words)
        self._weights = {word: log((len(known) + 1) / n) for word, n in count.items()}
        self._unknown = log((len(known) + 1) / _SELDOM)
        self._things = [
            _Thing(
                tuple(tuple((place, self._weight_of(place)) for place in cue) for cue in cues_of_one),
                words,
                tuple(beginning for cue in cues_of_one for place in cue for beginning in place.beginnings),
            )
            for cues_of_one, words in zip(cues, known, strict=True)
        ]

    def of(self, text: str) -> list[float]:
        """For each thing, how like it the text is: 0 for nothing in common, 1 for all of a cue and nothing else."""
        said = read(text)
        meanings = {word: self._weights.get(word, self._unknown) for word in _meanings(said)}
        plain = [word.plain for word in said.words]
        return [_like(thing, meanings, plain) for thing in self._things]

    def _weight_of(self, place: _Place) -> float:
        return max((self._weights[word] for word in place.meanings), default=self._unknown)


def _like(thing: _Thing, meanings: Mapping[str, float], plain: Sequence[str]) -> float:
    """The share of the words that it knows, times the share of its best cue that was said."""
    known = sum(weight for word, weight in meanings.items() if thing.knows(word))
    if not known:
        return 0.0
    return max((_strength(cue, meanings, plain) for cue in thing.cues), default=0.0) * known / sum(meanings.values())


def _strength(cue: Sequence[tuple[_Place, float]], meanings: Mapping[str, float], plain: Sequence[str]) -> float:
    """The share of the cue that was said; one word of several is none."""
    said = [weight for place, weight in cue if place.said(meanings, plain)]
    return sum(said) / sum(weight for _, weight in cue) if len(said) >= min(2, len(cue)) else 0.0


def _places(cue: str) -> list[_Place]:
    """The places of its content words; none where the small words make the difference."""
    found = []
    for words in places(cue):
        beginnings = tuple(word[:-1] for word in words if word.endswith("*"))
        meanings = frozenset(
            meaning(said.stem)
            for word in words
            for said in read(word.rstrip("*")).words
            if said.stem not in FUNCTION_STEMS
        )
        if meanings or beginnings:
            found.append(_Place(meanings, beginnings))
    return found if len(found) > 1 or not cue.startswith("=") else []


def _meanings(said: Words) -> frozenset[str]:
    return frozenset(meaning(word.stem) for word in said.words if word.stem not in FUNCTION_STEMS)
