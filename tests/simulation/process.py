"""A server process of a simulation: admits browsers, beats, drains, and crashes."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import NamedTuple

from simulation.actor import Actor
from simulation.disk import Disk, Writer
from simulation.promises import Promises
from simulation.provider import Provider
from simulation.world import End, World
from vivavoce.scenario.model import Scenario
from vivavoce.session.core import Session
from vivavoce.session.inputs import Expired, Fenced, Stopping, Superseded
from vivavoce.session.past import Past, StoredEvent
from vivavoce.store.sessions import FIRST_EPOCH, CallHead, Claim, SessionStore
from vivavoce.store.sessions import Fenced as Refused

EPOCH_OF_UNIX = 1_800_000_000.0
BEAT_SECONDS = 3.0
ALIVE_SECONDS = 10.0
SWEEP_SECONDS = 60.0
DRAIN_SECONDS = 25.0
NOTHING_TO_RESUME = 4004


class Admitted(NamedTuple):
    head: CallHead
    claim: Claim | None
    """None when this process has the call already."""
    token: str


class Process:
    _numbers = itertools.count(1)

    def __init__(
        self, world: World, disk: Disk, provider: Provider, promises: Promises, scenario: Scenario, name: str
    ) -> None:
        self.world = world
        self.provider = provider
        self.promises = promises
        self.scenario = scenario
        self.name = name
        self.alive = True
        self.stopping = False
        self.slow_until = 0.0
        self.actors: dict[str, Actor] = {}
        self.writer = Writer(world, disk, self._commit_seconds)
        self._started = world.now - world.between(10, 100_000)
        self._held: dict[str, int] = {}
        """The epoch of each call that is this process's, from the transaction that made it so."""
        self._entering: list[End] = []
        self._ids = 0
        world.later(BEAT_SECONDS, self._beat)
        self._sweep()

    def clock(self) -> float:
        """Seconds on a clock that no other process has."""
        return self.world.now - self._started

    def unix(self) -> float:
        return EPOCH_OF_UNIX + self.world.now

    def _commit_seconds(self) -> float:
        slow = self.world.now < self.slow_until
        return self.world.between(0.5, 4) if slow else self.world.between(0.0005, 0.05)

    # Browsers

    def connect(self, end: End, user: str, token: str | None, after: int | None) -> None:
        """A browser's handshake. One transaction decides; only then does the call get its browser."""
        self._entering.append(end)
        new_token = f"{self.name}-token-{self._next()}"
        if token is None:
            self.writer.submit(
                lambda store: self._open(store, user, new_token),
                lambda opened: self._opened(opened, end, user, new_token),
            )
        else:
            self.writer.submit(
                lambda store: self._find(store, token, new_token),
                lambda found: self._found(found, end, user, token, after),
            )

    def _find(self, store: SessionStore, token: str, new_token: str) -> Admitted | None:
        head = store.find(hash_of(token), self.unix())
        if head is None:
            return None
        alive_until = self.unix() + ALIVE_SECONDS
        claim = None
        if self._held.get(head.session_id) != head.epoch:
            claim = self._claim(store, head.session_id)
        epoch = head.epoch if claim is None else claim.epoch
        store.attach(head.session_id, epoch, hash_of(token), hash_of(new_token), alive_until)
        if head.ended_reason is None:
            self._give_up_others(store, head.user, head.session_id)
        return Admitted(head, claim, new_token)

    def _found(self, found: Admitted | Refused | None, end: End, user: str, token: str, after: int | None) -> None:
        if not isinstance(found, Admitted):
            end.close(NOTHING_TO_RESUME, "the call is over")
            return
        if found.claim is not None:
            actor: Actor | None = self._restore(found.head, found.claim)
        else:
            actor = self.actors.get(found.head.session_id)
        if actor is None or not actor.resumable:  # it fell asleep, or ended, between the transaction and here
            self.connect(end, user, token, after)
            return
        if found.head.ended_reason is None:
            self._displace_others(user, actor.session_id)
        actor.attach(end, after or 0, found.token)

    def _open(self, store: SessionStore, user: str, token: str) -> str:
        session_id = f"call_{self.name}_{self._next()}"
        store.begin(
            session_id,
            self.scenario.id,
            self.scenario.version,
            user,
            "openai",
            "gpt-realtime",
            self.unix(),
            resume_hash=hash_of(token),
            alive_until=self.unix() + ALIVE_SECONDS,
        )
        self._take(session_id, FIRST_EPOCH)
        self._give_up_others(store, user, session_id)
        return session_id

    def _give_up_others(self, store: SessionStore, user: str, session_id: str) -> None:
        """A learner has one call at a time; those that this process has are told so as soon as this one is let in."""
        for other in store.unfinished(self.scenario.id, user):
            if other.session_id != session_id and self._held.get(other.session_id) != other.epoch:
                store.give_up(other.session_id)
                self.promises.given_up(other.session_id, other.epoch + 1)

    def _displace_others(self, user: str, session_id: str) -> None:
        for actor in list(self.actors.values()):
            if actor.user == user and actor.session_id != session_id:
                actor.handle(Superseded())

    def _opened(self, session_id: str | Refused, end: End, user: str, token: str) -> None:
        assert isinstance(session_id, str)
        self._displace_others(user, session_id)
        self._actor(session_id, FIRST_EPOCH, user, None).attach(end, None, token)

    # Calls

    def _claim(self, store: SessionStore, session_id: str) -> Claim:
        claim = store.claim(session_id, self.unix() + ALIVE_SECONDS)
        self._take(session_id, claim.epoch)
        return claim

    def _take(self, session_id: str, epoch: int) -> None:
        self.promises.taken(session_id, self.name, epoch)
        self._held[session_id] = epoch

    def _restore(self, head: CallHead, claim: Claim) -> Actor:
        events = tuple(StoredEvent(seq, at, json.loads(body)) for seq, at, _, body in claim.events)
        tools = {call_id: json.loads(output) for call_id, output in claim.tools.items()}
        self.promises.counts["restored"] += 1
        if stale := self.actors.get(head.session_id):  # lost to another process and won back before it heard of that
            stale.handle(Fenced())
        return self._actor(head.session_id, claim.epoch, head.user, Past(events, tools, claim.spent))

    def _actor(self, session_id: str, epoch: int, user: str, past: Past | None) -> Actor:
        session = Session(
            scenario=self.scenario,
            user=user,
            session_id=session_id,
            upstream="openai",
            model="gpt-realtime",
            chance=self.world.chance.random,
            past=past,
        )
        actor = self.actors[session_id] = Actor(self, session, session_id, epoch, user)
        return actor

    def over(self, actor: Actor) -> None:
        """A call of this process's is over or asleep."""
        if self.actors.get(actor.session_id) is actor:
            del self.actors[actor.session_id]
        if self._held.get(actor.session_id) == actor.epoch:
            del self._held[actor.session_id]

    def conversations(self, user: str) -> list[str]:
        """Where this learner is in conversation: not in a call that has ended but for its quiz."""
        return [actor.name for actor in self.actors.values() if actor.user == user and actor.in_conversation]

    def upstream_free(self, actor: Actor) -> bool:
        """Whether no other call of the same key has an upstream any more."""
        others = (other for other in self.actors.values() if other is not actor and other.user == actor.user)
        return not any(other.has_upstream for other in others)

    # Time

    def _beat(self) -> None:
        if not self.alive:
            return
        calls = [(actor.session_id, actor.epoch) for actor in self.actors.values()]
        until = self.unix() + ALIVE_SECONDS
        self.writer.submit(lambda store: store.renew(calls, until), self._beaten)
        self.world.later(BEAT_SECONDS, self._beat)

    def _beaten(self, lost: set[str] | Refused) -> None:
        assert not isinstance(lost, Refused)
        for session_id in sorted(lost):
            if session_id in self.actors:
                self.actors[session_id].handle(Fenced())

    def _sweep(self) -> None:
        """Calls that nobody can come back to are brought to their end."""
        if self.alive and not self.stopping:
            self.writer.submit(self._stranded, self._end_stranded)
            self.world.later(SWEEP_SECONDS, self._sweep)

    def _stranded(self, store: SessionStore) -> list[tuple[CallHead, Claim]]:
        return [(head, self._claim(store, head.session_id)) for head in store.stranded(self.unix())]

    def _end_stranded(self, stranded: list[tuple[CallHead, Claim]] | Refused) -> None:
        assert not isinstance(stranded, Refused)
        for head, claim in stranded:
            self._restore(head, claim).handle(Expired())

    # The end

    def drain(self) -> None:
        self.stopping = True
        self.world.tell(self.name, "drains")
        for actor in list(self.actors.values()):
            actor.handle(Stopping())
        self._leave_by(self.world.now + DRAIN_SECONDS)

    def _leave_by(self, latest: float) -> None:
        if self.alive and (not self.actors or self.world.now >= latest):
            self.writer.submit(lambda store: None, lambda _: self.crash())
        elif self.alive:
            self.world.later(0.5, lambda: self._leave_by(latest))

    def crash(self) -> None:
        """kill -9: sockets break, and of what was not on disk nothing is left."""
        if not self.alive:
            return
        self.world.tell(self.name, "is gone")
        self.alive = False
        self.writer.crash()
        for actor in list(self.actors.values()):
            actor.cut_off()
        for end in self._entering:
            if end.owner is None:
                end.cut()
        self.promises.gone(self.name)

    def _next(self) -> int:
        self._ids += 1
        return self._ids


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
