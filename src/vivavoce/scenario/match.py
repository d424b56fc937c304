"""An author's cues against what was really said.

A cue is a plain phrase. Its content words must be said in its order, in one sentence, with at most three other content
words between two of them; function words ("I", "the", "would") are not compared. Inflection, spelling, contractions,
numbers and small slips of the recogniser do not matter (words.py). Three signs may stand in a cue:

    move|change|switch room     one of the words, then "room"
    apolog*                     any word that begins so
    =my name is                 every word counts, with at most one other between two of them

A cue with no content but a question or a denial ("how are you", "nothing I can do") is read as if it began with "=". A
phrase that is denied just before or within ("I can't move you") does not match a cue that holds no denial itself.
docs/scenarios.md tells authors the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from vivavoce.scenario.english import DENIALS, HARMLESS, PRONOUNS, QUESTIONS
from vivavoce.scenario.words import FUNCTION_STEMS, Words, fold, read, stems

MAX_GAP = 3
"""Content words that may stand between two words of a cue."""
TIGHT_GAP = 1
"""Words of any kind that may stand between two words of a cue whose every word counts."""
MAX_CUE_WORDS = 12
_LONG = 7
"""From so many letters on a word may hold a slip of the recogniser's."""
_DENIAL_REACH = 4
"""How many words before a phrase a "not" still denies it."""
_DENIALS = stems(DENIALS)
_HARMLESS = stems(HARMLESS)
_PRONOUNS = stems(PRONOUNS)
_QUESTIONS = stems(QUESTIONS)
_WEAK = _QUESTIONS | _DENIALS


@dataclass(frozen=True, slots=True)
class Match:
    """A cue that was said: text[start:end] holds it. `weight` counts its words: how much it asks for."""

    cue: str
    start: int
    end: int
    weight: int


def find(cue: str, text: str) -> Match | None:
    """The first place where the cue is said."""
    pattern = _compile(cue)
    said = read(text)
    span = pattern.search(said)
    if span is None:
        return None
    first, last = said.words[span[0]], said.words[span[1]]
    return Match(cue, first.start, last.end, len(pattern.terms))


def earliest(cues: Iterable[str], text: str) -> Match | None:
    """The match that begins first; of two that begin together, the longer cue's."""
    return min(_known(tuple(cues), text), key=lambda match: (match.start, -match.weight), default=None)


def best(cues: Iterable[str], text: str) -> Match | None:
    """The match of the longest cue; of two as long, the one that begins first."""
    return min(_known(tuple(cues), text), key=lambda match: (-match.weight, match.start), default=None)


def is_said(cues: Iterable[str], text: str) -> bool:
    """Whether one of the cues is."""
    return bool(_known(tuple(cues), text))


def latest(cues: Iterable[str], text: str) -> Match | None:
    """The match that ends last."""
    return max(every(cues, text), key=lambda match: match.end, default=None)


def cue_fault(cue: str) -> str | None:
    """Why a cue cannot be used, in words for its author."""
    try:
        _compile(cue)
    except ValueError as error:
        return str(error)
    return None


def is_thin(cue: str) -> bool:
    """Whether only one of a usable cue's words is compared with what is said."""
    pattern = _compile(cue)
    return len(pattern.terms) == 1 and pattern.written > 1


def example(cue: str) -> str:
    """The shortest thing to say that the cue is meant to find."""
    return " ".join(chunk.split("|")[0].rstrip("*") for chunk in cue.removeprefix("=").split())


def places(cue: str) -> list[list[str]]:
    """The words of each place of a cue, without its signs; a word that stood for a beginning ends with its asterisk."""
    return [chunk.split("|") for chunk in cue.removeprefix("=").split()]


def every(cues: Iterable[str], text: str) -> list[Match]:
    """A match of each cue that is said."""
    return [match for cue in cues if (match := find(cue, text))]


@lru_cache(maxsize=32_768)
def _known(cues: tuple[str, ...], text: str) -> tuple[Match, ...]:
    """`every`, remembered: a call's goals are looked for after each line, and its earlier lines are the same."""
    return tuple(every(cues, text))


def content(cue: str) -> float:
    """How much a cue asks for: its content words, and a quarter for each small word that counts too."""
    small = sum(not term.prefixes and FUNCTION_STEMS.issuperset(term.stems) for term in _compile(cue).terms)
    return len(_compile(cue).terms) - 0.75 * small


