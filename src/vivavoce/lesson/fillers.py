"""Fillers by language: what people say while they look for words.

Sounds count wherever they stand. Words that have a meaning of their own count only where they are set off from the rest
("it is, you know, loud"), which a recogniser without punctuation does not show. Recognisers leave many fillers out, so
the figure is a lower bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['’ʼ-][^\W_]+)*")  # noqa: RUF001
_PAUSE: Final = r"[,;:.!?–—…]"  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class _Fillers:
    sounds: re.Pattern[str]
    phrases: re.Pattern[str]


def _fillers(sounds: str, phrases: str) -> _Fillers:
    """`sounds` are patterns, `phrases` plain words; both are parted by slashes."""
    any_sound = "|".join(sounds.split("/"))
    any_phrase = "|".join(sorted(map(re.escape, phrases.split("/")), key=len, reverse=True))
    return _Fillers(
        re.compile(rf"(?<![\w'])(?:{any_sound})(?![\w'])", re.IGNORECASE),
        re.compile(rf"(?:^|(?<={_PAUSE}))\s*(?:{any_phrase})\s*(?={_PAUSE}|$)", re.IGNORECASE),
    )


_BY_LANGUAGE: Final = {
    "en": _fillers("u+m+/u+h+m*/e+r+m*/e+h+m+/h+m+/m{2,}", "you know/i mean/like/sort of/kind of/you see"),
    "de": _fillers(
        "ä+h+m*/ö+h+m*/e+h+m+/h+m+/m{2,}", "also/halt/sozusagen/quasi/irgendwie/weißt du/wissen sie/ich sag mal/na ja"
    ),
    "es": _fillers("e+h+m*/e+m+/h+m+/m{2,}", "este/o sea/pues/bueno/sabes/digamos/es decir"),
    "fr": _fillers(
        "e+u+h+/h+e+u+/h+u+m+/h+m+/m{2,}", "ben/bah/du coup/en fait/tu vois/vous voyez/genre/enfin/quoi/bon"
    ),
    "it": _fillers("e+h+m*/u+h+m*/h+m+/m{2,}", "cioè/tipo/diciamo/insomma/allora/praticamente/sai"),
}


def knows(locale: str) -> bool:
    return _language(locale) in _BY_LANGUAGE


def count_words(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def count_fillers(text: str, locale: str) -> int:
    """Fillers of a language that is known."""
    fillers = _BY_LANGUAGE[_language(locale)]
    return sum(1 for pattern in (fillers.sounds, fillers.phrases) for _ in pattern.finditer(text))


def _language(locale: str) -> str:
    return locale.partition("-")[0]
