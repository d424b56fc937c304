"""An event held strictly against the published types of the `openai` package.

Those types take anything that is missing or unknown, so that clients survive new events. Here nothing may be of a wrong
type, nothing required may be missing, and nothing unknown may be there but what `RECORDED` names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import BaseModel

RECORDED = {
    # The types give session.created and session.updated the shape of a request. What is sent is the session itself: the
    # same package's RealtimeSessionCreateResponse and RealtimeTranscriptionSessionCreateResponse have these three, and
    # so have the recordings of real sessions that are tests of pydantic/pydantic-ai
    # (tests/realtime/cassettes/test_openai_ws/test_tool_call_round.yaml at 65334e7).
    "session.object",
    "session.id",
    "session.expires_at",
}


def _by_type(union: Any) -> dict[str, type[BaseModel]]:
    """The models of an annotated union, by the value of their `type`."""
    models: tuple[type[BaseModel], ...] = get_args(get_args(union)[0])
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in models}


SERVER_EVENTS: Mapping[str, type[BaseModel]] = _by_type(RealtimeServerEvent)
CLIENT_EVENTS: Mapping[str, type[BaseModel]] = _by_type(RealtimeClientEvent)


def faults(event: dict[str, Any]) -> list[str]:
    """What is wrong with an event; pydantic's ValidationError says what is missing or of a wrong type."""
    model = SERVER_EVENTS[event["type"]].model_validate(event, strict=True)
    return [f"{event['type']}: unknown {path}" for path in _unknown(model, "") if path not in RECORDED]


def _unknown(value: Any, path: str) -> Iterator[str]:
    """The paths of all that the types do not know."""
    match value:
        case BaseModel():
            for name in value.model_extra or ():
                yield f"{path}{name}"
            for name in value.model_fields_set - set(value.model_extra or ()):
                yield from _unknown(getattr(value, name), f"{path}{name}.")
        case list():
            for inner in value:
                yield from _unknown(inner, path)
