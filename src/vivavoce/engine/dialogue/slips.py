"""What a recogniser may have meant: words that sound alike, words torn in two, one letter wrong.

Only a second hearing, for what was not understood at the first, and only towards words that the scenario waits for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from vivavoce.scenario.english import FUNCTION_WORDS, HOMOPHONES
from vivavoce.scenario.match import is_slip
from vivavoce.scenario.words import FUNCTION_STEMS, Word, read, stem

_LEAST_SOUND = 2
"""Vowels of a sound that is compared; with fewer it is that of too many words."""
_LEAST_SLIP = 6
"""Letters of a word in which one may be wrong."""
_MAX_WORDS = 100
"""Of a part that is heard again; nobody speaks a longer one."""
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(kn|gn)", "n"),
        (r"^wr", "r"),
        (r"^wh", "w"),
        (r"ph", "f"),
        (r"gh", ""),
        (r"tch", "ch"),
        (r"c(?=[eiy])", "s"),
        (r"c(?!h)|q|ck", "k"),
        (r"x", "ks"),
        (r"z", "s"),
        (r"(.)\1+", r"\1"),
        (r"(?<=[aeiou])[wy]|[aeiouy]+", "a"),
        (r"a+", "a"),
        (r"(?<=.)a$", ""),
        (r"(?<=[^a])[td]$", ""),
    )
)
"""Spelling to sound, roughly: vowels are one, silent letters none, and a last t or d after a consonant is not heard."""


class Slips:
    """The words that a scenario waits for, by their sound."""

    def __init__(self, words: Iterable[str]) -> None:
        known = sorted(word for word in set(words) if word not in FUNCTION_WORDS)
        self._stems = {stem(word): word for word in known}
        self._sounds = {heard: word for word in known if (heard := sound(word)).count("a") >= _LEAST_SOUND}

    def heard_again(self, text: str) -> str:
        """The text with every word that can be one of the scenario's words turned into it."""
        words = read(text).words
        if len(words) > _MAX_WORDS:
            return text
        said: list[str] = []
        i = 0
        while i < len(words):
            if i + 1 < len(words) and (joined := self._joined(words[i], words[i + 1])):
                said.append(joined)
                i += 2
            else:
                said.append(self._meant(words[i].plain))
                i += 1
        return " ".join(said) + ("?" if text.rstrip().endswith("?") else "")

    def _joined(self, first: Word, second: Word) -> str | None:
        pair = first.plain + second.plain
        if stem(pair) in self._stems:
            return pair
        both_small = first.stem in FUNCTION_STEMS and second.stem in FUNCTION_STEMS
        return None if both_small or second.plain == "i" else self._slipped(pair)

    def _meant(self, word: str) -> str:
        for other in HOMOPHONES.get(word, ()):
            if stem(other) in self._stems:
                return other
        if stem(word) in self._stems or stem(word) in FUNCTION_STEMS:
            return word
        return self._sounds.get(sound(word)) or self._slipped(word) or word

    def _slipped(self, word: str) -> str | None:
        if len(word) < _LEAST_SLIP:
            return None
        said = stem(word)
        near = (meant for known, meant in self._stems.items() if known[0] == said[0] and is_slip(known, said))
        return next((meant for meant in near if len(meant) >= _LEAST_SLIP), None)


def sound(word: str) -> str:
    for pattern, heard in _SOUNDS:
        word = pattern.sub(heard, word)
    return word
