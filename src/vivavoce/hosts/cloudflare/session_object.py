"""The Durable Object of one learner and one scenario: their calls, one of which goes on, and the record of all."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import Any

from js import WebSocketPair

from vivavoce.admission import kill_switch
from vivavoce.admission.budgets import Budgets
from vivavoce.admission.entry import ALIVE_SECONDS, Admission, Entry, TurnedAway
from vivavoce.admission.handshake import Arrival
from vivavoce.admission.new_session import new_session
from vivavoce.admission.past import past_of
from vivavoce.admission.seed import seed_again, seed_of
from vivavoce.hosts.cloudflare.call import LiveCall, Means
from vivavoce.hosts.cloudflare.handed_over import HEADER, read_arrival
from vivavoce.hosts.cloudflare.setup import LESSONS, WORLD, setup
from vivavoce.hosts.cloudflare.sockets import Socket
from vivavoce.hosts.cloudflare.sql import ObjectSql
from vivavoce.hosts.naming import name_of, places_of
from vivavoce.protocol.browser import MAX_FRAME_BYTES
from vivavoce.scenario.model import Scenario
from vivavoce.session.core import Session
from vivavoce.session.ending import FAILED
from vivavoce.session.inputs import Expired, Fenced, Peer, Superseded
from vivavoce.session.limits import byte_allowance
from vivavoce.store.migrations import migrate
from vivavoce.store.retention import Retention
from vivavoce.store.sessions import CallHead, Claim, SessionStore
from workers import DurableObject, Response

log = logging.getLogger("vivavoce.calls")


class RealtimeSession(DurableObject):  # type: ignore[misc]  # the SDK is Cloudflare's alone
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self._settings = setup().settings
        self._sql = ObjectSql(ctx.storage)
        migrate(self._sql)
        self._store = SessionStore(self._sql)
        self._budgets = Budgets(self._settings.budget)
        self._session = partial(new_session, self._settings.upstream, self._budgets, chance=_chance)
        self._admission = Admission(self._settings.upstream, WORLD, [self._check_switch])
        self._means = Means(self._store, self._settings.upstream, asyncio.Lock(), self._arm)
        self._calls: dict[str, LiveCall] = {}
        self._alarm_at: float | None = None
        """When this object will be woken, as far as it knows."""
        self._arming: set[asyncio.Task[None]] = set()

    # The way in

    async def fetch(self, request: Any) -> Any:
        """A browser that the Worker has let through."""
        arrival = read_arrival(request.headers[HEADER], LESSONS)
        page, ours = WebSocketPair.new().object_values()
        socket = Socket(Peer.BROWSER, ours, MAX_FRAME_BYTES, byte_allowance())
        try:
            self._bring_in(socket, arrival)
        except TurnedAway as away:
            socket.close(away.code, str(away))
        except Exception as error:
            log.error("a browser could not be let in: %s", places_of(error))
            socket.close(*FAILED)
        chosen = {"Sec-WebSocket-Protocol": arrival.subprotocol} if arrival.subprotocol else None
        return Response(None, status=101, web_socket=page, headers=chosen)

    def _bring_in(self, socket: Socket, arrival: Arrival) -> None:
        if arrival.retry is not None and arrival.resume_token is None:
            seed = seed_of(self._sql, arrival.scenario.id, arrival.user, arrival.retry)
            arrival = replace(arrival, seed=seed)
        running = {call.id: call.epoch for call in self._calls.values() if call.resumable}
        entry = self._sql.transact(lambda: self._admission.enter(self._store, arrival, running, WORLD.now()))
        call = self._call_of(entry)
        for other in entry.displaced:
            self._calls[other].handle(Superseded())
        call.attach(socket, entry.resume_token, arrival.after if entry.head else None)

    def _check_switch(self, store: SessionStore, entry: Entry) -> None:
        kill_switch.check(entry, open=self._settings.calls_open)

    def _call_of(self, entry: Entry) -> LiveCall:
        arrival, head = entry.arrival, entry.head
        if head is None:
            retry_of = arrival.retry.call_id if arrival.retry else None
            session = self._session(
                entry.session_id, arrival.scenario, arrival.user, seed=arrival.seed, retry_of=retry_of
            )
            return self._open(session, entry.session_id, entry.epoch, arrival.scenario, arrival.user)
        return self._calls[head.session_id] if entry.claim is None else self._revive(head, entry.claim)

    def _revive(self, head: CallHead, claim: Claim) -> LiveCall:
        """Put a call together again that was not in memory any more."""
        scenario, past = LESSONS[head.scenario_id], past_of(claim)
        seed = seed_again(self._sql, head)
        session = self._session(head.session_id, scenario, head.user, seed=seed, retry_of=head.retry_of, past=past)
        return self._open(session, head.session_id, claim.epoch, scenario, head.user)

    def _open(self, session: Session, session_id: str, epoch: int, scenario: Scenario, user: str) -> LiveCall:
        if older := self._calls.get(session_id):
            older.handle(Fenced())
        call = LiveCall(session, session_id=session_id, epoch=epoch, scenario=scenario, user=user, means=self._means)
        self._calls[session_id] = call
        log.info("call %s is here: %s", name_of(session_id), scenario.id)
        return call

    # Time

    async def alarm(self, info: Any = None) -> None:
        """A deadline has come, of a call that goes on, or of one whose object was gone meanwhile."""
        self._alarm_at = None
        for call in tuple(self._calls.values()):
            call.deadline_passed()
        self._end_stranded()
        self._delete_due()
        self._arm()

    def _end_stranded(self) -> None:
        """Bring calls to their end, with a grade, that nobody can come back to, or whose end had begun."""
        now = WORLD.now()
        for head in self._store.stranded(now):
            if head.session_id in self._calls:
                continue
            claim = self._store.claim(head.session_id, now + ALIVE_SECONDS)
            try:
                self._revive(head, claim).handle(Expired())
            except Exception as error:  # a record that this version cannot read holds nobody up
                log.error("call %s cannot be put together again: %s", name_of(head.session_id), places_of(error))
                self._store.finish(head.session_id, claim.epoch, now, "server_error")

    def _delete_due(self) -> None:
        now, retention = WORLD.now(), Retention(self._sql)
        for session_id in retention.due(now):
            if session_id not in self._calls:
                retention.delete(session_id)
        retention.make_nobodys(now)

    def _arm(self) -> None:
        """Be woken for whatever comes next. An alarm that comes too early does no harm, and setting one is a write; so
        one is set only when the next deadline is before it.
        """
        ended = [id for id, call in self._calls.items() if call.over]
        for id in ended:
            del self._calls[id]
        deadlines = [call.deadline for call in self._calls.values()]
        if ended or self._alarm_at is None:
            deadlines += [self._store.next_stranded(self._calls), Retention(self._sql).next_due(self._calls)]
        next_at = min((at for at in deadlines if at is not None), default=None)
        if next_at is None or (self._alarm_at is not None and self._alarm_at <= next_at):
            return
        self._alarm_at = next_at
        setting = asyncio.ensure_future(self.ctx.storage.setAlarm(int(next_at * 1000) + 1))
        self._arming.add(setting)
        setting.add_done_callback(self._arming.discard)


def _chance() -> float:
    return int.from_bytes(WORLD.chance(6), "big") / 2**48
