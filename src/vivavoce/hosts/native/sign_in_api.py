"""The routes by which somebody comes in: who am I, sign in, sign out, a ticket for a call."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivavoce.admission import sign_in
from vivavoce.admission.doorkeeper import Doorkeeper
from vivavoce.admission.refused import Refused
from vivavoce.hosts.native.calls import Calls
from vivavoce.hosts.native.personal import asked_of, personal, read_json
from vivavoce.hosts.native.workers import Workers
from vivavoce.scenario.model import Scenario


class SignInApi:
    def __init__(
        self,
        door: Doorkeeper,
        scenarios: Mapping[str, Scenario],
        calls: Calls,
        workers: Workers,
    ) -> None:
        self._workers = workers
        self._door = door
        self._scenarios = scenarios
        self._calls = calls

    def routes(self) -> list[Route]:
        signing_in = self._workers.at(_first, self.sign_in)
        return [
            Route("/api/session", personal(self._door, self.session)),
            Route("/api/sign-in", personal(self._door, signing_in), methods=["POST"]),
            Route("/api/sign-out", personal(self._door, self.sign_out), methods=["POST"]),
            Route("/api/tickets", personal(self._door, self.ticket), methods=["POST"]),
        ]

    async def session(self, request: Request) -> Response:
        asked = asked_of(request)
        person = self._door.person(asked)
        try:
            await self._calls.check_room(person.user if person else None)
            closed = None
        except Refused as refused:
            closed = str(refused)
        return JSONResponse(sign_in.who(self._door, asked, closed, features=["reviews"]))

    async def sign_in(self, request: Request) -> Response:
        body = await read_json(request)
        answer, cookie = sign_in.sign_in(self._door, asked_of(request), body)
        return JSONResponse(answer, headers={"Set-Cookie": cookie})

    async def sign_out(self, request: Request) -> Response:
        response = Response(status_code=204)
        for cookie in sign_in.sign_out(self._door, asked_of(request)):
            response.headers.append("Set-Cookie", cookie)
        return response

    async def ticket(self, request: Request) -> Response:
        body = await read_json(request)
        user, scenario_id = sign_in.who_calls(self._door, asked_of(request), body, self._scenarios)
        await self._calls.check_room(user, loaded=True)
        return JSONResponse(sign_in.ticket(self._door, user, scenario_id))


async def _first(request: Request) -> int:
    """One worker counts all wrong codes: with each counting for itself, there would be as many times more guesses."""
    return 0
