"""Says exactly what it heard, and nothing else: for testing a client's side of the protocol."""

from __future__ import annotations

from vivavoce.engine.dialogue.answer import MAX_LINE_CHARS, Answer, Ask, since_last_reply
from vivavoce.engine.dialogue.tools import must_call


class Echo:
    def answer(self, ask: Ask) -> Answer:
        if ask.must_call:
            return Answer("", must_call(ask))
        heard = [line.text for line in since_last_reply(ask.history) if line.speaker in ("user", "tool")]
        return Answer(" ".join(heard).strip()[:MAX_LINE_CHARS])
