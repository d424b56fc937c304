"""What the server says while it runs: to standard error, one line per event, never what was said, never the key.

A line is text for people, or an object for programs (`VIVAVOCE_LOG=json`): then what a logger is given as `extra`
stands in fields of its own, such as the name of a call in `call`.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Literal, get_args

LogFormat = Literal["text", "json"]
LOG_FORMATS: tuple[LogFormat, ...] = get_args(LogFormat)
FORMAT = "%(asctime)s %(levelname)-7s %(message)s"

_USED_ONCE = re.compile(r"(vivavoce\.(?:ticket|resume)\.)[^\s,;\"']+")
"""What opens a call, should a line ever quote a handshake."""
_ALWAYS_THERE = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class ScrubbingFormatter(logging.Formatter):
    """Takes secrets out of every line, tracebacks included, whichever library wrote it."""

    def __init__(self, secrets: tuple[str, ...], lines: str = FORMAT) -> None:
        super().__init__(lines)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return self.scrub(super().format(record))

    def scrub(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "[key]")
        return _USED_ONCE.sub(r"\1[…]", text)


class JsonFormatter(ScrubbingFormatter):
    """One JSON object a line, with `time`, `level`, `logger`, `message`, and the fields that were given."""

    def __init__(self, secrets: tuple[str, ...], worker: int | None = None) -> None:
        super().__init__(secrets)
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.scrub(record.getMessage()),
        }
        if self._worker is not None:
            line["worker"] = self._worker
        for name, value in vars(record).items():
            if name not in _ALWAYS_THERE:
                line[name] = value if isinstance(value, int | float) else self.scrub(str(value))
        if record.exc_info:
            line["exception"] = self.scrub(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr(*secrets: str, format: LogFormat = "text", worker: int | None = None) -> None:
    """`worker` is the number of this process among several that log to the same place."""
    handler = logging.StreamHandler()
    lines = FORMAT if worker is None else FORMAT.replace("%(message)s", f"worker {worker}: %(message)s")
    handler.setFormatter(JsonFormatter(secrets, worker) if format == "json" else ScrubbingFormatter(secrets, lines))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("vivavoce").setLevel(logging.INFO)
    # picows tells of every connection there.
    for library in ("vivavoce.websocket", "vivavoce.upstream", "vivavoce.engine.websocket"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # uvicorn warns of each request that it cannot read: strangers could fill the disk with that.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
