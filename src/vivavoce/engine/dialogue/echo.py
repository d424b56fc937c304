"""The assistant of a client that brings no scenario: it says what it is, repeats what it heard, and calls tools."""

from __future__ import annotations

from vivavoce.engine.dialogue.answer import Answer, Ask, Call, since_last_reply
from vivavoce.engine.dialogue.arguments import fill, mentioned
from vivavoce.engine.dialogue.directive import words_to_say

_WHO = "This is vivavoce's embedded engine, without a language model."
_LONGEST = 300
"""Characters that are repeated."""


class Echo:
    def answer(self, ask: Ask) -> Answer:
        if words := words_to_say(ask):
            return Answer(words)
        pending = since_last_reply(ask.history)
        results = [line.text for line in pending if line.speaker == "tool"]
        if results:
            return Answer(f"The tool answered: {' and '.join(results)[:_LONGEST]}")
        users = [line.text for line in pending if line.speaker == "user"]
        heard = " ".join(users).strip()
        if not heard:
            return Answer("I did not understand that. Please say it again." if users else f"{_WHO} Say something.")
        if called := mentioned(ask.tools, heard):
            return Answer("", tuple(Call(name, fill(ask.tools[name], heard)) for name in called))
        introduced = any(line.speaker == "assistant" for line in ask.history)
        repeated = f"You said: {heard[:_LONGEST]}"
        return Answer(repeated if introduced else f"{_WHO} {repeated}")
