"""Who may come in to the embedded engine, and what for: the rules of its handshake, which are those of the original.

A WebSocket whose key or model is refused is opened all the same, gets an `error` event, and is closed; other refusals
are plain HTTP answers. Codes, closing codes and texts are the original's where they are known.
"""

from __future__ import annotations

import hmac
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs

from picows import WSUpgradeRequest

from vivavoce.admission.handshake import read_target
from vivavoce.admission.refused import Refused
from vivavoce.door.origins import ANY, OriginPolicy
from vivavoce.scenario.model import Scenario

PATH = "/v1/realtime"
AZURE_PATH = "/openai/v1/realtime"
SCENARIO_PREFIX = "vivavoce/"
"""`?model=vivavoce/<scenario id>`: the persona of that lesson."""
SUBPROTOCOL = "realtime"
KEY_SUBPROTOCOL = "openai-insecure-api-key."
BETA_SUBPROTOCOL = "openai-beta.realtime-v1"
BETA_HEADER = "realtime=v1"
TRANSCRIPTION = "transcription"


@dataclass(frozen=True, slots=True)
class Access:
    """On which terms clients come in."""

    key: str | None = field(default=None, repr=False)
    """What a client must know; None lets in whoever is on this machine."""
    origins: frozenset[str] = frozenset()
    """Web pages that may connect. Without any: none, unless a key is asked for, which then is enough."""
    calls: int | None = None
    """Most calls at once; None: no limit."""
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """What a client is told, once its WebSocket is open, before it is closed again."""

    code: str
    message: str
    close: int = 4000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A client that may come in."""

    model: str
    """Empty for a session that only transcribes."""
    scenario: Scenario | None
    subprotocol: str | None
    rejection: Rejection | None


def read_arrival(request: WSUpgradeRequest, access: Access, catalogue: Mapping[str, Scenario]) -> Arrival:
    """Check a request. Raises Refused for what is answered in plain HTTP."""
    url = read_target(request.path.decode("latin-1"))
    _check_place(request, access)
    if url.path.rstrip("/") not in (PATH, AZURE_PATH):
        raise Refused(
            HTTPStatus.NOT_FOUND, "not_found", f"There is nothing here. The Realtime API is a WebSocket at {PATH}."
        )
    if request.headers.get("Upgrade", "").lower() != "websocket":
        message = f"The Realtime API is a WebSocket: connect to {PATH}?model=… with one."
        raise Refused(HTTPStatus.UPGRADE_REQUIRED, "upgrade_required", message)
    offered = _tokens(request, "Sec-WebSocket-Protocol")
    subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
    rejection = _check_key(request, offered, access.key)
    if rejection is None and (BETA_HEADER in _tokens(request, "OpenAI-Beta") or BETA_SUBPROTOCOL in offered):
        message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
        rejection = Rejection("beta_api_shape_disabled", message)
    try:
        query = parse_qs(url.query, keep_blank_values=True, max_num_fields=16)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_query", "The query has too many fields.") from None
    asked = {name: values[-1] for name, values in query.items()}
    if rejection is None and "call_id" in asked:
        raise Refused(HTTPStatus.NOT_FOUND, "call_id_not_found", "No session found for the provided call_id")
    model = asked.get("model", "")
    scenario = catalogue.get(model.removeprefix(SCENARIO_PREFIX)) if model.startswith(SCENARIO_PREFIX) else None
    if rejection is None:
        rejection = _check_session(model, scenario, asked.get("intent"))
    return Arrival(model, scenario, subprotocol, rejection)


def _tokens(request: WSUpgradeRequest, name: str) -> list[str]:
    return [token.strip() for line in request.headers.getall(name, []) for token in line.split(",")]


def _check_place(request: WSUpgradeRequest, access: Access) -> None:
    """Keep web pages from using a visitor's browser to reach an engine that asks for no key. Raises Refused.

    No page can forge its Origin, nor the Host that it asked for: a name that was made to point here (DNS rebinding) is
    none of this machine's own.
    """
    hosts, origins = (request.headers.getall(name, []) for name in ("Host", "Origin"))
    if len(hosts) > 1 or len(origins) > 1:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_header", "Host and Origin may come once.")
    allowed = access.origins or (frozenset({ANY}) if access.key else frozenset())
    if reason := OriginPolicy(allowed, loopback=access.key is None).refuses_host(hosts[0] if hosts else None):
        raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "wrong_host", reason)
    if origins and ANY not in allowed and origins[0] not in allowed:
        message = f"Pages from {origins[0][:200]!r} may not connect. Add the origin to ALLOWED_ORIGINS"
        message += "." if access.key else ", or set VIVAVOCE_ENGINE_KEY and let the page send that key."
        raise Refused(HTTPStatus.FORBIDDEN, "origin_refused", message)


def _check_key(request: WSUpgradeRequest, offered: list[str], key: str | None) -> Rejection | None:
    if key is None:
        return None
    shown = list(_keys(request, offered))
    if any(hmac.compare_digest(one.encode(errors="surrogateescape"), key.encode()) for one in shown):
        return None
    message = (
        "Incorrect API key provided. The key is the one that this engine was started with."
        if shown
        else "No API key provided. Send it as 'Authorization: Bearer KEY', as 'api-key: KEY', or, from a browser, as "
        f"the subprotocol {KEY_SUBPROTOCOL}KEY."
    )
    return Rejection("invalid_api_key", message, 3000)


def _keys(request: WSUpgradeRequest, offered: list[str]) -> Iterator[str]:
    """Every key that a client shows, wherever it can."""
    for line in request.headers.getall("Authorization", []):
        scheme, _, key = line.partition(" ")
        if scheme.lower() == "bearer":
            yield key.strip()
    yield from request.headers.getall("api-key", [])
    yield from (name.removeprefix(KEY_SUBPROTOCOL) for name in offered if name.startswith(KEY_SUBPROTOCOL))


def _check_session(model: str, scenario: Scenario | None, intent: str | None) -> Rejection | None:
    """Exactly one of `model` and `intent` says what the session is for."""
    if intent is not None:
        if intent != TRANSCRIPTION:
            return Rejection("invalid_intent", f"Invalid intent {intent[:80]}")
        if model:
            return Rejection("invalid_model", "You must not provide a model parameter for transcription sessions.")
        return None
    if not model:
        return Rejection("missing_model", f"You must provide a model parameter, for example {PATH}?model=gpt-realtime")
    if model.startswith(SCENARIO_PREFIX) and scenario is None:
        return Rejection(
            "model_not_found", f"There is no scenario {model.removeprefix(SCENARIO_PREFIX)[:80]!r} here.", 4004
        )
    return None
