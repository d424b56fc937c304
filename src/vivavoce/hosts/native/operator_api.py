"""What the operator sees and switches: who uses the server, what it costs, whether calls are taken; and the metrics."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivavoce.admission import kill_switch
from vivavoce.admission.doorkeeper import Doorkeeper
from vivavoce.admission.kill_switch import Standing
from vivavoce.admission.refused import Refused
from vivavoce.door.origins import is_loopback
from vivavoce.hosts.native.calls import Calls
from vivavoce.hosts.native.metrics import CONTENT_TYPE, Metrics
from vivavoce.hosts.native.metrics_of_all import metrics_of_all
from vivavoce.hosts.native.personal import asked_of, personal, read_json
from vivavoce.hosts.native.sqlite import Reader, Writer
from vivavoce.hosts.native.workers import Workers
from vivavoce.session.spending import DOLLAR
from vivavoce.settings.budget import BudgetSettings
from vivavoce.store.retention import DAY_SECONDS
from vivavoce.store.sessions import SessionStore
from vivavoce.store.sql import Sql
from vivavoce.store.usage import Group, Total, UsageStore, Window

ONE_ALONE = "alone"
"""In the query: this is for the worker that is asked, and no other."""
_ALONE_AT_CALLS, _ALONE_AT_METRICS = b"/api/operator/calls?alone", b"/api/metrics?alone"
DAYS = 30
"""That the totals look back on, today included."""


class OperatorApi:
    def __init__(
        self,
        *,
        door: Doorkeeper,
        calls: Calls,
        reader: Reader,
        writer: Writer,
        budget: BudgetSettings,
        metrics: Metrics,
        workers: Workers,
    ) -> None:
        self._door = door
        self._calls = calls
        self._reader = reader
        self._writer = writer
        self._budget = budget
        self._metrics = metrics
        self._workers = workers

    def routes(self) -> list[Route]:
        return [
            Route("/api/operator", personal(self._door, self.operation)),
            Route("/api/operator/calls", personal(self._door, self.calls), methods=["POST"]),
            Route("/api/metrics", personal(self._door, self.metrics)),
        ]

    async def operation(self, request: Request) -> Response:
        self._door.check_operator(asked_of(request))
        return await self._answer()

    async def calls(self, request: Request) -> Response:
        """Take calls or not; this server obeys at once, with all of its workers, others on the same database with their
        next heartbeat.
        """
        self._door.check_operator(asked_of(request))
        body = await read_json(request)
        wanted, end_running = body.get("open"), body.get("end_running", False)
        if not isinstance(wanted, bool) or not isinstance(end_running, bool) or (wanted and end_running):
            message = "Send {open: true}, {open: false}, or {open: false, end_running: true}."
            raise Refused(HTTPStatus.BAD_REQUEST, "bad_json", message)

        told = ONE_ALONE in request.query_params  # by the worker that was asked

        def put(store: SessionStore) -> Standing:
            if not told:
                kill_switch.put(store.sql, time.time(), open=wanted, end_running=end_running)
            return kill_switch.standing(store.sql)

        self._calls.hear(await self._writer.run(put))
        if not told:
            await self._workers.ask_all(request, _ALONE_AT_CALLS, json.dumps(body).encode())
        return await self._answer()

    async def metrics(self, request: Request) -> Response:
        asked = asked_of(request)
        if not is_loopback(self._door.visitor(asked)) and not self._door.is_operator(asked):
            message = "Ask from this machine, or show the key of VIVAVOCE_OPERATOR_KEY as 'Authorization: Bearer KEY'."
            raise Refused(HTTPStatus.UNAUTHORIZED, "wrong_key", message, {"WWW-Authenticate": "Bearer"})
        text = self._metrics.text()
        if self._workers.count > 1 and ONE_ALONE not in request.query_params:
            others = await self._workers.ask_all(request, _ALONE_AT_METRICS)
            text = metrics_of_all({self._workers.index: text, **others})
        return Response(text, media_type=CONTENT_TYPE)

    async def _answer(self) -> Response:
        now = time.time()
        return JSONResponse(await self._reader.run(lambda sql: self._operation(sql, now)))

    def _operation(self, sql: Sql, now: float) -> dict[str, Any]:
        usage, today, budget = UsageStore(sql), Window.at(now), self._budget
        since = today.day - (DAYS - 1) * DAY_SECONDS

        def totals(by: Group) -> list[dict[str, Any]]:
            return [_total(total, by) for total in usage.totals(by, since)]

        return {
            "calls_open": kill_switch.standing(sql).open,
            "caps": {
                "call": _cap(budget.call),
                "user_day": _cap(budget.caps.user_day),
                "day": _cap(budget.caps.day),
                "month": _cap(budget.caps.month),
            },
            "spent": {"today": _dollars(usage.spent(today.day)), "month": _dollars(usage.spent(today.month))},
            "reserved": _dollars(usage.reserved(now)),
            "prices_as_of": budget.as_of,
            "live": [
                {
                    "id": call.session_id,
                    "scenario": call.scenario_id,
                    "user": call.user,
                    "seconds": round(call.seconds, 1),
                    "dollars": _dollars(call.microdollars),
                }
                for call in usage.live(now)
            ],
            "users": totals("user"),
            "days": totals("day"),
            "models": totals("model"),
        }


def _total(total: Total, by: Group) -> dict[str, Any]:
    shown = {
        by: total.name,
        "calls": total.calls,
        "seconds": round(total.seconds, 1),
        "tokens": total.tokens,
        "dollars": _dollars(total.microdollars),
    }
    return {**shown, "unpriced": total.unpriced} if by == "model" else shown


def _dollars(microdollars: int) -> float:
    return microdollars / DOLLAR


def _cap(cap: int | None) -> float | None:
    return None if cap is None else _dollars(cap)
