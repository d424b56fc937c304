"""Spoken words made comparable, each with its place in the text: case, accents, contractions, numbers, endings.

Recognisers write the same speech in many ways ("I'm" and "Im", "room 214" and "room two fourteen"); here they become
the same stems. The rules are English (english.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from vivavoce.scenario.english import (
    CURRENCY,
    ENDINGS,
    FUNCTION_WORDS,
    IRREGULAR,
    NEGATIVES,
    ORDINALS,
    RUN_TOGETHER,
    TENS,
    TITLES,
    TURNS,
    UNINFLECTED,
    UNITS,
)

_CARDINALS = {**UNITS, **TENS}
_TOKEN = re.compile(
    r"""
      (?P<halfday> \b[ap]\.\s?m\b\.? )                        # a.m.
    | (?P<number> [$€£]?\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?(?!\d) )   # 214  9:30  $1,000  3rd
    | (?P<word> [^\W\d_]+(?:['\u2019\u02bc][^\W\d_]+)* )
    | (?P<symbol> [%&] )
    | (?P<ender> [.!?]+ )
    | (?P<pause> [,;:\u2013\u2014\u2026]+ )
    """,
    re.VERBOSE,
)


class Word(NamedTuple):
    plain: str
    """Folded, before its ending is cut."""
    stem: str
    start: int
    end: int
    clause: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Words:
    """A text's words in order, with the places of each stem."""

    words: tuple[Word, ...]
    places: dict[str, tuple[int, ...]]
    rank: tuple[int, ...]
    """rank[i] counts the content words before word i."""
    initials: dict[str, list[str]]
    """The stems, by the letter that each begins with."""


def stems(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(stem, words))


@lru_cache(maxsize=256)
def read(text: str) -> Words:
    """The words of a text; cached, because many cues are held against the same few lines."""
    words = tuple(_joined_numbers(_split(text)))
    places: dict[str, list[int]] = {}
    rank, content = [], 0
    for i, word in enumerate(words):
        places.setdefault(word.stem, []).append(i)
        rank.append(content)
        content += word.stem not in FUNCTION_STEMS
    initials: dict[str, list[str]] = {}
    for stem in places:
        initials.setdefault(stem[:1], []).append(stem)
    return Words(words, {stem: tuple(at) for stem, at in places.items()}, tuple(rank), initials)


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The word without its inflection: apologised, apologizes and apologising are one."""
    word = IRREGULAR.get(word, word)
    if len(word) >= 4 and word not in UNINFLECTED:
        word = _without_ending(word)
    return word[:-1] + "i" if len(word) > 2 and word.endswith("y") else word


def _without_ending(word: str) -> str:
    if word.endswith(("ies", "sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if len(word) > len(ending) + 2 and word.endswith(ending) and not word.endswith("eed"):
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    if len(word) > 5 and word.endswith("ly"):
        word = word[:-2]
    if len(word) > 4 and word.endswith("our"):
        word = word[:-3] + "or"
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "z" if len(word) > 6 and word.endswith("is") else word


def fold(word: str) -> str:
    """Lower case, without accents, with one kind of apostrophe."""
    word = word.casefold().replace("\u2019", "'").replace("\u02bc", "'")
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)) or word


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of the sentence that holds text[start:end], with its closing punctuation."""
    words = read(text).words
    inside = [word.sentence for word in words if word.start < end and word.end > start]
    if not inside:
        return start, end
    held = [word for word in words if inside[0] <= word.sentence <= inside[-1]]
    last = held[-1].end
    closing = re.compile(r"[.!?…]*").match(text, last)
    return held[0].start, closing.end() if closing else last


def _split(text: str) -> list[Word]:
    """Words with contractions taken apart; both parts keep the whole contraction's place."""
    found: list[Word] = []
    clause = sentence = 0
    for token in _TOKEN.finditer(text):
        kind, start, end = token.lastgroup, token.start(), token.end()
        if kind == "ender":
            at_end = end == len(text) or text[end].isspace() or text[end] in "\"')\u2019\u201d"
            title = bool(found) and found[-1].end == start and found[-1].plain in TITLES
            if at_end and not title and token.group() not in ("..", "..."):
                sentence += 1
                clause += 1
            continue
        if kind == "pause":
            clause += 1
            continue
        for plain in _parts(kind, token.group()):
            clause += plain in TURNS
            found.append(Word(plain, stem(plain), start, end, clause, sentence))
    return found


def _parts(kind: str | None, token: str) -> list[str]:
    if kind == "halfday":
        return [token[0].casefold() + "m"]
    if kind == "symbol":
        return ["percent" if token == "%" else "and"]
    if kind == "number":
        digits = re.sub(r"[^\d]", "", token).lstrip("0") or "0"
        digits += "th" if token[-1].isalpha() else ""
        return [digits, CURRENCY[token[0]]] if token[0] in CURRENCY else [digits]
    word = fold(token)
    if word in RUN_TOGETHER:
        return RUN_TOGETHER[word].split()
    if word.endswith("n't"):
        return [NEGATIVES.get(word, word[:-3]), "not"]
    base, apostrophe, ending = word.rpartition("'")
    return [base, ENDINGS[ending]] if apostrophe and ending in ENDINGS else [word]


def _joined_numbers(words: list[Word]) -> list[Word]:
    """Runs of number words as one number: "two hundred and fourteen" and "two fourteen" are both "214"."""
    joined: list[Word] = []
    i = 0
    while i < len(words):
        run = _number_run(words, i)
        if not run:
            joined.append(words[i])
            i += 1
            continue
        number = _value([word.plain for word in run])
        joined.append(run[0]._replace(plain=number, stem=number, end=run[-1].end))
        i += len(run)
    return joined


def _number_run(words: list[Word], i: int) -> list[Word]:
    run: list[Word] = []
    while i < len(words) and (not run or words[i].clause == run[-1].clause):
        word = words[i].plain
        linked = word in ("and", "point") and run and i + 1 < len(words) and _is_number(words[i + 1].plain)
        if word == "and" and (not run or run[-1].plain not in ("hundred", "thousand")):
            linked = False
        if not _is_number(word) and not linked:
            break
        run.append(words[i])
        i += 1
        if word in ORDINALS or word.endswith("th"):  # an ordinal ends its number
            break
    return run


def _is_number(word: str) -> bool:
    return word in _CARDINALS or word in ORDINALS or word in ("hundred", "thousand") or _is_digits(word)


def _is_digits(word: str) -> bool:
    return word.removesuffix("th").isdecimal()


def _value(words: list[str]) -> str:
    """The digits of a run: what makes one number is added up, numbers in a row are written one after the other."""
    done, total, part = "", 0, 0
    last = -1
    """The value that came last in the number being added up; -1 when none is."""
    for word in words:
        if word == "hundred":
            part, last = (part or 1) * 100, 100
        elif word == "thousand":
            total, part, last = (part or 1) * 1000, 0, 1000
        elif word == "point" or _is_digits(word):
            done += str(total + part) if last >= 0 else ""
            digits = word.removesuffix("th") if word != "point" else ""
            counted = 0 < len(digits) <= 9
            done += "" if counted else digits
            total, part, last = 0, int(digits) if counted else 0, 0 if counted else -1
        elif word != "and":
            n = _CARDINALS.get(word) or ORDINALS.get(word, 0)
            adds_up = last >= 100 or (last in TENS.values() and 0 < n < 10)
            if last >= 0 and not adds_up:
                done, total, part = done + str(total + part), 0, 0
            part, last = part + n, n
    suffix = "th" if words[-1] in ORDINALS or words[-1].endswith("th") else ""
    return (done + str(total + part) if last >= 0 else done) + suffix


FUNCTION_STEMS = stems(FUNCTION_WORDS)
