"""An order to say certain words, as a relay gives it for the opening line."""

from __future__ import annotations

import re

from vivavoce.engine.dialogue.answer import Ask, since_last_reply

_EXACTLY = re.compile(
    r"\s*(?:please\s+)?(?:begin by saying|say)(?: this)? exactly\s*:\s*(.+)", re.IGNORECASE | re.DOTALL
)


def words_to_say(ask: Ask) -> str | None:
    """The words, when the last thing before the answer is such an order, or the response's instructions are."""
    pending = since_last_reply(ask.history)
    orders = [ask.instructions]
    if pending and pending[-1].speaker == "system":
        orders.append(pending[-1].text)
    for order in reversed(orders):
        if found := _EXACTLY.match(order):
            return found[1].strip().strip('"“”')
    return None
