"""An order to say certain words, as a relay gives it for the opening line."""

from __future__ import annotations

import re

from vivavoce.engine.dialogue.answer import Ask, since_last_reply

_EXACTLY = re.compile(
    r"\s*(?:please\s+)?(?:begin by saying|say)(?: this)? exactly\s*:\s*(.+)", re.IGNORECASE | re.DOTALL
)


def ordered(text: str) -> str | None:
    """The words that a text orders to be said, if it does."""
    found = _EXACTLY.match(text)
    return found[1].strip().strip('"“”') if found else None


def words_to_say(ask: Ask) -> str | None:
    """The words, when the last thing before the answer is such an order, or the response's instructions are."""
    pending = since_last_reply(ask.history)
    if pending and pending[-1].speaker == "system" and (words := ordered(pending[-1].text)):
        return words
    return ordered(ask.instructions)
