"""What a log says of a call and of an exception, in place of what nobody may read there."""

from __future__ import annotations

import traceback


def name_of(session_id: str) -> str:
    """A call's name in the log: the beginning of its id, the whole of which is the key to all that was said."""
    return session_id[:13]


def places_of(error: BaseException) -> str:
    """The kind of an exception and the places it came by. Not its text, which may quote what was said."""
    return "".join([type(error).__name__, "\n", *traceback.format_tb(error.__traceback__)])
