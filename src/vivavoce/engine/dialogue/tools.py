"""Which of a client's functions an utterance asks for, by the words of their names, descriptions and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby, islice, pairwise
from typing import Any

from vivavoce.engine.dialogue.answer import Ask, Call
from vivavoce.engine.dialogue.arguments import Heard, filled
from vivavoce.engine.dialogue.schema import name_words, properties
from vivavoce.engine.dialogue.values import said_of
from vivavoce.scenario.english import PRONOUNS, QUESTIONS
from vivavoce.scenario.words import FUNCTION_STEMS, Word, read, stems

NAME_WEIGHT = 2
"""A word of its name speaks for a function as much as two of its description."""
ENOUGH = 3
"""Weight of the words from which on a function is asked for although its name was not said whole."""
_SHORT_WORDS = 4
"""A fragment ("weather in Paris") needs no verb to be a request."""
MAX_HEARD = 1_000
"""Characters of an utterance in which functions and their arguments are looked for."""
_MAX_DESCRIPTION = 500
_MAX_FUNCTIONS = 64
_MAX_REQUESTS = 8


def _listed(words: str) -> frozenset[str]:
    return stems(words.split())


_QUESTIONS = stems(QUESTIONS)
_SUBJECTS = stems(PRONOUNS)
_VERBS = _listed("be do have can could will would should may shall must")
_ORDERS = _listed("please need want like let show give tell find check use call run start stop")
_LINKS = _listed("and then also plus or")
_GENERIC = (
    FUNCTION_STEMS
    | _QUESTIONS
    | _listed(
        "get set make run fetch do use user tool function call return when given current new information info data "
        "value string name number example"
    )
)
"""Words that say nothing about what a function is for, unless its name has no others."""


@dataclass(frozen=True, slots=True)
class Request:
    """A function that is asked for."""

    name: str
    text: str
    """The words that ask for it, without those that ask for another."""
    said_in: str
    """The whole utterance."""
    asked_for: frozenset[str]
    """Stems of its name, with which it may have been asked for."""
    weight: int


def requested(tools: Mapping[str, dict[str, Any]], heard: str) -> list[Request]:
    """The functions that are asked for, in the order of asking."""
    found: dict[str, Request] = {}
    for _, sentence in groupby(read(heard).words, lambda word: word.sentence):
        for request in _requested(tools, heard, tuple(sentence)):
            if request.name not in found or request.weight > found[request.name].weight:
                found[request.name] = request
    by_name = [request for request in found.values() if request.weight >= NAME_WEIGHT * len(request.asked_for)]
    return (by_name or list(found.values()))[:_MAX_REQUESTS]


def must_call(ask: Ask) -> tuple[Call, ...]:
    """What is called for a client that insists on it: what is asked for, or else what comes nearest."""
    heard = next((line.text for line in reversed(ask.history) if line.speaker == "user"), "")[:MAX_HEARD]
    chosen = requested(ask.tools, heard)
    if not chosen:
        nearest = max(
            islice(ask.tools, _MAX_FUNCTIONS),
            key=lambda name: _Mention(name, ask.tools[name], read(heard).words).weight,
        )
        chosen = [Request(nearest, heard, heard, frozenset(), 0)]
    return tuple(
        Call(one.name, filled(ask.tools[one.name], Heard(one.text, one.said_in, asked_for=one.asked_for)))
        for one in chosen
    )


class _Mention:
    """How much of a function's words was said."""

    def __init__(self, name: str, tool: Mapping[str, Any], words: tuple[Word, ...]) -> None:
        named = stems(name_words(name))
        self.named = named - _GENERIC or named
        other = {word.stem for word in read(str(tool.get("description", ""))[:_MAX_DESCRIPTION]).words}
        for wanted in properties(tool.get("parameters"), tool.get("parameters")):
            other |= wanted.stems | stems(word for option in wanted.options for word in name_words(str(option)))
        said = {word.stem for word in words}
        self.whole = bool(self.named) and self.named <= said
        self.weight = NAME_WEIGHT * len(self.named & said) + len((other - self.named - _GENERIC) & said)
        telling = self.named if self.named & said else other - _GENERIC
        self.place = next((i for i, word in enumerate(words) if word.stem in telling), 0)
        self.opens = any(word.stem in named for word in words[:2])


def _requested(tools: Mapping[str, dict[str, Any]], heard: str, words: tuple[Word, ...]) -> list[Request]:
    start, end = words[0].start, words[-1].end
    sentence = heard[start : end + 1]
    asks = _asks(words, sentence)
    mentions: list[tuple[int, str, _Mention]] = []
    for name, tool in islice(tools.items(), _MAX_FUNCTIONS):
        mention = _Mention(name, tool, words)
        enough = mention.whole or mention.weight >= ENOUGH
        if enough and (asks or mention.opens) and said_of(mention.named, sentence) is not False:
            mentions.append((mention.place, name, mention))
    if not mentions:
        return []
    mentions.sort(key=lambda one: one[0])
    begins = [start, *(_beginning(words, place) for place, _, _ in mentions[1:]), end + 1]
    return [
        Request(name, heard[own:until], heard, mention.named, mention.weight)
        for (_, name, mention), (own, until) in zip(mentions, pairwise(begins), strict=True)
    ]


def _beginning(words: tuple[Word, ...], place: int) -> int:
    """Where the words that ask for the function at this place begin: behind the last "and" or comma."""
    for i in range(place, 0, -1):
        if words[i - 1].stem in _LINKS or words[i].clause != words[i - 1].clause:
            return words[i].start
    return words[place].start


def _asks(words: tuple[Word, ...], sentence: str) -> bool:
    said = [word.stem for word in words]
    inverted = any(first in _VERBS and second in _SUBJECTS for first, second in pairwise(said[:3]))
    return (
        "?" in sentence
        or inverted
        or len(words) <= _SHORT_WORDS
        or not _QUESTIONS.isdisjoint(said)
        or not _ORDERS.isdisjoint(said)
    )
