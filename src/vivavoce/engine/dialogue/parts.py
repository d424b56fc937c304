"""An utterance cut into what is said one after the other, so that each question finds its own answer.

A part ends with its sentence, and where a question begins in mid-sentence ("… and how old are you"): recognisers write
long turns without punctuation. English only, as the matcher's own rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import dropwhile

from vivavoce.scenario.english import PRONOUNS, QUESTIONS, listed
from vivavoce.scenario.match import best
from vivavoce.scenario.words import Word, read, stems

MAX_PARTS = 8
"""Of one turn; the rest stays with the last of them."""
_QUESTIONS = stems(QUESTIONS)
_RELATIVES = stems(("who", "which", "whose", "whether"))
_RELATIVE_TO_ME = stems(("where", "when"))
"""Before "I" or "we" they go on with a story: "at an agency, where I look after customers"."""
_VERBS = stems(listed("be do have can could will would should may shall must"))
"""Verbs that stand before their subject in a question."""
_SUBJECTS = stems([*PRONOUNS, *listed("your my the that this any anyone anybody someone somebody")])
_LINKS = stems(listed("and or but so then also because"))
_OPENERS = _LINKS | stems(
    listed("well ok okay right alright now please sorry excuse me yes no oh um er madam sir mr mrs ms dr doctor")
)
"""What is said before a question begins."""
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
    "=not want|wish|like|mean|try|plan to know|hear|ask|talk|discuss|speak",
    "=not need|have to know|hear|ask|talk|tell|say|answer|explain|discuss",
    "=need not tell|say|answer|explain|talk|discuss|know|hear|ask|bother",
    "=not want|expect you to tell|say|answer|explain|talk",
    "=not interested|curious",
    "=no|little interest",
    "=not asking|ask|asked",
    "=not going|about|here to ask|talk|speak|discuss",
    "=not care",
    "=not matter|important|relevant",
    "=no difference",
    "=all the same to me",
    "=no need to know|tell|say|answer|explain|hear|talk|discuss",
    "=not bother to|telling|explaining",
    "=never mind",
    "=never ask|asked|wanted",
    "=rather|better not know|hear|talk|discuss|ask|tell|say",
    "=nothing to do with",
    "=none of my business",
    "=not my business|concern|place",
    "=let us not talk|speak|discuss",
    "=spare me",
    "=leave out|aside",
    "=skip the|your|that",
    "=keep to yourself",
    "=forget what|that|about",
    "=another|other time",
    "=without asking|telling|knowing",
    "=instead of asking|telling|talking",
)
"""What follows is not asked for."""
_OFFERS = ("=I|we will|can|could|shall|would", "=I am going to", "=we are going to", "=let me|us")
_TELLS = ("=I|we will|can|could|shall tell|show|explain|say",)
"""A question word behind it asks nothing: "I can tell you which room is free"."""
_SMALL_TALK = (
    "weather|rain|raining|snow|snowing|sunny",
    "=nice|good|great|lovely|pleasant weekend|trip|journey|flight|drive",
    "=how was your weekend|trip|journey|flight|drive|holiday|day",
    "train|bus|tram|traffic late|full|delayed|bad|crowded|awful|terrible",
)
"""What people say to be friendly: a word or two of it that a scenario waits for may mean something else here."""
_AND_YOU = stems(listed("what how about and you yours yourself"))
"""All that is said in "and what about you?", which asks for what was said before."""
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
    offers: bool
    """Whether the learner says what they can or will do."""
    small_talk: tuple[int, int] | None
    """Where it is small talk."""


def parts(text: str) -> list[Part]:
    words = read(text).words
    if not words:
        return []
    begins = [0]
    for i in range(1, len(words)):
        silent = all(word.stem in _LINKS for word in words[begins[-1] : i])
        if not silent and len(begins) < MAX_PARTS and _begins(words, i, _declines(text, words[begins[-1] : i])):
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
    friendly = best(_SMALL_TALK, said)
    small_talk = (friendly.start, friendly.end) if friendly else None
    declines, offers = best(_DECLINES, said) is not None, best(_OFFERS, said) is not None
    return Part(said, start, _asks(words, said), may_ask, declines, offers, small_talk)


def _declines(text: str, words: tuple[Word, ...]) -> bool:
    return best(_DECLINES, text[words[0].start : words[-1].end]) is not None


def _begins(words: tuple[Word, ...], i: int, declined: bool) -> bool:
    """Whether a new sentence or a new question begins with word i.

    What was declined goes on through its clause, whatever it asks; what comes after that is wanted instead of it.
    """
    before, word = words[i - 1], words[i]
    if word.start == before.start:  # the second half of a contraction
        return False
    sentence = [other.stem for other in words[i:] if other.sentence == word.sentence]
    if len(sentence) > 1 and _AND_YOU.issuperset(sentence):
        return False
    if word.sentence != before.sentence:
        return True
    if declined:
        return word.clause != before.clause and (word.stem not in _QUESTIONS or _inverted(words, i))
    paused = word.clause != before.clause or before.stem in _LINKS
    if word.stem in _RELATIVE_TO_ME and i + 1 < len(words) and words[i + 1].plain in ("i", "we"):
        return False
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
    if "?" in said:
        return True
    if best(_TELLS, said):
        return False
    if best(_REQUESTS, said):
        return True
    opening = tuple(dropwhile(lambda word: word.stem in _OPENERS, words)) or words
    if opening[0].stem in _QUESTIONS or any(
        word.stem in _QUESTIONS and _inverted(words, i) for i, word in enumerate(words)
    ):
        return True
    return len(opening) > 1 and opening[0].stem in _VERBS and opening[1].stem in _SUBJECTS
