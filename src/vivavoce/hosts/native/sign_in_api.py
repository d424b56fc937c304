"""The routes by which somebody comes in: who am I, sign in, sign out, a ticket for a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivavoce.door.sign_in import KEPT_SECONDS
from vivavoce.door.ticket import LIFE_SECONDS
from vivavoce.hosts.native.doorkeeper import OPERATOR_SIGN_IN, SIGN_IN, Doorkeeper
from vivavoce.hosts.native.personal import asked_of, keep, personal, read_json
from vivavoce.hosts.native.refused import Refused
from vivavoce.scenario.model import Scenario


class SignInApi:
    def __init__(
        self, door: Doorkeeper, scenarios: Mapping[str, Scenario], check_room: Callable[[str | None], Awaitable[None]]
    ) -> None:
        """`check_room` raises Refused while no call may begin: at all, or that of this user."""
        self._door = door
        self._scenarios = scenarios
        self._check_room = check_room

    def routes(self) -> list[Route]:
        return [
            Route("/api/session", personal(self._door, self.session)),
            Route("/api/sign-in", personal(self._door, self.sign_in), methods=["POST"]),
            Route("/api/sign-out", personal(self._door, self.sign_out), methods=["POST"]),
            Route("/api/tickets", personal(self._door, self.ticket), methods=["POST"]),
        ]

    async def session(self, request: Request) -> Response:
        person = self._door.person(asked_of(request))
        try:
            await self._check_room(person.user if person else None)
            message = None
        except Refused as refused:
            message = str(refused)
        return JSONResponse(
            {
                "sign_in": self._door.settings.sign_in,
                "user": person.user if person else None,
                "name": person.name if person else None,
                "calls": {"open": message is None, "message": message},
            }
        )

    async def sign_in(self, request: Request) -> Response:
        body = await read_json(request)
        asked = asked_of(request)
        person = self._door.sign_in(asked, _text(body, "code"), _text(body, "name"))
        response = JSONResponse({"user": person.user, "name": person.name})
        keep(response, self._door, asked, SIGN_IN, self._door.sign_in_token(person), KEPT_SECONDS)
        return response

    async def sign_out(self, request: Request) -> Response:
        response = Response(status_code=204)
        for cookie in (SIGN_IN, OPERATOR_SIGN_IN):
            keep(response, self._door, asked_of(request), cookie, "", 0)
        return response

    async def ticket(self, request: Request) -> Response:
        body = await read_json(request)
        asked = asked_of(request)
        self._door.check_rate(asked)
        user = self._door.user(asked, _text(body, "user") if body.get("user") is not None else None)
        scenario = self._scenarios.get(_text(body, "scenario"))
        if scenario is None:
            message = "There is no such scenario; GET /api/scenarios lists them."
            raise Refused(HTTPStatus.NOT_FOUND, "unknown_scenario", message)
        await self._check_room(user)
        return JSONResponse({"ticket": self._door.write_ticket(user, scenario.id), "expires_in": LIFE_SECONDS})


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_json", f"{name} must be a string.")
    return value
