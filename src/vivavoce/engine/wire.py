"""Reading a client's frames, and the outbox: every frame and effect that leaves, with the ids that go on them."""

from __future__ import annotations

import math
from typing import Any, NoReturn

from vivavoce.engine.effects import Effect, Send
from vivavoce.protocol.json_text import parse_json
from vivavoce.protocol.message import write


class RequestError(Exception):
    """A client event that cannot be done. The attributes are those of the wire's `error` object."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


def parse(frame: bytes) -> dict[str, Any]:
    """A client's frame as an object. Duplicate keys are allowed and the last one counts, as upstream."""
    try:
        value = parse_json(frame.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except ValueError as error:
        raise RequestError("invalid_json", "Invalid event: failed to parse JSON value.") from error
    if not isinstance(value, dict):
        raise RequestError("invalid_json", "Invalid event: expected a JSON object.")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):  # 1e999 would come back as Infinity, which is not JSON
        raise ValueError(f"{digits} is out of range")
    return value


class Ids:
    """Ids that are unique across sessions: the session's own id and a counter. They fit in 32 characters."""

    def __init__(self, session_id: str) -> None:
        self._session = session_id.removeprefix("sess_")[-18:]
        self._count = 0
        self._jobs = 0
        self.conversation = f"conv_{self._session}"

    def new(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._session}{self._count:06x}"

    def job(self) -> int:
        self._jobs += 1
        return self._jobs


class Outbox:
    """What is to be done, in order, until the host takes it."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._effects: list[Effect] = []

    def send(self, type: str, **fields: Any) -> None:
        """A server event. Each has an `event_id` of its own: stock clients drop events without one."""
        event = {"type": type, "event_id": self._ids.new("event"), **fields}
        self._effects.append(Send(write(event)))

    def error(self, error: RequestError, event_id: str | None) -> None:
        self.send(
            "error",
            error={
                "type": "invalid_request_error",
                "code": error.code,
                "message": error.message,
                "param": error.param,
                "event_id": event_id,
            },
        )

    def do(self, effect: Effect) -> None:
        self._effects.append(effect)

    def take(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects
