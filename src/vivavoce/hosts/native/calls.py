"""The calls that are going on: one actor per scenario and user."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from picows import WSUpgradeRequest

from vivavoce.hosts.native.actor import Actor
from vivavoce.hosts.native.handshake import Arrival, Refused, read_arrival
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.origins import OriginPolicy
from vivavoce.hosts.native.sqlite import Writer
from vivavoce.hosts.native.upstream import Upstream
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
        upstream: Upstream,
        transcription_model: str,
        writer: Writer,
        raw: bool,
    ) -> None:
        self._scenarios = scenarios
        self._origins = origins
        self._upstream = upstream
        self._transcription_model = transcription_model
        self._writer = writer
        self._raw = raw
        self._tools = ThreadPoolExecutor(max_workers=2, thread_name_prefix="vivavoce-tool")
        self._by_key: dict[tuple[str, str], Actor] = {}
        self._going_on: set[Actor] = set()
        self._all_over = asyncio.Event()
        self._stopping = False
        self._kept: set[asyncio.Task[None]] = set()

    def admit(self, request: WSUpgradeRequest, peer: str) -> Arrival:
        """Check a handshake from the address `peer`. Raises Refused."""
        if self._stopping:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", "The server is being restarted.")
        return read_arrival(request, peer, self._scenarios, self._origins)

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
        self._by_key[key] = actor = self._begin(arrival.scenario, arrival.user)
        actor.attach(link)

    def keep(self, work: Coroutine[object, object, None]) -> None:
        """Run something that nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    async def stop(self) -> None:
        """Tell every call that the server stops, and wait until they are over and on disk."""
        self._stopping = True
        for actor in tuple(self._going_on):
            actor.handle(Stopping())
        if self._going_on:
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._all_over.wait()
            except TimeoutError:
                logger.warning("%d calls did not end in time", len(self._going_on))
        self._tools.shutdown(wait=False, cancel_futures=True)
        await asyncio.sleep(0)  # the connections that were just closed now ask for what `keep` is for
        if self._kept:
            await asyncio.wait(self._kept, timeout=KEPT_SECONDS)

    def _begin(self, scenario: Scenario, user: str) -> Actor:
        session_id = f"call_{secrets.token_hex(12)}"
        model = self._upstream.model(scenario.id)
        session = Session(
            scenario=scenario,
            user=user,
            session_id=session_id,
            upstream=self._upstream.kind,
            model=model,
            resume_tokens=lambda: secrets.token_hex(16),
            transcription_model=self._transcription_model,
            raw=self._raw,
        )
        actor = Actor(session, session_id, scenario, user, self._upstream, self._writer, self._tools, self._ended)
        self._going_on.add(actor)
        self._all_over.clear()
        return actor

    def _ended(self, actor: Actor) -> None:
        self._going_on.discard(actor)
        if self._by_key.get(actor.key) is actor:
            del self._by_key[actor.key]
        if not self._going_on:
            self._all_over.set()
