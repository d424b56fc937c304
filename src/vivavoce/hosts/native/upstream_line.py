"""A call's connection to its upstream, in its turn: the calls of one learner and scenario share one line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.upstream import MAX_FRAME, Upstream
from vivavoce.session.inputs import Peer


class UpstreamLine:
    """Whoever has the `turn` may have an upstream (promise P2), and keeps the turn until that is really gone: its
    close was answered, or it is cut.
    """

    def __init__(
        self,
        upstream: Upstream,
        turn: asyncio.Lock,
        scenario_id: str,
        user: str,
        *,
        opened: Callable[[Link], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """`opened` is given the link, which is to be made somebody's; `failed` why there is none."""
        self._upstream = upstream
        self._turn = turn
        self._scenario_id = scenario_id
        self._user = user
        self._opened = opened
        self._failed = failed
        self._gone = asyncio.Event()
        self._given_up = False
        self._tasks: set[asyncio.Task[None]] = set()

    def dial(self) -> None:
        task = asyncio.get_running_loop().create_task(self._have_a_turn())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def gone(self) -> None:
        """The link that was opened is no more."""
        self._gone.set()

    def give_up(self) -> None:
        """No upstream is wanted any more. One that is being dialled still opens, and is the link's owner to close."""
        self._given_up = True

    async def _have_a_turn(self) -> None:
        async with self._turn:
            if self._given_up:
                return
            self._gone.clear()
            link = Link(Peer.UPSTREAM, MAX_FRAME, self._opened)
            failure = await self._connect(link)
            if link.owner is not None:  # it opened, so its owner hears of its end
                await self._gone.wait()
                return
        if failure is not None:
            self._failed(failure)

    async def _connect(self, link: Link) -> Exception | None:
        try:
            await self._upstream.connect(link, self._scenario_id, self._user)
        except Exception as error:
            return error
        return None
