"""One history: a learner, their tabs, two server processes on one disk, an upstream, and everything that goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kit.canaries import lesson
from simulation.disk import Disk
from simulation.learner import Tab
from simulation.process import Process
from simulation.promises import Promises
from simulation.provider import Provider
from simulation.world import End, World, wire
from vivavoce.scenario.model import Limits, Scenario
from vivavoce.session.effects import RESUMABLE_SECONDS

USER = "learner"
TROUBLE_SECONDS = 110.0
"""For so long things go wrong; then everything works, and must."""
RECOVERY_SECONDS = 45.0
"""Then at the latest a lost line was noticed, and a process that lost its calls was told."""
ANSWER_SECONDS = 35.0
"""An upstream that fell silent is given 12 s, and 12 s more, before another one is taken."""
NIGHTFALL_SECONDS = 40.0
"""Longer than the grace of a call whose learner is gone."""
MORNING_SECONDS = 60.0
"""For a new process to bring everything to its end that nobody came back to in time."""
LATENCY = 0.02


def scenario_of(number: int) -> Scenario:
    """One of a few lessons: long and short ones, with the quiz at the end or when the model wants it."""
    plain = lesson("tool" if number % 2 else "end")
    seconds = (60, 300, 120, 600)[number % 4]
    return replace(plain, limits=Limits(seconds, (30,), 1))


SCENARIOS = tuple(scenario_of(number) for number in range(4))


class History:
    def __init__(self, seed: int, disk: Disk) -> None:
        disk.wipe()
        self.world = World(seed)
        self.promises = Promises(self.world, disk)
        self._disk = disk
        self._provider = Provider(self.world, heals_at=TROUBLE_SECONDS)
        self._scenario = SCENARIOS[seed % len(SCENARIOS)]
        self._processes: list[Process] = []
        self._two_workers = self.world.happens(0.3)
        """Whether both processes take calls, rather than the newer one alone."""
        self._tabs: list[Tab] = []
        self._views: dict[str, int] = {}

    def play(self) -> Promises:
        """The history from beginning to end. Raises Violation."""
        self._boot()
        if self._two_workers:
            self._boot()
        self._open_tab()
        for about, act in (
            (70, self._crash),
            (120, self._deploy),
            (45, self._drop_line),
            (60, self._duplicate_tab),
            (90, self._open_tab),
            (80, self._slow_disk),
            (150, self._leave),
        ):
            self._again_and_again(about, act)
        self._act_on()
        self.world.run(TROUBLE_SECONDS)
        self._heal()
        self.world.run(self.world.now + RECOVERY_SECONDS)
        self._everybody_is_answered()
        self._go_home()
        self.world.run(self.world.now + NIGHTFALL_SECONDS)
        for process in self._running():
            process.crash()
        self.world.skip(RESUMABLE_SECONDS + 60)
        self._boot()
        self.world.run(self.world.now + MORNING_SECONDS)
        self.promises.all_ended(self._views)
        return self.promises

    # What the parts ask of the network

    def handshake(self, tab: Tab) -> End | None:
        """A new connection to a process that takes one; None when there is none."""
        ready = [process for process in self._processes if process.alive and not process.stopping]
        if not ready:
            return None
        process = self.world.chance.choice(ready) if self._two_workers else ready[-1]
        near, far = wire(self.world, LATENCY)
        self.world.tell(tab.name, f"connects to {process.name} with {tab.token}, after {tab.seen}")
        seen = tab.seen if tab.token is not None else None
        token = tab.token
        self.world.later(LATENCY, lambda: process.connect(near, tab.user, token, seen) if process.alive else near.cut())
        return far

    def saw(self, tab: Tab) -> None:
        assert tab.session_id is not None
        self._views[tab.session_id] = max(tab.seen, self._views.get(tab.session_id, 0))

    def closed(self, tab: Tab, code: int) -> None:
        self.promises.counts[f"closed {code}"] += 1

    # What goes wrong

    @property
    def _calm(self) -> bool:
        return self.world.now >= TROUBLE_SECONDS

    def _again_and_again(self, about: float, act: Callable[[], None]) -> None:
        def happen() -> None:
            if not self._calm:
                act()
                self.world.later(self.world.after_about(about), happen)

        self.world.later(self.world.after_about(about), happen)

    def _boot(self) -> None:
        name = f"p{len(self._processes) + 1}"
        self.world.tell(name, "starts")
        self._processes.append(Process(self.world, self._disk, self._provider, self.promises, self._scenario, name))

    def _running(self) -> list[Process]:
        return [process for process in self._processes if process.alive]

    def _crash(self) -> None:
        """kill -9, and a new process soon after."""
        if running := self._running():
            self.world.chance.choice(running).crash()
            self.promises.counts["crashes"] += 1
            self.world.later(self.world.between(0.2, 5), self._boot)

    def _deploy(self) -> None:
        """A new process starts; the old one is drained a while later, and goes on with its calls meanwhile."""
        old = self._running()
        self._boot()
        self.promises.counts["deploys"] += 1
        for process in old:
            self.world.later(self.world.between(0, 20), lambda process=process: process.alive and process.drain())  # type: ignore[misc]

    def _drop_line(self) -> None:
        connected = [tab for tab in self._tabs if tab.connected]
        if connected:
            self.world.chance.choice(connected).drop(noticed_within=self.world.between(0, 20))

    def _open_tab(self) -> None:
        """A new call of the same learner; they keep to it, however many tabs were there before."""
        tab = Tab(self, USER, f"tab{len(self._tabs) + 1}")
        self._tabs.append(tab)
        tab.connect()

    def _duplicate_tab(self) -> None:
        for other in self._tabs:
            if other.in_call:
                tab = Tab(self, USER, f"tab{len(self._tabs) + 1}")
                tab.copy_of(other)
                self._tabs.append(tab)
                tab.connect()
                return

    def _slow_disk(self) -> None:
        for process in self._running():
            process.slow_until = self.world.now + self.world.between(1, 15)

    def _leave(self) -> None:
        """A learner who goes without a word, and may open a new call later."""
        for tab in self._tabs:
            if tab.connected:
                tab.leave()
        self.world.later(self.world.between(1, 50), lambda: None if self._calm else self._open_tab())

    def _act_on(self) -> None:
        if not self._calm:
            for tab in self._tabs:
                tab.act()
            self.world.later(self.world.after_about(1.5), self._act_on)

    # What must come good

    def _heal(self) -> None:
        self.world.tell("world", "everything works from now on")
        if not [process for process in self._running() if not process.stopping]:
            self._boot()
        for process in self._running():
            process.slow_until = 0.0

    def _everybody_is_answered(self) -> None:
        """Who is in a call speaks in one place only, and is heard there."""
        self.promises.one_conversation([name for process in self._running() for name in process.conversations(USER)])
        asking = [(tab, tab.heard) for tab in self._tabs if tab.in_call]
        for tab, _ in asking:
            tab.type()
        self.world.run(self.world.now + ANSWER_SECONDS)
        for tab, before in asking:
            self.promises.goes_on(tab.name, heard=tab.heard > before or tab.over)

    def _go_home(self) -> None:
        for tab in self._tabs:
            tab.leave()
