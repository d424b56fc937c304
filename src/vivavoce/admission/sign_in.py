"""The routes by which somebody comes in: what each of them asks for, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from vivavoce.admission.doorkeeper import OPERATOR_SIGN_IN, SIGN_IN, Asked, Doorkeeper
from vivavoce.admission.refused import Refused
from vivavoce.door.sign_in import KEPT_SECONDS
from vivavoce.door.ticket import LIFE_SECONDS
from vivavoce.protocol.json_text import parse_json
from vivavoce.scenario.model import Scenario

MOST_JSON = 4096
"""Bytes of a request that says something in JSON."""

Json = dict[str, Any]
Feature = Literal["reviews"]


def check_place(door: Doorkeeper, asked: Asked) -> None:
    """A page of another site names itself; one that asks without that (a download, a program) sends nothing along.

    Raises Refused.
    """
    door.check_visitor(asked)
    if asked.lines("Origin"):
        door.check_origin(asked)
    elif any(site not in ("same-origin", "none") for site in asked.lines("Sec-Fetch-Site")):
        raise Refused(HTTPStatus.FORBIDDEN, "origin_refused", "Pages of other sites may not read this.")


def check_json(asked: Asked) -> None:
    """Raises Refused unless the body is said to be JSON, which no form of another site can send."""
    kinds = asked.lines("Content-Type")
    if not kinds or kinds[0].partition(";")[0].strip().lower() != "application/json":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "no_json", "Send application/json.")


def read_object(text: bytes) -> Json:
    """A small JSON object. Raises Refused."""
    if len(text) > MOST_JSON:
        raise too_big(MOST_JSON)
    try:
        body = parse_json(text.decode())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_json", "Send a JSON object.")
    return body


def too_big(most: int) -> Refused:
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_big", f"At most {most:,} bytes are taken.")


def who(door: Doorkeeper, asked: Asked, closed: str | None, *, features: Sequence[Feature]) -> Json:
    """Who asks; `closed` says why they cannot begin a call now, `features` what this host has besides calls."""
    person = door.person(asked)
    return {
        "sign_in": door.settings.sign_in,
        "user": person.user if person else None,
        "name": person.name if person else None,
        "calls": {"open": closed is None, "message": closed},
        "features": list(features),
    }


def sign_in(door: Doorkeeper, asked: Asked, body: Json) -> tuple[Json, str]:
    """The answer, and the cookie to set. Raises Refused."""
    person = door.sign_in(asked, _text(body, "code"), _text(body, "name"))
    cookie = door.cookie(asked, SIGN_IN, door.sign_in_token(person), KEPT_SECONDS)
    return {"user": person.user, "name": person.name}, cookie


def sign_out(door: Doorkeeper, asked: Asked) -> list[str]:
    """The cookies to set."""
    return [door.cookie(asked, name, "", 0) for name in (SIGN_IN, OPERATOR_SIGN_IN)]


def who_calls(door: Doorkeeper, asked: Asked, body: Json, scenarios: Mapping[str, Scenario]) -> tuple[str, str]:
    """For whom a ticket is asked, and for which scenario. Raises Refused."""
    door.check_rate(asked)
    user = door.user(asked, _text(body, "user") if body.get("user") is not None else None)
    scenario = scenarios.get(_text(body, "scenario"))
    if scenario is None:
        raise Refused(
            HTTPStatus.NOT_FOUND, "unknown_scenario", "There is no such scenario; GET /api/scenarios lists them."
        )
    return user, scenario.id


def ticket(door: Doorkeeper, user: str, scenario_id: str) -> Json:
    return {"ticket": door.write_ticket(user, scenario_id), "expires_in": LIFE_SECONDS}


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_json", f"{name} must be a string.")
    return value
