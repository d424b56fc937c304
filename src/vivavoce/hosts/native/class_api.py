"""The operator's class page: all learners and calls, for whoever has the key."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivavoce.door.origins import OriginPolicy
from vivavoce.hosts.native.archive import Archive
from vivavoce.hosts.native.personal import attachment, personal
from vivavoce.hosts.native.refused import Refused
from vivavoce.lesson.tables import class_csv


class ClassApi:
    def __init__(self, archive: Archive, key: str | None, origins: OriginPolicy) -> None:
        self._archive = archive
        self._key = key
        self._origins = origins

    def routes(self) -> list[Route]:
        return [
            Route("/api/class", personal(self._origins, self.results)),
            Route("/api/class.csv", personal(self._origins, self.table)),
        ]

    async def results(self, request: Request) -> Response:
        self._check_key(request)
        return JSONResponse(await self._archive.class_results())

    async def table(self, request: Request) -> Response:
        self._check_key(request)
        results = await self._archive.class_results()
        return attachment("\ufeff" + class_csv(results), "text/csv", "vivavoce-class.csv")

    def _check_key(self, request: Request) -> None:
        if self._key is None:
            raise Refused(
                404, "no_class_page", "There is no class page. Start the server with VIVAVOCE_OPERATOR_KEY to have one."
            )
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(shown.strip().encode(), self._key.encode()):
            message = "Show the key of VIVAVOCE_OPERATOR_KEY, as 'Authorization: Bearer KEY'."
            raise Refused(401, "wrong_key", message, {"WWW-Authenticate": "Bearer"})
