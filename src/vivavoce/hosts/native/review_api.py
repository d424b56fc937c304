"""The routes of a learner's own calls: history, review, sound, another grade, export, the end of all of it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivavoce.admission.doorkeeper import Doorkeeper
from vivavoce.admission.refused import Refused
from vivavoce.hosts.native.archive import Archive, Unready
from vivavoce.hosts.native.audio_api import wav_response
from vivavoce.hosts.native.calls import Calls
from vivavoce.hosts.native.personal import asked_of, attachment, json_text, personal
from vivavoce.hosts.native.recording import LANES
from vivavoce.hosts.native.workers import Workers
from vivavoce.lesson import xapi
from vivavoce.lesson.tables import call_csv
from vivavoce.store.review import CallRow

MOST_IDS = 100


class ReviewApi:
    def __init__(self, archive: Archive, calls: Calls, door: Doorkeeper, workers: Workers) -> None:
        self._archive = archive
        self._calls = calls
        self._door = door
        self._workers = workers

    def routes(self) -> list[Route]:
        delete, regrade = (self._workers.at(self._worker_of, answer) for answer in (self.delete, self.regrade))
        return [
            Route("/api/calls", personal(self._door, self.history)),
            Route("/api/calls/{id}", personal(self._door, self.review), methods=["GET"]),
            Route("/api/calls/{id}", personal(self._door, delete), methods=["DELETE"]),
            Route("/api/calls/{id}/audio/{lane}", personal(self._door, self.audio)),
            Route("/api/calls/{id}/grade", personal(self._door, regrade), methods=["POST"]),
            Route("/api/calls/{id}/export", personal(self._door, self.export)),
        ]

    async def history(self, request: Request) -> Response:
        ids = [id for id in request.query_params.get("ids", "").split(",") if id]
        if len(ids) > MOST_IDS:
            raise Refused(400, "too_many", f"At most {MOST_IDS} calls are listed at once.")
        return JSONResponse(await self._archive.history(ids, self._door.owner(asked_of(request))))

    async def review(self, request: Request) -> Response:
        return JSONResponse(await self._archive.review((await self._own(request)).session_id))

    async def audio(self, request: Request) -> Response:
        id = (await self._own(request)).session_id
        lane = next((lane for lane in LANES if lane == request.path_params["lane"]), None)
        size = self._archive.audio.size(id, lane) if lane is not None else 0
        if lane is None or not size:
            raise Refused(404, "no_audio", "No sound of this call was kept.")
        name = f"{id}-{lane}.wav"
        return wav_response(self._archive.audio.path(id, lane), size, request.headers.get("range"), name)

    async def regrade(self, request: Request) -> Response:
        id = (await self._own(request)).session_id
        self._refuse_while_it_goes_on(id)
        return JSONResponse(await self._archive.regrade(id))

    async def delete(self, request: Request) -> Response:
        id = (await self._own(request)).session_id
        self._refuse_while_it_goes_on(id)
        if actor := self._calls.find(id):
            await self._calls.dismiss(actor)
        await self._archive.delete(id)
        return Response(status_code=204)

    async def export(self, request: Request) -> Response:
        form = request.query_params.get("format", "json")
        if form not in ("json", "csv", "xapi"):
            raise Refused(400, "unknown_format", "format must be json, csv or xapi.")
        review = await self._archive.review((await self._own(request)).session_id)
        name = (
            f"vivavoce-{review['call']['scenario_id']}-{review['call']['started_at'][:10]}-{review['call']['id'][-6:]}"
        )
        match form:
            case "csv":
                return attachment("\ufeff" + call_csv(review), "text/csv", f"{name}.csv")
            case "xapi":
                home = f"{request.url.scheme}://{request.headers['host']}"
                return attachment(json_text(xapi.statements(review, home)), "application/json", f"{name}-xapi.json")
        return attachment(json_text(review), "application/json", f"{name}.json")

    async def _worker_of(self, request: Request) -> int:
        """Which has the call that a request names, should it go on. Raises Unknown and Refused."""
        row = await self._own(request)
        return self._workers.owner(row.scenario_id, row.user)

    async def _own(self, request: Request) -> CallRow:
        """The call that a request names, if it is for whoever asks. Raises Unknown and Refused."""
        owner = self._door.owner(asked_of(request))
        return await self._archive.row(request.path_params["id"], owner)

    def _refuse_while_it_goes_on(self, id: str) -> None:
        actor = self._calls.find(id)
        if actor is not None and actor.open:
            raise Unready("going_on", "This call is still going on. End it first.")
