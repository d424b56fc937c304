"""What the server says while it runs: to standard error, one line per event, never what was said, never the key."""

from __future__ import annotations

import logging
import traceback

FORMAT = "%(asctime)s %(levelname)-7s %(message)s"


class ScrubbingFormatter(logging.Formatter):
    """Takes secrets out of every line, tracebacks included, whichever library wrote it."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__(FORMAT)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "[key]")
        return text


def log_to_stderr(*secrets: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(ScrubbingFormatter(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("vivavoce").setLevel(logging.INFO)
    # picows tells of every connection there.
    for library in ("vivavoce.websocket", "vivavoce.upstream", "vivavoce.engine.websocket"):
        logging.getLogger(library).setLevel(logging.WARNING)


def name_of(session_id: str) -> str:
    """A call's name in the log: the beginning of its id, the whole of which is the key to all that was said."""
    return session_id[:13]


def places_of(error: BaseException) -> str:
    """The kind of an exception and the places it came by. Not its text, which may quote what was said."""
    return "".join([type(error).__name__, "\n", *traceback.format_tb(error.__traceback__)])