@dataclass(frozen=True, slots=True)
class _Term:
    """One place of a cue: any of these stems, or a word with one of these beginnings."""

    stems: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether only these very stems are found."""
        return not self.prefixes and all(len(stem) < _LONG for stem in self.stems)

    def places(self, said: Words) -> list[int]:
        found: list[int] = []
        for stem in self.stems:
            found.extend(said.places.get(stem, ()))
            if len(stem) >= _LONG:
                for other in said.initials.get(stem[0], ()):
                    if other != stem and is_slip(stem, other):
                        found.extend(said.places[other])
        for prefix in self.prefixes:
            found.extend(i for i, word in enumerate(said.words) if word.plain.startswith(prefix))
        return sorted(found) if len(found) > 1 else found


@dataclass(frozen=True, slots=True)
class _Pattern:
    terms: tuple[_Term, ...]
    tight: bool
    """All words count, and stand nearly together."""
    deniable: bool
    written: int
    """How many words the author wrote, those among them that do not count."""
    telling: tuple[str, ...]
    """Where none of these stems is said, the cue is not: so much is seen at once, and hardly any cue is said."""

    def search(self, said: Words) -> tuple[int, int] | None:
        """First and last word of the first undenied place, walking the terms from the last to the first."""
        if self.telling and said.places.keys().isdisjoint(self.telling):
            return None
        ends: dict[int, int] = {place: place for place in self.terms[-1].places(said)}
        for term in reversed(self.terms[:-1]):
            if not ends:
                return None
            later = sorted(ends)
            nearer: dict[int, int] = {}
            for place in term.places(said):
                after = bisect_right(later, place)
                if after < len(later) and self._near(said, place, later[after]):
                    nearer[place] = ends[later[after]]
            ends = nearer
        for first in sorted(ends):
            if not (self.deniable and _denied(said, first, ends[first])):
                return first, ends[first]
        return None

    def _near(self, said: Words, place: int, after: int) -> bool:
        if said.words[place].sentence != said.words[after].sentence:
            return False
        if self.tight:
            return after - place <= 1 + TIGHT_GAP
        return said.rank[after] - said.rank[place + 1] <= MAX_GAP


@lru_cache(maxsize=8192)
def _compile(cue: str) -> _Pattern:
    terms: list[_Term] = []
    plain: list[str] = []

    def flush() -> None:
        terms.extend(_Term((word.stem,)) for word in read(" ".join(plain)).words)
        plain.clear()

    for chunk in cue.removeprefix("=").split():
        if "|" in chunk or "*" in chunk:
            flush()
            terms.append(_alternatives(chunk))
        else:
            plain.append(chunk)
    flush()
    content = [term for term in terms if term.prefixes or not FUNCTION_STEMS.issuperset(term.stems)]
    tight = cue.startswith("=") or all(not term.prefixes and _WEAK.issuperset(term.stems) for term in content)
    chosen = tuple(terms if tight else content)
    if not chosen:
        raise ValueError(f"cue {cue!r} holds no words")
    if len(chosen) > MAX_CUE_WORDS:
        raise ValueError(f"cue {cue[:80]!r} has {len(chosen)} words to match; at most {MAX_CUE_WORDS} are possible")
    asks = bool(_QUESTIONS.intersection(chosen[0].stems))
    denies = any(_DENIALS.intersection(term.stems) for term in chosen)
    exact = (term.stems for term in chosen if term.exact)
    # The longer a word, the fewer texts have it.
    telling = max(exact, key=lambda stems: len(min(stems, key=len)), default=())
    return _Pattern(chosen, tight=tight, deniable=not (asks or denies), written=len(terms), telling=telling)


def _alternatives(chunk: str) -> _Term:
    stems: list[str] = []
    prefixes: list[str] = []
    for choice in chunk.split("|"):
        if choice.endswith("*") and choice[:-1].isalpha():
            prefixes.append(fold(choice[:-1]))
            continue
        stem = _only_stem(choice)
        if stem is None or "*" in choice:
            raise ValueError(f"{chunk!r}: each alternative must be one word, and * may only end it")
        stems.append(stem)
    return _Term(tuple(stems), tuple(prefixes))


@lru_cache(maxsize=8192)
def _only_stem(text: str) -> str | None:
    """The stem of a text that is one word; cached, because a lesson's cues have their words in common."""
    words = read(text).words
    return words[0].stem if len(words) == 1 else None


def _denied(said: Words, first: int, last: int) -> bool:
    words = said.words
    for i in range(max(0, first - _DENIAL_REACH), last):
        if words[i].stem not in _DENIALS or words[i].clause != words[first].clause:
            continue
        after = [word.stem for word in words[i + 1 : i + 3]]
        inverted = bool(after) and after[0] in _PRONOUNS  # "don't you …?", "no I will …"
        asked = any(word.stem in _QUESTIONS for word in words[i + 1 : max(first, i + 1)])
        why_not = i > 0 and words[i - 1].stem == "why"
        oh_no = i > 0 and words[i - 1].stem == "oh"
        enough = any(word.stem in ("enough", "more") for word in words[last + 1 : last + 4])  # "can't thank you enough"
        if not (inverted or asked or why_not or oh_no or enough or _HARMLESS.intersection(after)):
            return True
    return False


def is_slip(stem: str, other: str) -> bool:
    """Whether `other` is `stem` with one letter wrong, missing, added or swapped; two from ten letters on."""
    return abs(len(other) - len(stem)) <= 2 and _is_slip(stem, other)


@lru_cache(maxsize=8192)
def _is_slip(stem: str, other: str) -> bool:
    allowed = 2 if len(stem) >= 10 else 1
    before: list[int] = []
    row: list[int] = list(range(len(other) + 1))
    for i, a in enumerate(stem, 1):
        above, row = row, [i]
        for j, b in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and stem[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = above
    return row[-1] <= allowed
