"""Answers a client that brings no scenario and has no chat model: it says what it is, repeats what it heard, and calls
functions, asking for what they still need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from vivavoce.engine import idle
from vivavoce.engine.conversation import Item
from vivavoce.engine.dialogue.answer import Answer, Ask, Call
from vivavoce.engine.dialogue.arguments import Heard, gather
from vivavoce.engine.dialogue.results import shortened, spoken_result
from vivavoce.engine.dialogue.schema import Property, name_words
from vivavoce.engine.dialogue.tools import MAX_HEARD, must_call, requested

_NAME = "vivavoce's embedded engine"
_WHO = f"This is {_NAME}, without a language model."
_UNCLEAR = ("I did not understand that. Please say it again.", "Sorry, I still could not make out any words.")
_WAITING = ("Say something, and I will repeat it.", "I am listening.")
_QUESTION = re.compile(r"For .+? I still need the (?P<label>.+?)(?:, (?P<choice>.+?))?\. What is it\?")
_YES_OR_NO = "yes or no"
_DECLINED = re.compile(r"\W*(?:no\b|never ?mind|forget (?:it|about)|cancel|stop|don't|do not|leave it|nothing)", re.I)
_MOST_QUESTIONS = 2
"""How often one thing is asked for."""


class Bare:
    def __init__(self, today: date) -> None:
        """`today` is what "tomorrow" is reckoned from."""
        self._today = today

    def answer(self, ask: Ask) -> Answer:
        if ask.must_call:
            return Answer("", must_call(ask))
        pending = _unanswered(ask.items)
        told = [spoken_result(_called(ask.items, item), item.output) for item in pending if item.output]
        users = [item for item in pending if item.role == "user"]
        if any(item.text for item in users):
            reply = self._reply(ask)
        elif told:
            reply = Answer("")
        else:
            silent = not users or any(item.text == idle.PROMPT for item in pending)
            reply = Answer(_other(_WAITING if silent else _UNCLEAR, ask.items))
        text = " ".join(filter(None, [*told, reply.text]))
        return Answer(f"{_WHO} {text}" if text and _is_new(ask) else text, reply.calls)

    def _reply(self, ask: Ask) -> Answer:
        matter = _matter(ask)
        if matter.declined:
            return Answer("All right, I leave it.")
        calls: list[Call] = []
        for one in requested(ask.tools, matter.request):
            heard = Heard(one.text, one.said_in, matter.answers, one.asked_for, self._today)
            gathered = gather(ask.tools[one.name], heard)
            if gathered.missing:
                missing = gathered.missing[0]
                if matter.questions.count(missing.label) >= _MOST_QUESTIONS:
                    return Answer(f"I could not make out the {missing.label}, so I leave it.")
                return Answer(_question(one.name, missing))
            calls.append(Call(one.name, json.dumps(gathered.arguments, ensure_ascii=False)))
        return Answer("", tuple(calls)) if calls else Answer(f"You said: {shortened(matter.request)}")


@dataclass(slots=True)
class _Matter:
    """What the user wants, since the last answer that was no question of ours."""

    request: str = ""
    questions: list[str] = field(default_factory=list)
    """Labels of the properties that were asked for."""
    answers: dict[str, str] = field(default_factory=dict)
    declined: bool = False


def _matter(ask: Ask) -> _Matter:
    matter, asked = _Matter(), None
    for item in ask.items:
        if item.type == "function_call":
            matter, asked = _Matter(), None
        elif item.role == "assistant" and item.text:
            asked = _QUESTION.search(item.text)
            matter = matter if asked else _Matter()
            matter.questions += [asked["label"]] if asked else []
        elif item.role == "user" and (text := item.text[:MAX_HEARD]):
            if asked and not requested(ask.tools, text):
                matter.answers[asked["label"]] = text
                matter.declined = asked["choice"] != _YES_OR_NO and bool(_DECLINED.match(text))
            elif asked:
                matter, asked = _Matter(text), None
            else:
                matter.request = f"{matter.request} {text}".strip()[:MAX_HEARD]
    return matter


def _question(name: str, missing: Property) -> str:
    choice = _YES_OR_NO if missing.kind == "boolean" else " or ".join(str(option) for option in missing.options[:8])
    wanted = f"{missing.label}, {choice}" if choice else missing.label
    return f"For {' '.join(name_words(name))} I still need the {wanted}. What is it?"


def _unanswered(items: Sequence[Item]) -> Sequence[Item]:
    for index in range(len(items) - 1, -1, -1):
        item = items[index]
        if item.type == "function_call" or (item.role == "assistant" and item.text):
            return items[index + 1 :]
    return items


def _called(items: Iterable[Item], output: Item) -> str:
    """The name of the function that this is the output of."""
    return next((item.name for item in items if item.type == "function_call" and item.call_id == output.call_id), "")


def _is_new(ask: Ask) -> bool:
    """Whether nobody was told yet what this is; a response out of band is not the place for it."""
    return ask.in_conversation and not any(item.role == "assistant" and _NAME in item.text for item in ask.items)


def _other(variants: Sequence[str], items: Sequence[Item]) -> str:
    """The first variant that was not the last thing said."""
    last = next((item.text for item in reversed(items) if item.role == "assistant" and item.text), "")
    return next((variant for variant in variants if variant not in last), variants[0])
