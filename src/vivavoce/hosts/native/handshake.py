"""The checks of a WebSocket handshake: where it comes from, which scenario it wants, and for whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, parse_qs, urlsplit

from picows import WSUpgradeRequest

from vivavoce.door.origins import OriginPolicy
from vivavoce.hosts.native.refused import Refused
from vivavoce.lesson.transcript import Transcript
from vivavoce.scenario.model import Scenario

SUBPROTOCOL = "vivavoce"
RESUME_PREFIX = "vivavoce.resume."
DEFAULT_USER = "learner"

_USER = re.compile(r"[A-Za-z0-9_.@-]{1,64}")
_FROM = re.compile(r"(call_[0-9a-f]{24}):([\x21-\x7e]{1,64})")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A browser that may come in."""

    scenario: Scenario
    user: str
    resume_token: str | None
    """What it has of a call that it was in."""
    after: int
    """The last durable event that it has of that call."""
    subprotocol: str | None
    retry: Retry | None = None
    """Where in an earlier call it wants to begin."""
    seed: Transcript = ()
    """What was said in that call before."""


@dataclass(frozen=True, slots=True)
class Retry:
    """A new call that begins before one of an earlier call's lines."""

    call_id: str
    item_id: str


def read_arrival(
    request: WSUpgradeRequest, peer: str, scenarios: Mapping[str, Scenario], origins: OriginPolicy
) -> Arrival:
    """Check a handshake that came from the address `peer`. Raises Refused."""
    url = read_target(request)
    if url.path != "/ws":
        raise Refused(HTTPStatus.NOT_FOUND, "not_found", "WebSockets are at /ws.")
    check_origin(request, peer, origins)
    try:
        query = {name: values[-1] for name, values in parse_qs(url.query, max_num_fields=16).items()}
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_query", "The query has too many fields.") from None
    scenario = scenarios.get(query.get("scenario", ""))
    if scenario is None:
        raise Refused(
            HTTPStatus.NOT_FOUND, "unknown_scenario", "There is no such scenario; GET /api/scenarios lists them."
        )
    user = query.get("user", DEFAULT_USER)
    if not _USER.fullmatch(user):
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_user", "user must be 1 to 64 letters, digits, or any of _ . @ -")
    after = query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 15):
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_after", "after must be the seq of the last event received.")
    offered = [
        name.strip() for line in request.headers.getall("Sec-WebSocket-Protocol", []) for name in line.split(",")
    ]
    token = next((name.removeprefix(RESUME_PREFIX) for name in offered if name.startswith(RESUME_PREFIX)), None)
    subprotocol = SUBPROTOCOL if SUBPROTOCOL in offered else None
    return Arrival(scenario, user, token, int(after), subprotocol, _retry(query.get("from")))


def _retry(text: str | None) -> Retry | None:
    if text is None:
        return None
    match = _FROM.fullmatch(text)
    if match is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_from", "from must be the id of a call, a colon, the id of a line.")
    return Retry(match[1], match[2])


def read_target(request: WSUpgradeRequest) -> SplitResult:
    """Where a handshake wants to go. Raises Refused."""
    try:
        return urlsplit(request.path.decode("latin-1"))
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_target", "The request target is not a path.") from None


def check_origin(request: WSUpgradeRequest, peer: str, origins: OriginPolicy) -> None:
    """Check what `origins` has to say about a handshake from the address `peer`. Raises Refused."""
    host, origin = (request.headers.getall(name, []) for name in ("Host", "Origin"))
    if len(host) > 1 or len(origin) > 1:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_header", "Host and Origin may come once.")
    reason = origins.refuses_host(host[0] if host else None)
    if reason:
        raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "wrong_host", reason)
    reason = origins.refuses_origin(origin[0] if origin else None, host[0], peer)
    if reason:
        raise Refused(HTTPStatus.FORBIDDEN, "origin_refused", reason)
