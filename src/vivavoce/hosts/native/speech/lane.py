"""One kind of speech work of one call: in order, and one step of it on a thread at a time."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, NamedTuple

from vivavoce.engine.inputs import Input
from vivavoce.hosts.native.speech.workload import Pace, Workload


class Outcome(NamedTuple):
    """What came of a step."""

    result: Input | None
    more: bool = False
    """The same step is to be taken again: there is more of this work."""
    took_s: float | None = None


Step = Callable[[], Outcome]
"""Runs on a thread."""


class Measure(NamedTuple):
    """What the steps of a lane are counted in, and with whose they wait."""

    workload: Workload
    pace: Pace
    loaded: Future[Any]
    """Steps that were begun before this was done, waited for it, and say nothing of their pace."""


@dataclass(slots=True)
class _Work:
    step: Step
    job: int | None
    size: int
    """Bytes of audio that wait for it."""
    amount: float
    """Of one step, for the measure."""
    wanted: bool = True


class Lane:
    """Results are delivered on the event loop that it was made on."""

    def __init__(
        self,
        threads: Executor,
        deliver: Callable[[Input], None],
        broken: Callable[[BaseException], None],
        measure: Measure | None = None,
    ) -> None:
        """`broken` is called when a step raises."""
        self._threads = threads
        self._deliver = deliver
        self._broken = broken
        self._measure = measure
        self._work: deque[_Work] = deque()
        """The first of these is under way."""
        self._running: Future[Outcome] | None = None
        self._measures = False

    @property
    def size(self) -> int:
        """Bytes of audio that wait for their turn."""
        return sum(work.size for work in self._work)

    def add(self, step: Step, *, job: int | None = None, size: int = 0, amount: float = 1.0) -> None:
        self._work.append(_Work(step, job, size, amount))
        if len(self._work) == 1:
            self._go_on()

    def cancel(self, job: int) -> None:
        for work in self._work:
            if work.job == job:
                work.wanted = False
                if work is self._work[0] and self._running is not None:
                    self._running.cancel()

    def close(self) -> None:
        for work in self._work:
            work.wanted = False
        if self._running is not None:
            self._running.cancel()

    def _go_on(self) -> None:
        while self._work and not self._work[0].wanted:
            self._work.popleft()
        self._running = None
        if self._work:
            work = self._work[0]
            self._running = self._threads.submit(_timed, work.step)
            if self._measure:
                self._measures = self._measure.loaded.done()
                self._measure.workload.begin(self, self._measure.pace.expect(work.amount))
            asyncio.wrap_future(self._running).add_done_callback(self._stepped)

    def _stepped(self, step: asyncio.Future[Outcome]) -> None:
        work = self._work[0]
        outcome = Outcome(None)
        if not step.cancelled():
            if error := step.exception():
                self._broken(error)
            else:
                outcome = step.result()
        if self._measure:
            self._measure.workload.end(self)
            if self._measures and outcome.took_s is not None:
                self._measure.pace.learn(work.amount, outcome.took_s)
        if outcome.result is not None and work.wanted:
            self._deliver(outcome.result)  # which may add work, or cancel this
        if not outcome.more:
            work.wanted = False
        self._go_on()


def _timed(step: Step) -> Outcome:
    began = time.monotonic()
    return step()._replace(took_s=time.monotonic() - began)
