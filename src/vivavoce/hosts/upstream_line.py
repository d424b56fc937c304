"""A call's connection to its upstream, in its turn: the calls of one learner and scenario share one line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class UpstreamLine:
    """Whoever has the `turn` may have an upstream (promise P2), and keeps the turn until that is really gone: its
    close was answered, or it is cut.
    """

    __slots__ = ("_dialling", "_given_up", "_has_turn", "_turn")

    def __init__(self, turn: asyncio.Lock) -> None:
        self._turn = turn
        self._has_turn = False
        self._given_up = False
        self._dialling: list[asyncio.Task[None]] = []

    def dial(self, connect: Callable[[], Awaitable[bool]], *, failed: Callable[[Exception], None]) -> None:
        """`connect` makes an upstream somebody's, and tells whether it is: then `gone` is called when it is no more.

        `failed` is given the reason why there is none.
        """
        task = asyncio.get_running_loop().create_task(self._dial(connect, failed))
        self._dialling.append(task)
        task.add_done_callback(self._dialling.remove)

    def gone(self) -> None:
        """The upstream that was opened is no more."""
        if self._has_turn:
            self._has_turn = False
            self._turn.release()

    def give_up(self) -> None:
        """No upstream is wanted any more. One that is being dialled still opens, and is its owner's to close."""
        self._given_up = True

    async def _dial(self, connect: Callable[[], Awaitable[bool]], failed: Callable[[Exception], None]) -> None:
        await self._turn.acquire()  # released by `gone`: no task is held for the length of a call
        self._has_turn = True
        opened, failure = False, None
        try:
            opened = not self._given_up and await connect()
        except Exception as error:
            failure = error
        finally:
            if not opened:
                self.gone()
        if failure is not None:
            failed(failure)
