"""An utterance cut into what is said one after the other, so that each question finds its own answer.

A part ends with its sentence, and where a question begins in mid-sentence ("… and how old are you"): recognisers write
long turns without punctuation. English only, as the matcher's own rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.scenario.english import PRONOUNS, QUESTIONS, listed
from vivavoce.scenario.match import best
from vivavoce.scenario.words import Word, read, stems

MAX_PARTS = 8
"""Of one turn; the rest stays with the last of them."""
_QUESTIONS = stems(QUESTIONS)
_RELATIVES = stems(("who", "which", "whose", "whether"))
_VERBS = stems(listed("be do have can could will would should may shall must"))
"""Verbs that stand before their subject in a question."""
_SUBJECTS = stems([*PRONOUNS, *listed("your my the that this any anyone anybody someone somebody")])
_LINKS = stems(listed("and or but so then also because"))
_INDIRECT = stems(
    listed("tell me know ask say remember explain see understand sure wonder about of in at to for from since with by")
)
"""Words that a question word only goes on from: "tell me when", "since when"."""
_REQUESTS = (
    "=tell me|us",
    "describe",
    "explain",
    "want|like|love|need know|hear|ask|understand",
    "wonder*",
    "let know",
)
_DECLINES = (
    "=not want|wish to know|hear|ask|talk|discuss",
    "=not need|have to know|hear|ask|talk|tell|say|answer|explain|discuss",
    "=not interested",
    "=not asking|ask",
    "=not going to ask|talk|speak|discuss",
    "=not care",
    "=no need to know|tell|say|answer|explain",
    "=never mind",
    "=rather not know|hear|talk",
    "=nothing to do with",
)
"""What follows is not asked for."""
_SHORT = 5
"""Words of a fragment."""


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    start: int
    asks: bool
    """Whether it is a question or a request."""
    may_ask: bool
    """Whether it can stand for one: a fragment ("and your allergies"), or words about the persona ("so you smoke")."""
    declines: bool
    """Whether it says that something need not be told."""


def parts(text: str) -> list[Part]:
    words = read(text).words
    if not words:
        return []
    begins = [0]
    for i in range(1, len(words)):
        silent = all(word.stem in _LINKS for word in words[begins[-1] : i])
        if not silent and _begins(words, i) and len(begins) < MAX_PARTS:
            begins.append(i)
    starts = [words[i].start for i in begins]
    return [
        _part(text[start:end], start, words[first:last])
        for first, last, start, end in zip(
            begins, [*begins[1:], len(words)], starts, [*starts[1:], len(text)], strict=True
        )
    ]


def _part(said: str, start: int, words: tuple[Word, ...]) -> Part:
    short = len(words) <= _SHORT and not any(word.plain in PRONOUNS for word in words)
    may_ask = short or any(word.plain in ("you", "your") for word in words)
    return Part(said, start, _asks(words, said), may_ask, declines=best(_DECLINES, said) is not None)


def _begins(words: tuple[Word, ...], i: int) -> bool:
    """Whether a new sentence or a new question begins with word i."""
    before, word = words[i - 1], words[i]
    if word.start == before.start:  # the second half of a contraction
        return False
    if word.sentence != before.sentence:
        return True
    paused = word.clause != before.clause or before.stem in _LINKS
    if word.stem in _QUESTIONS:
        return before.stem not in _INDIRECT and (paused or (word.stem not in _RELATIVES and _inverted(words, i)))
    return paused and word.stem in _VERBS and i + 1 < len(words) and words[i + 1].stem in _SUBJECTS


def _inverted(words: tuple[Word, ...], i: int) -> bool:
    """Whether the verb behind the question word at i comes before its subject: "how late is it", not "what I do"."""
    for word in words[i + 1 : i + 4]:
        if word.stem in _VERBS:
            return True
        if word.plain in PRONOUNS:
            return False
    return False


def _asks(words: tuple[Word, ...], said: str) -> bool:
    if "?" in said or best(_REQUESTS, said):
        return True
    opening = words[1:] if words[0].stem in _LINKS and len(words) > 1 else words
    if opening[0].stem in _QUESTIONS or any(
        word.stem in _QUESTIONS and _inverted(words, i) for i, word in enumerate(words)
    ):
        return True
    return len(opening) > 1 and opening[0].stem in _VERBS and opening[1].stem in _SUBJECTS
