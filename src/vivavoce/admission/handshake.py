"""The checks of a WebSocket handshake: where it comes from, which scenario it wants, and for whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, parse_qs, urlsplit

from vivavoce.admission.doorkeeper import Asked, Doorkeeper
from vivavoce.admission.refused import Refused
from vivavoce.door.ticket import Ticket
from vivavoce.lesson.transcript import Transcript
from vivavoce.scenario.model import Scenario

SUBPROTOCOL = "vivavoce"
TICKET_PREFIX = "vivavoce.ticket."
RESUME_PREFIX = "vivavoce.resume."

_FROM = re.compile(r"(call_[0-9a-f]{24}):([\x21-\x7e]{1,64})")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A browser that may come in."""

    scenario: Scenario
    user: str
    ticket: Ticket | None
    """What it was let in with; not with any where nobody signs in."""
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


def key_of(target: str, asked: Asked, door: Doorkeeper) -> tuple[str, str] | None:
    """The scenario and the user whose call a handshake is for, before it is checked; None if it is for nobody's."""
    try:
        query = _query(read_target(target))
        return query.get("scenario", ""), _user(_ticket(asked, door), query.get("user"), door)
    except Refused:
        return None


def read_arrival(target: str, asked: Asked, scenarios: Mapping[str, Scenario], door: Doorkeeper) -> Arrival:
    """Check a handshake; `target` is the path that it names, with its query. Raises Refused."""
    url = read_target(target)
    if url.path != "/ws":
        raise Refused(HTTPStatus.NOT_FOUND, "not_found", "WebSockets are at /ws.")
    door.check_host(asked)
    door.check_visitor(asked)
    door.check_rate(asked)
    ticket = _ticket(asked, door)
    door.check_origin(asked, vouched=ticket is not None)
    query = _query(url)
    user = _user(ticket, query.get("user"), door)
    scenario = scenarios.get(query.get("scenario", ""))
    if scenario is None:
        raise Refused(
            HTTPStatus.NOT_FOUND, "unknown_scenario", "There is no such scenario; GET /api/scenarios lists them."
        )
    if ticket is not None and ticket.scenario != scenario.id:
        raise Refused(HTTPStatus.FORBIDDEN, "other_scenario", "This ticket is for another scenario.")
    after = query.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 15):
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_after", "after must be the seq of the last event received.")
    retry = _retry(query.get("from"))
    if ticket is not None:
        door.use_up(ticket)
    subprotocol = SUBPROTOCOL if SUBPROTOCOL in _offered(asked) else None
    return Arrival(scenario, user, ticket, _with(RESUME_PREFIX, asked), int(after), subprotocol, retry)


def _offered(asked: Asked) -> list[str]:
    """The subprotocols."""
    return [name.strip() for line in asked.lines("Sec-WebSocket-Protocol") for name in line.split(",")]


def _with(prefix: str, asked: Asked) -> str | None:
    return next((name.removeprefix(prefix) for name in _offered(asked) if name.startswith(prefix)), None)


def _ticket(asked: Asked, door: Doorkeeper) -> Ticket | None:
    """Raises Refused for one that is no good."""
    shown = _with(TICKET_PREFIX, asked)
    return door.read_ticket(shown) if shown is not None else None


def _query(url: SplitResult) -> dict[str, str]:
    """Raises Refused."""
    try:
        return {name: values[-1] for name, values in parse_qs(url.query, max_num_fields=16).items()}
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_query", "The query has too many fields.") from None


def _user(ticket: Ticket | None, wanted: str | None, door: Doorkeeper) -> str:
    """Whose call it is: the ticket's word counts, and `user=` only where nobody signs in."""
    if ticket is None:
        return door.user_without_ticket(wanted)
    if wanted not in (None, ticket.user):
        raise Refused(HTTPStatus.FORBIDDEN, "not_you", "This ticket is somebody else's.")
    return ticket.user


def _retry(text: str | None) -> Retry | None:
    if text is None:
        return None
    match = _FROM.fullmatch(text)
    if match is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_from", "from must be the id of a call, a colon, the id of a line.")
    return Retry(match[1], match[2])


def read_target(target: str) -> SplitResult:
    """Where a handshake wants to go. Raises Refused."""
    try:
        return urlsplit(target)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_target", "The request target is not a path.") from None
