"""Letting a browser into a call: one transaction, before anything else happens for it.

The handshake has looked at all that can be looked at without waiting. Here the record decides: which call a token
opens, whether a ticket was used before, whether there is money left. All of it is noted together, or nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from vivavoce.admission.handshake import Arrival
from vivavoce.admission.world import World
from vivavoce.scenario.public import public_view
from vivavoce.settings.upstream import UpstreamSettings
from vivavoce.store.retention import DAY_SECONDS
from vivavoce.store.sessions import FIRST_EPOCH, CallHead, Claim, SessionStore
from vivavoce.store.tickets import Tickets

ALIVE_SECONDS = 10.0
"""So long every process believes that a call has one, without hearing of it again."""
NOTHING_TO_RESUME = 4004
TICKET_NEEDED = 4401


class TurnedAway(Exception):
    """A browser that came through the handshake gets no call: a close code, and words for the close frame."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Entry:
    """A browser's way into a call."""

    arrival: Arrival
    session_id: str
    epoch: int
    resume_token: str
    """What the browser is given to come back with; only its hash is on disk."""
    head: CallHead | None
    """What the record says of a call that the browser comes back to; None when it begins a new one."""
    claim: Claim | None
    """All that was committed of that call, if this process did not have it until now."""
    displaced: tuple[str, ...]
    """The learner's other calls of this scenario that are open in this process."""
    now: float

    @property
    def already_paid_for(self) -> bool:
        """Whether the call goes on in this process, or is over but for its quiz: it needs nothing that it has not."""
        return self.head is not None and (self.claim is None or self.head.ended_reason is not None)


Step = Callable[[SessionStore, Entry], None]
"""What else there is to note about a browser that comes in. Raises TurnedAway when it may not: then nothing of its
admission has happened. Runs on the writer's thread."""


class Admission:
    def __init__(self, upstream: UpstreamSettings, world: World, steps: Sequence[Step] = ()) -> None:
        self._upstream = upstream
        self._world = world
        self._steps = steps

    def enter(self, store: SessionStore, arrival: Arrival, running: Mapping[str, int], now: float) -> Entry:
        """Let a browser in; `running` are the learner's calls of this scenario that this process has, as it believes,
        each with its epoch. Call it inside a transaction.

        Who shows a token wants its call back and no other: without that call it is turned away, nobody is displaced.
        """
        _use_ticket(store, arrival, now)
        if arrival.resume_token is None:
            entry = self._begin(store, arrival, running, now)
        else:
            entry = self._come_back(store, arrival, arrival.resume_token, running, now)
        for step in self._steps:
            step(store, entry)
        return entry

    def wake(self, store: SessionStore, entry: Entry, now: float) -> Claim:
        """Have the call of a browser that was let in, which fell asleep meanwhile. Call it inside a transaction."""
        claim = store.claim(entry.session_id, now + ALIVE_SECONDS)
        for step in self._steps:
            step(store, replace(entry, claim=claim, now=now))
        return claim

    def _begin(self, store: SessionStore, arrival: Arrival, running: Mapping[str, int], now: float) -> Entry:
        scenario, retry = arrival.scenario, arrival.retry
        session_id, token = f"call_{self._world.chance(12).hex()}", self._world.chance(16).hex()
        store.begin(
            session_id,
            scenario.id,
            scenario.version,
            arrival.user,
            self._upstream.kind,
            self._upstream.model_for(scenario.id),
            now,
            resume_hash=hash_of(token),
            alive_until=now + ALIVE_SECONDS,
            scenario=json.dumps(public_view(scenario), ensure_ascii=False),
            record=scenario.privacy.record,
            retain_until=now + scenario.privacy.retain_days * DAY_SECONDS,
            retry_of=retry.call_id if retry else None,
            retry_item=retry.item_id if retry else None,
        )
        displaced = _displace(store, arrival, session_id, running)
        return Entry(arrival, session_id, FIRST_EPOCH, token, None, None, displaced, now)

    def _come_back(
        self, store: SessionStore, arrival: Arrival, shown: str, running: Mapping[str, int], now: float
    ) -> Entry:
        head = store.find(hash_of(shown), now)
        if head is None or (head.scenario_id, head.user) != (arrival.scenario.id, arrival.user):
            raise TurnedAway(NOTHING_TO_RESUME, "the call is over")
        session_id, token, alive_until = head.session_id, self._world.chance(16).hex(), now + ALIVE_SECONDS
        # One that another process has taken over meanwhile is won back: by the old epoch nothing could be written.
        claim = None if running.get(session_id) == head.epoch else store.claim(session_id, alive_until)
        epoch = claim.epoch if claim else head.epoch
        store.attach(session_id, epoch, hash_of(shown), hash_of(token), alive_until)
        displaced = _displace(store, arrival, session_id, running) if head.ended_reason is None else ()
        return Entry(arrival, session_id, epoch, token, head, claim, displaced, now)


def _use_ticket(store: SessionStore, arrival: Arrival, now: float) -> None:
    """The handshake knows the tickets that this process has seen; one may have been shown to another, or before."""
    ticket = arrival.ticket
    if ticket is not None and not Tickets(store.sql).use_ticket(ticket.jti, ticket.expires_at, now):
        raise TurnedAway(TICKET_NEEDED, "this ticket was used; get a new one")


def _displace(store: SessionStore, arrival: Arrival, session_id: str, running: Mapping[str, int]) -> tuple[str, ...]:
    """A learner has one call of a scenario at a time: the others that have not ended do, soon.

    Those that this process has are ended by it, or, should it die before that, by the sweep.
    """
    for other in store.unfinished(arrival.scenario.id, arrival.user):
        if other.session_id == session_id:
            continue
        if running.get(other.session_id) == other.epoch:
            store.lock_out(other.session_id)
        else:
            store.give_up(other.session_id)
    return tuple(id for id in running if id != session_id)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
