"""The calls that are going on: one actor each, and the browsers that are brought to them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import sqlite3
import time
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from weakref import WeakValueDictionary

from picows import WSUpgradeRequest

from vivavoce.admission.budgets import Budgets
from vivavoce.admission.doorkeeper import Asked, Doorkeeper
from vivavoce.admission.entry import Admission, Entry, TurnedAway
from vivavoce.admission.handshake import Arrival, read_arrival
from vivavoce.admission.kill_switch import Standing, closed
from vivavoce.admission.new_session import new_session
from vivavoce.admission.past import past_of
from vivavoce.admission.refused import Refused
from vivavoce.admission.seed import seed_again, seed_of
from vivavoce.hosts.naming import name_of, places_of
from vivavoce.hosts.native.actor import Actor, Means
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.personal import NO_STORAGE
from vivavoce.hosts.native.sqlite import Reader
from vivavoce.hosts.native.waiting import Waiting
from vivavoce.hosts.native.warming import Warming
from vivavoce.hosts.native.workers import Workers
from vivavoce.scenario.model import Scenario
from vivavoce.session.core import Session
from vivavoce.session.ending import FAILED, TAKEN_OVER
from vivavoce.session.inputs import Fenced, Stop, Stopping, Superseded
from vivavoce.store.sessions import CallHead, Claim, SessionStore

STOP_SECONDS = 20.5
"""How long calls may take to fall asleep, or to be graded, when the server stops."""
KEPT_SECONDS = 2.0
RETRY_SECONDS = 5.0
"""So soon a server that is being restarted is back, usually."""

Key = tuple[str, str]
"""A scenario and a user, who has one call of it at a time."""

logger = logging.getLogger("vivavoce.calls")


class Calls:
    """Brings browsers and actors together."""

    def __init__(
        self,
        *,
        scenarios: Mapping[str, Scenario],
        door: Doorkeeper,
        means: Means,
        admission: Admission,
        budgets: Budgets,
        reader: Reader,
        standing: Standing,
        raw: bool,
        workers: Workers,
        warming: Warming,
    ) -> None:
        self._scenarios = scenarios
        self._door = door
        self._means = means
        self._admission = admission
        self._budgets = budgets
        self._reader = reader
        self._standing = standing
        self._workers = workers
        self._warming = warming
        chance = secrets.SystemRandom().random
        self._session = partial(new_session, means.upstream.settings, budgets, chance=chance, raw=raw)
        self._actors: dict[str, Actor] = {}
        """By id, from the first moment until everything is on disk."""
        self._endings: dict[str, asyncio.Event] = {}
        """Of calls whose end somebody waits for."""
        self._doors: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        """The browsers of one key come in one after the other."""
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        """The calls of one key have an upstream one after the other."""
        self._joining: set[asyncio.Task[None]] = set()
        self._kept: set[asyncio.Task[None]] = set()
        self._connections: set[object] = set()
        self._all_closed = asyncio.Event()
        self._all_over = asyncio.Event()
        self.stopping = False

    # The way in

    def admit(self, request: WSUpgradeRequest, peer: str) -> Arrival:
        """Check a handshake from the address `peer`. Raises Refused."""
        try:
            return self._admit(request, peer)
        except Refused as refused:
            self._means.metrics.refused(refused.code)
            raise

    def _admit(self, request: WSUpgradeRequest, peer: str) -> Arrival:
        self._check_running()
        asked = Asked(peer, lambda name: request.headers.getall(name, []))
        arrival = read_arrival(request.path.decode("latin-1"), asked, self._scenarios, self._door)
        if arrival.resume_token is None:
            self._warming.check()
            self.check_open(arrival.user)
        return arrival

    def check_open(self, user: str | None) -> None:
        """Raises Refused while no call may begin: at all, or that of this user. Who was in a call may come back."""
        self._check_running()
        if not self._is_in_a_call(user):
            self._check_taken()

    async def check_room(self, user: str | None, *, loaded: bool = False) -> None:
        """As `check_open`; and whether there is money left. Waits for what a new call needs, if it must be `loaded`.
        Raises Refused.
        """
        self._check_running()
        if not (self._is_in_a_call(user) or await self._is_in_a_call_elsewhere(user)):
            if loaded:
                await self._warming.wait()
            self._check_taken()
            await self.check_money(user)

    def _check_taken(self) -> None:
        if not self._standing.open:
            raise closed()
        if wait := self._means.upstream.down_for():
            message = "The voice service cannot be reached just now. Try again in a moment."
            raise Refused.for_now(HTTPStatus.SERVICE_UNAVAILABLE, "provider_down", message, wait)

    async def check_money(self, user: str | None) -> None:
        """Raises Refused when what this user's calls may cost, or all, is spent."""
        if self._budgets.limited:
            now = time.time()
            await self._reader.run(lambda sql: self._budgets.check_room(sql, user, now))

    def _is_in_a_call(self, user: str | None) -> bool:
        return any(actor.key[1] == user and actor.resumable for actor in self._actors.values())

    async def _is_in_a_call_elsewhere(self, user: str | None) -> bool:
        """Whether a worker has a call of theirs, which this one may not be."""
        if user is None or self._workers.count == 1:
            return False
        return bool(await self._reader.run(lambda sql: SessionStore(sql).held(user, time.time())))

    def hear(self, standing: Standing) -> None:
        """Take note of how the operator's switch stands, and end the calls that go on if that is wanted."""
        ended, self._standing = standing.ended != self._standing.ended, standing
        for actor in tuple(self._actors.values()) if ended else ():
            actor.handle(Stop("operator_stopped"))

    @property
    def open(self) -> bool:
        """Whether new calls are taken."""
        return self._standing.open and not self.stopping

    def _check_running(self) -> None:
        if self.stopping:
            message = "The server is being restarted. Try again in a moment."
            raise Refused.for_now(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", message, RETRY_SECONDS)

    def join(self, link: Link, arrival: Arrival) -> None:
        """Bring a browser back to its call, or into a new one that takes the place of the old."""
        task = asyncio.get_running_loop().create_task(self._join(Waiting(link), arrival))
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

    async def _join(self, waiting: Waiting, arrival: Arrival) -> None:
        key = arrival.scenario.id, arrival.user
        try:
            if arrival.retry is not None and arrival.resume_token is None:
                retry = arrival.retry
                arrival = replace(arrival, seed=await self._reader.run(lambda sql: seed_of(sql, *key, retry)))
            async with self._doors.setdefault(key, asyncio.Lock()):
                await self._enter(waiting, arrival, key)
        except TurnedAway as away:
            self._means.metrics.refused(str(away.code))
            waiting.turn_away(away.code, str(away))
        except Exception as error:
            logger.error("a browser could not be let in: %s", places_of(error))
            no_disk = isinstance(error, sqlite3.Error | OSError)
            code, reason = FAILED
            waiting.turn_away(code, NO_STORAGE if no_disk else reason)

    async def _enter(self, waiting: Waiting, arrival: Arrival, key: Key) -> None:
        running = {actor.id: actor.epoch for actor in self._actors.values() if actor.key == key and actor.resumable}
        enter = partial(self._admission.enter, arrival=arrival, running=running, now=time.time())
        entry = await self._means.writer.run(enter)
        actor = await self._actor_of(entry)
        for other in entry.displaced:
            self._displace(other)
        after = arrival.after if entry.head else None
        waiting.hand_over(lambda link: actor.attach(link, entry.resume_token, after))

    async def _actor_of(self, entry: Entry) -> Actor:
        arrival, head = entry.arrival, entry.head
        if head is None:
            retry_of = arrival.retry.call_id if arrival.retry else None
            scenario, user = arrival.scenario, arrival.user
            session = self._session(entry.session_id, scenario, user, seed=arrival.seed, retry_of=retry_of)
            return self._open(session, entry.session_id, entry.epoch, scenario, user)
        actor = self._actors.get(head.session_id)
        if entry.claim is None and actor is not None and actor.resumable:
            return actor
        claim = entry.claim
        if claim is None:  # it fell asleep while the browser was on its way in
            claim = await self._means.writer.run(partial(self._admission.wake, entry=entry, now=time.time()))
        revived = await self.revive(head, claim)
        if revived is None:
            raise TurnedAway(*TAKEN_OVER)
        return revived

    async def revive(self, head: CallHead, claim: Claim) -> Actor | None:
        """Put a call together again that this process has claimed; None when it was claimed once more meanwhile."""
        scenario, past = self._scenarios[head.scenario_id], past_of(claim)
        seed = await self._reader.run(lambda sql: seed_again(sql, head))
        session = await asyncio.to_thread(
            self._session, head.session_id, scenario, head.user, seed=seed, retry_of=head.retry_of, past=past
        )
        newer = self._actors.get(head.session_id)
        if newer is not None and newer.epoch > claim.epoch:
            return None
        return self._open(session, head.session_id, claim.epoch, scenario, head.user, woken=True)

    def _open(
        self, session: Session, session_id: str, epoch: int, scenario: Scenario, user: str, *, woken: bool = False
    ) -> Actor:
        self._means.metrics.began(woken=woken)
        actor = Actor(
            session,
            session_id=session_id,
            epoch=epoch,
            scenario=scenario,
            user=user,
            means=self._means,
            turn=self._turns.setdefault((scenario.id, user), asyncio.Lock()),
            gone=self._gone,
        )
        logger.info(
            "call %s %s: %s, %s %s",
            name_of(session_id),
            "goes on" if woken else "began",
            scenario.id,
            self._means.upstream.settings.kind,
            self._means.upstream.settings.model_for(scenario.id),
            extra={"call": name_of(session_id)},
        )
        if older := self._actors.get(session_id):
            older.handle(Fenced())
        self._actors[session_id] = actor
        self._all_over.clear()
        return actor

    def _displace(self, call_id: str) -> None:
        actor = self._actors.get(call_id)
        if actor is not None and not actor.over:
            actor.handle(Superseded())
        else:  # it fell asleep meanwhile
            self.keep(self._means.writer.run(lambda store: store.give_up(call_id)))

    # Those that are going on

    def has_key(self, scenario_id: str, user: str) -> bool:
        """Whether this process is the one that has the calls of this key."""
        return self._workers.mine(scenario_id, user)

    def going_on(self) -> tuple[str, ...]:
        """The ids of the calls that are not over for good."""
        return tuple(self._actors)

    def epochs(self) -> list[tuple[str, int]]:
        """By which right this process has which calls."""
        return [(actor.id, actor.epoch) for actor in self._actors.values() if not actor.over]

    def find(self, call_id: str) -> Actor | None:
        """A call that is not over for good."""
        return self._actors.get(call_id)

    async def dismiss(self, actor: Actor) -> None:
        """Let go of a call that was ended, and wait until all of it is on disk."""
        over = self._endings.setdefault(actor.id, asyncio.Event())
        actor.dismiss()
        await over.wait()

    def connected(self, connection: object) -> None:
        """It is waited for when the server stops."""
        self._connections.add(connection)

    def disconnected(self, connection: object) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._all_closed.set()

    def keep(self, work: Coroutine[object, object, None]) -> None:
        """Run something that nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    async def stop(self) -> None:
        """Tell every call that the server stops; those that are not ended can be come back to (promise P9)."""
        self.stopping = True
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._drain()
        except TimeoutError:
            logger.warning("%d calls did not end in time", len(self._actors))
        self._means.tools.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KEPT_SECONDS):
                if self._connections:  # for what they have not sent yet, and for the other end's goodbye
                    self._all_closed.clear()
                    await self._all_closed.wait()
                if self._kept:
                    await asyncio.wait(self._kept)

    async def _drain(self) -> None:
        if self._joining:
            await asyncio.wait(self._joining)
        if self._means.judges is not None:
            await self._means.judges.close()  # who waits for a grade gets it without them
        for actor in tuple(self._actors.values()):
            actor.handle(Stopping())
        if self._actors:
            await self._all_over.wait()

    def _gone(self, actor: Actor) -> None:
        if self._actors.get(actor.id) is actor:
            del self._actors[actor.id]
        if over := self._endings.pop(actor.id, None):
            over.set()
        if not self._actors:
            self._all_over.set()
