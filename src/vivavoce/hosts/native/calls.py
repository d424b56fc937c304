"""The calls that are going on: one actor per scenario and user."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from http import HTTPStatus

from picows import WSUpgradeRequest

from vivavoce.door.origins import OriginPolicy
from vivavoce.hosts.native.actor import Actor, Means
from vivavoce.hosts.native.archive import Archive, Unknown
from vivavoce.hosts.native.handshake import Arrival, read_arrival
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.refused import Refused
from vivavoce.scenario.model import Scenario
from vivavoce.session.core import Session
from vivavoce.session.inputs import Stopping, Superseded

STOP_SECONDS = 15.0
"""How long calls may take to end when the server stops."""
KEPT_SECONDS = 3.0
NOTHING_TO_RESUME = 4004

logger = logging.getLogger("vivavoce.calls")


class Calls:
    """Brings browsers and actors together."""

    def __init__(
        self,
        *,
        scenarios: Mapping[str, Scenario],
        origins: OriginPolicy,
        means: Means,
        archive: Archive,
        transcription_model: str,
        raw: bool,
    ) -> None:
        self._scenarios = scenarios
        self._origins = origins
        self._means = means
        self._archive = archive
        self._transcription_model = transcription_model
        self._raw = raw
        self._by_key: dict[tuple[str, str], Actor] = {}
        self._going_on: dict[str, Actor] = {}
        """By id, from the first moment until everything is on disk."""
        self._endings: dict[str, asyncio.Event] = {}
        """Of calls whose end somebody waits for."""
        self._all_over = asyncio.Event()
        self._stopping = False
        self._kept: set[asyncio.Task[None]] = set()

    def admit(self, request: WSUpgradeRequest, peer: str) -> Arrival:
        """Check a handshake from the address `peer`. Raises Refused."""
        if self._stopping:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", "The server is being restarted.")
        arrival = read_arrival(request, peer, self._scenarios, self._origins)
        if arrival.retry is None or arrival.resume_token is not None:
            return arrival
        try:
            seed = self._archive.seed(arrival.scenario.id, arrival.user, arrival.retry.call_id, arrival.retry.item_id)
        except Unknown as error:
            raise Refused(HTTPStatus.NOT_FOUND, "unknown_call", str(error)) from None
        return replace(arrival, seed=seed)

    def join(self, link: Link, arrival: Arrival) -> None:
        """Bring a browser back to its call, or into a new one that takes the place of the old.

        Who shows a token wants its call back and no other: without that call it is sent away, and nobody is displaced.
        """
        key = (arrival.scenario.id, arrival.user)
        actor = self._by_key.get(key)
        if actor is not None and actor.may_resume(arrival.resume_token):
            actor.attach(link, arrival.after)
            return
        if arrival.resume_token is not None:
            link.close(NOTHING_TO_RESUME, "the call is over")
            return
        if actor is not None:
            actor.handle(Superseded())
        self._by_key[key] = actor = self._begin(arrival)
        actor.attach(link)

    def going_on(self) -> tuple[str, ...]:
        """The ids of the calls that are not over for good."""
        return tuple(self._going_on)

    def find(self, call_id: str) -> Actor | None:
        """A call that is not over for good."""
        return self._going_on.get(call_id)

    async def dismiss(self, actor: Actor) -> None:
        """Let go of a call that was ended, and wait until all of it is on disk."""
        over = self._endings.setdefault(actor.id, asyncio.Event())
        actor.dismiss()
        await over.wait()

    def keep(self, work: Coroutine[object, object, None]) -> None:
        """Run something that nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    async def stop(self) -> None:
        """Tell every call that the server stops, and wait until they are over and on disk."""
        self._stopping = True
        if self._means.judges is not None:
            await self._means.judges.close()  # who waits for a grade gets it without them
        for actor in tuple(self._going_on.values()):
            actor.handle(Stopping())
        if self._going_on:
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._all_over.wait()
            except TimeoutError:
                logger.warning("%d calls did not end in time", len(self._going_on))
        self._means.tools.shutdown(wait=False, cancel_futures=True)
        await asyncio.sleep(0)  # the connections that were just closed now ask for what `keep` is for
        if self._kept:
            await asyncio.wait(self._kept, timeout=KEPT_SECONDS)

    def _begin(self, arrival: Arrival) -> Actor:
        scenario, retry = arrival.scenario, arrival.retry
        session_id = f"call_{secrets.token_hex(12)}"
        upstream = self._means.upstream
        session = Session(
            scenario=scenario,
            user=arrival.user,
            session_id=session_id,
            upstream=upstream.kind,
            model=upstream.model(scenario.id),
            chance=secrets.SystemRandom().random,
            transcription_model=self._transcription_model,
            raw=self._raw,
            seed=arrival.seed,
            retry_of=retry.call_id if retry else None,
        )
        actor = Actor(session, session_id, scenario, arrival.user, self._means, self._ended, retry)
        self._going_on[session_id] = actor
        self._all_over.clear()
        return actor

    def _ended(self, actor: Actor) -> None:
        self._going_on.pop(actor.id, None)
        if over := self._endings.pop(actor.id, None):
            over.set()
        if self._by_key.get(actor.key) is actor:
            del self._by_key[actor.key]
        if not self._going_on:
            self._all_over.set()
