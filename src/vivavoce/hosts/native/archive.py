"""The calls that were made: reviewed, graded again, and deleted, by whoever knows their ids."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from vivavoce.hosts.naming import name_of
from vivavoce.hosts.native.recording import Recorder
from vivavoce.hosts.native.sqlite import Reader, SqliteSql, Writer
from vivavoce.lesson import class_results, grade
from vivavoce.lesson.kept import CallFacts, Graded, Stored
from vivavoce.lesson.review import record_from, review, summary
from vivavoce.scenario.model import Scenario
from vivavoce.scenario.public import public_view
from vivavoce.store.retention import DAY_SECONDS, DEFAULT_DAYS, Retention
from vivavoce.store.review import CallRow, ReviewStore
from vivavoce.store.sessions import SessionStore

if TYPE_CHECKING:
    from vivavoce.hosts.native.judge import Judges

Json = dict[str, Any]

REGRADES = 2
"""At once; no learner waits for the others."""
JUDGE_SECONDS = 120.0
"""How long the judge may take for all its answers of one grade that is made again."""
MOST_GRADES = 50
"""Of one call: each is kept and shown, and may cost questions to a judge."""
CALL_ID = re.compile(r"call_[0-9a-f]{24}")

_GONE = "There is no such call, or it was deleted."

log = logging.getLogger("vivavoce.archive")


class Unknown(LookupError):
    """There is no such call, or not any more; the message says so."""


class Unready(Exception):
    """What was asked for cannot be done with this call now; the message says why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Archive:
    """Everything that is kept. Reads and grades on threads of their own, deletes with the writer."""

    def __init__(
        self,
        *,
        scenarios: Mapping[str, Scenario],
        writer: Writer,
        reader: Reader,
        recorder: Recorder,
        judges: Judges | None,
    ) -> None:
        self._scenarios = scenarios
        self._writer = writer
        self._reader = reader
        self.audio = recorder.files
        self._recorder = recorder
        self._grading = ThreadPoolExecutor(REGRADES, thread_name_prefix="vivavoce-regrade")
        self._judges = judges
        self._being_graded: set[str] = set()

    def close(self) -> None:
        self._grading.shutdown(wait=False, cancel_futures=True)

    async def history(self, ids: Sequence[str], owner: str | None) -> Json:
        """CallList of shared/review.schema.json; without those of anybody but `owner`, if there is one."""
        known = [id for id in dict.fromkeys(ids) if CALL_ID.fullmatch(id)]

        def read(sql: SqliteSql) -> Json:
            rows = [row for row in ReviewStore(sql).calls(known) if owner in (None, row.user)]
            grades = _newest(sql, rows)
            return {
                "calls": [
                    summary(self._facts(row), grades.get(row.session_id), audio=self._has_audio(row)) for row in rows
                ]
            }

        return await self._reader.run(read)

    async def review(self, id: str) -> Json:
        """Review of the schema. Raises Unknown."""
        _check(id)
        return await self._reader.run(lambda sql: self._review(sql, id))

    async def row(self, id: str, owner: str | None) -> CallRow:
        """What is known of a call. Raises Unknown, also for one of anybody but `owner`, if there is one."""
        _check(id)
        row = await self._reader.run(lambda sql: _row(sql, id))
        if owner not in (None, row.user):
            raise Unknown(_GONE)
        return row

    async def class_results(self) -> Json:
        """ClassResults of the schema."""

        def read(sql: SqliteSql) -> Json:
            rows = ReviewStore(sql).every_call()
            grades = _newest(sql, rows)
            return class_results.class_results(
                [(self._facts(row), grades.get(row.session_id), self._has_audio(row)) for row in rows]
            )

        return await self._reader.run(read)

    async def regrade(self, id: str) -> Json:
        """Grade the record again, by the lesson as it is now; earlier grades stay. Raises Unknown and Unready."""
        _check(id)
        if id in self._being_graded:
            raise Unready("being_graded", "This call is being graded right now. Ask for its review in a moment.")
        self._being_graded.add(id)
        try:
            await self._regrade(id)
        finally:
            self._being_graded.discard(id)
        return await self.review(id)

    async def _regrade(self, id: str) -> None:
        row, events, graded = await self._reader.run(lambda sql: (_row(sql, id), _events(sql, id), _grades(sql, id)))
        scenario = self._scenarios.get(row.scenario_id)
        if scenario is None:
            raise Unready("no_scenario", f"The lesson {row.scenario_id} is not on this server any more.")
        if len(graded) >= MOST_GRADES:
            raise Unready(
                "graded_often", f"This call was graded {len(graded)} times, and all of it is kept. That will do."
            )
        record = record_from(events)
        if record.only_seeded:
            raise Unready("nothing_said", "The learner said nothing in this call, so there is nothing to grade.")
        revision = len(graded) + 1

        def give() -> Json:
            judge = self._judges.judge(JUDGE_SECONDS) if self._judges is not None else None
            return grade.grade(scenario, record, judge=judge, reason="regrade", revision=revision).to_json()

        given = await asyncio.get_running_loop().run_in_executor(self._grading, give)
        body = json.dumps({"type": "vivavoce.grade", "grade": given}, ensure_ascii=False)
        graded_at = time.time()
        await self._writer.run(lambda store: ReviewStore(store.sql).add_regrade(id, graded_at, body))

    async def delete(self, id: str) -> None:
        """Delete all that is known of a call that is over. Raises Unknown."""
        _check(id)
        there = await self._writer.run(lambda store: Retention(store.sql).delete(id))
        await self._recorder.delete(id)
        if not there:
            raise Unknown(_GONE)
        log.info("call %s was deleted", name_of(id))

    async def purge(self, now: float, going_on: Callable[[], Collection[str]] = tuple) -> int:
        """Delete the calls whose time is up, and sound without a call; how many calls. Those `going_on` stay.

        It is asked after each look at the record: calls begin meanwhile.
        """
        due = await self._reader.run(lambda sql: Retention(sql).due(now))
        over = [id for id in due if id not in going_on()]

        def delete(store: SessionStore) -> int:
            retention = Retention(store.sql)
            retention.make_nobodys(now)
            return sum(retention.delete(id) for id in over)

        deleted = await self._writer.run(delete)
        listed = await self._recorder.listed()  # first: another worker's call may begin between the two
        known = await self._reader.run(lambda sql: Retention(sql).known())
        strays = await self._recorder.delete_others(listed, known | set(going_on()))
        if deleted or strays:
            log.info("%d calls were deleted because their time was up, and %d sound files", deleted, strays)
        return deleted

    def _review(self, sql: SqliteSql, id: str) -> Json:
        row = _row(sql, id)
        scenario = self._public(row)
        if scenario is None:
            raise Unknown(f"The lesson {row.scenario_id} of this call is not on this server any more.")
        return review(self._facts(row), scenario, _events(sql, id), _grades(sql, id), self.audio.kept(id))

    def _facts(self, row: CallRow) -> CallFacts:
        public = self._public(row)
        kept_until = row.started_at + DEFAULT_DAYS * DAY_SECONDS if row.retain_until is None else row.retain_until
        return CallFacts(
            id=row.session_id,
            scenario_id=row.scenario_id,
            scenario_version=row.scenario_version,
            title=public["title"] if public else row.scenario_id,
            user=row.user,
            upstream=row.upstream,
            model=row.model,
            started_at=row.started_at,
            seconds=row.seconds,
            ended_reason=row.ended_reason,
            retry_of=row.retry_of,
            kept_until=None if row.record == "none" else kept_until,
        )

    def _public(self, row: CallRow) -> Json | None:
        """What the learner saw of the scenario; of an old record, what they would see now."""
        if row.scenario is not None:
            public: Json = json.loads(row.scenario)
            return public
        scenario = self._scenarios.get(row.scenario_id)
        return public_view(scenario) if scenario is not None else None

    def _has_audio(self, row: CallRow) -> bool:
        return row.record == "audio" and self.audio.kept(row.session_id) is not None


def _check(id: str) -> None:
    if not CALL_ID.fullmatch(id):
        raise Unknown("There is no such call.")


def _row(sql: SqliteSql, id: str) -> CallRow:
    rows = ReviewStore(sql).calls([id])
    if not rows:
        raise Unknown(_GONE)
    return rows[0]


def _events(sql: SqliteSql, id: str) -> list[Stored]:
    return [Stored(at, json.loads(body)) for _, at, _, body in SessionStore(sql).events(id)]


def _grades(sql: SqliteSql, id: str) -> list[Graded]:
    return [Graded(at, json.loads(body)["grade"]) for at, body in ReviewStore(sql).grades([id]).get(id, [])]


def _newest(sql: SqliteSql, rows: Sequence[CallRow]) -> dict[str, Json]:
    """The newest grade of each of these calls that has one."""
    found = ReviewStore(sql).grades([row.session_id for row in rows])
    newest: dict[str, Json] = {id: json.loads(own[-1][1])["grade"] for id, own in found.items()}
    return newest
