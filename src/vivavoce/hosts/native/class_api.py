"""The operator's class page: all learners and calls, for whoever has the key."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivavoce.hosts.native.archive import Archive
from vivavoce.hosts.native.doorkeeper import Doorkeeper
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
        self._door.check_operator(asked_of(request))
        return JSONResponse(await self._archive.class_results())

    async def table(self, request: Request) -> Response:
        self._door.check_operator(asked_of(request))
        results = await self._archive.class_results()
        return attachment("\ufeff" + class_csv(results), "text/csv", "vivavoce-class.csv")
