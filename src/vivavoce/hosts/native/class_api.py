"""The operator's class page: all learners and calls, for whoever has the key."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivavoce.admission.doorkeeper import OPERATOR_SIGN_IN, Doorkeeper
from vivavoce.door.sign_in import OPERATOR_SECONDS
from vivavoce.hosts.native.archive import Archive
from vivavoce.hosts.native.personal import asked_of, attachment, personal
from vivavoce.lesson.tables import class_csv


class ClassApi:
    def __init__(self, archive: Archive, door: Doorkeeper) -> None:
        self._archive = archive
        self._door = door

    def routes(self) -> list[Route]:
        return [
            Route("/api/class", personal(self._door, self.results)),
            Route("/api/class.csv", personal(self._door, self.table)),
        ]

    async def results(self, request: Request) -> Response:
        """Its links lead to reviews, sound and exports, which a browser asks for without a key; so it keeps a token."""
        asked = asked_of(request)
        self._door.check_operator(asked)
        response = JSONResponse(await self._archive.class_results())
        if self._door.settings.sign_in != "open":
            cookie = self._door.cookie(asked, OPERATOR_SIGN_IN, self._door.operator_token(), OPERATOR_SECONDS)
            response.headers.append("Set-Cookie", cookie)
        return response

    async def table(self, request: Request) -> Response:
        self._door.check_operator(asked_of(request))
        results = await self._archive.class_results()
        return attachment("\ufeff" + class_csv(results), "text/csv", "vivavoce-class.csv")
