"""Answers to the quiz that are spoken: written down by the upstream, marked like typed ones."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivavoce.admission.doorkeeper import Doorkeeper
from vivavoce.admission.refused import Refused
from vivavoce.hosts.native.actor import Actor
from vivavoce.hosts.native.archive import Archive, Unready
from vivavoce.hosts.native.calls import Calls
from vivavoce.hosts.native.personal import asked_of, personal, read_body
from vivavoce.hosts.native.quiz_answers import NotTaken
from vivavoce.hosts.native.transcribe import TranscriptionError, transcribe
from vivavoce.hosts.native.upstream import Upstream
from vivavoce.hosts.native.wav import WavError, read_wav
from vivavoce.hosts.native.workers import Workers
from vivavoce.lesson.kept import Stored
from vivavoce.lesson.review import mark_of
from vivavoce.protocol.browser import MAX_ANSWER_CHARS
from vivavoce.scenario.model import QuizItem, Scenario
from vivavoce.session.configuration import transcription_of
from vivavoce.session.spending import Purse, Tariff
from vivavoce.store.review import CallRow

MOST_BYTES = 2 * 1024 * 1024
MOST_HEARD = 20
"""Answers of one call that are listened to: each is paid for, also when nothing is understood."""


class SpokenQuizApi:
    def __init__(
        self,
        *,
        archive: Archive,
        calls: Calls,
        scenarios: Mapping[str, Scenario],
        upstream: Upstream,
        transcription_model: str,
        tariff: Tariff,
        door: Doorkeeper,
        workers: Workers,
    ) -> None:
        self._archive = archive
        self._calls = calls
        self._scenarios = scenarios
        self._upstream = upstream
        self._transcription_model = transcription_model
        self._tariff = tariff
        self._door = door
        self._workers = workers
        self._hearing: set[str] = set()
        """Calls one of whose answers is being written down."""
        self._heard: WeakKeyDictionary[Actor, int] = WeakKeyDictionary()
        """How many of each call were."""

    def routes(self) -> list[Route]:
        answer = self._workers.at(self._worker_of, self.answer, MOST_BYTES)
        return [Route("/api/calls/{id}/quiz/{item}", personal(self._door, answer), methods=["POST"])]

    async def answer(self, request: Request) -> Response:
        """SpokenAnswer of shared/review.schema.json; the mark goes to the call's browser as well."""
        row = await self._row(request)
        scenario = self._scenarios.get(row.scenario_id)
        item = _spoken(scenario, request.path_params["item"])
        actor = self._calls.find(row.session_id)
        if actor is None or scenario is None:
            raise Unready("call_over", "The call is over for good, so nothing more is marked. Start a new one.")
        if not actor.asks(item.id):  # before the upstream is paid for listening
            raise Unready("not_taken", "This question was answered before, or was not asked.")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in (
            "audio/wav",
            "audio/x-wav",
        ):
            raise Refused(415, "no_wav", "Send the answer as audio/wav.")
        if row.session_id in self._hearing:
            raise Unready("being_heard", "Another answer is being written down. Send this one after it.")
        self._hearing.add(row.session_id)
        try:
            await self._check_worth(actor)
            said = await self._hear(await read_body(request, MOST_BYTES), scenario, actor)
        finally:
            self._hearing.discard(row.session_id)
        actor = self._calls.find(row.session_id)
        if actor is None:
            raise Unready("call_over", "The call is over for good, so nothing more is marked. Start a new one.")
        try:
            marked = await actor.answer_quiz(item.id, said)
        except NotTaken as error:
            raise Unready("not_taken", str(error)) from None
        return JSONResponse({"mark": mark_of(Stored(marked["at"], marked))})

    async def _row(self, request: Request) -> CallRow:
        return await self._archive.row(request.path_params["id"], self._door.owner(asked_of(request)))

    async def _worker_of(self, request: Request) -> int:
        row = await self._row(request)
        return self._workers.owner(row.scenario_id, row.user)

    async def _check_worth(self, actor: Actor) -> None:
        """Raises Refused when no more may be paid for."""
        if self._heard.get(actor, 0) >= MOST_HEARD:
            raise Refused(429, "too_many", "No more answers of this call are listened to. Type this one.")
        await self._calls.check_money(actor.user)

    async def _hear(self, wav: bytes, scenario: Scenario, actor: Actor) -> str:
        try:
            transcription = transcription_of(scenario, self._transcription_model)
            pcm = await unpacked(wav)
            self._heard[actor] = self._heard.get(actor, 0) + 1
            said, usage = await transcribe(self._upstream, transcription, actor.user, pcm)
        except WavError as error:
            raise Refused(415, "bad_wav", str(error)) from None
        except TranscriptionError as error:
            raise Refused(503, "not_heard", str(error)) from None
        actor.spend(Purse(self._tariff).written_down(self._transcription_model, usage))
        if not said:
            raise Refused(
                422, "nothing_understood", "Nothing was understood. Say it once more, closer to the microphone."
            )
        return said[:MAX_ANSWER_CHARS]


async def unpacked(wav: bytes) -> bytes:
    """Its sound, worked out off the event loop: a minute takes long enough to be heard in everybody's call."""
    return await asyncio.to_thread(read_wav, wav)


def _spoken(scenario: Scenario | None, item_id: str) -> QuizItem:
    for item in scenario.quiz.items if scenario is not None else ():
        if item.id == item_id and item.kind == "spoken":
            return item
    raise Refused(404, "unknown_question", "There is no such question to answer aloud in this lesson.")
