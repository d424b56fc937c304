"""A call's connection to its upstream, in its turn: the calls of one learner and scenario share one line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class UpstreamLine:
    """Whoever has the `turn` may have an upstream (promise P2), and keeps the turn until that is really gone: its
    close was answered, or it is cut.
    """

    def __init__(self, turn: asyncio.Lock) -> None:
        self._turn = turn
        self._gone = asyncio.Event()
        self._given_up = False
        self._tasks: set[asyncio.Task[None]] = set()

    def dial(self, connect: Callable[[], Awaitable[bool]], *, failed: Callable[[Exception], None]) -> None:
        """`connect` makes an upstream somebody's, and tells whether it is: then `gone` is called when it is no more.

        `failed` is given the reason why there is none. Neither is held on to: they are methods of who holds this, and
        a call that is over would wait for the garbage collector.
        """
        task = asyncio.get_running_loop().create_task(self._have_a_turn(connect, failed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def gone(self) -> None:
        """The upstream that was opened is no more."""
        self._gone.set()

    def give_up(self) -> None:
        """No upstream is wanted any more. One that is being dialled still opens, and is its owner's to close."""
        self._given_up = True

    async def _have_a_turn(self, connect: Callable[[], Awaitable[bool]], failed: Callable[[Exception], None]) -> None:
        failure = None
        async with self._turn:
            if self._given_up:
                return
            self._gone.clear()
            try:
                if await connect():
                    await self._gone.wait()
            except Exception as error:
                failure = error
        if failure is not None:
            failed(failure)
