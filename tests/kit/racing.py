"""Many learners who begin calls at once on a server with a budget, which is killed in the middle of them."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from kit.billing import TOKEN, BillingUpstream, capped, noted
from kit.eventually import eventually
from kit.server import Server

RACERS = 20
ROOM = 1_000
"""Tokens that a call may use."""
TOKENS = 100
"""Of each answer."""
CALLS = 5
"""That the budget has room for."""
NO_BUDGET = 4429


@dataclass(frozen=True, slots=True)
class Outcome:
    admitted: tuple[int, int]
    """Before the kill and after it."""
    turned_away: Counter[int]
    """By close code."""
    billed: int
    """Microdollars, by the upstream."""
    noted: int
    cap: int
    room: int
    """What is reserved for one call."""

    @property
    def lost(self) -> int:
        """What was billed and not noted: answers that came as the process was killed."""
        return self.billed - self.noted

    @property
    def kept(self) -> bool:
        """Whether the budget was kept, but for one reservation at most."""
        return self.noted <= self.cap and self.billed <= self.cap + self.room


class Racer(threading.Thread):
    """A learner who calls, talks until the call is over or the line dead, and never comes back."""

    def __init__(self, server: Server, name: str, start: threading.Barrier) -> None:
        super().__init__(name=name)
        self._server = server
        self._start = start
        self.admitted = False
        self.refused: int | None = None

    def run(self) -> None:
        self._start.wait()
        try:
            with self._server.browser(self.name) as browser:
                browser.until("vivavoce.hello")
                self.admitted = True
                while True:
                    browser.until("response.done")
                    browser.say("I am sorry to hear that.")
        except ConnectionClosed as closed:
            if closed.rcvd is not None and not self.admitted:
                self.refused = closed.rcvd.code
        except (InvalidHandshake, OSError, TimeoutError, EOFError):
            pass


def race(server: Server, names: str) -> list[Racer]:
    start = threading.Barrier(RACERS)
    racers = [Racer(server, f"{names}{number}", start) for number in range(RACERS)]
    for racer in racers:
        racer.start()
    return racers


def race_and_crash(folder: Path, answers_before_the_kill: int) -> Outcome:
    """They race, the process is killed, another one takes its place, and as many race again."""
    billing = BillingUpstream(TOKENS)
    cap = CALLS * ROOM * TOKEN
    with billing.listening() as url:
        settings = capped(folder, url, call=ROOM * TOKEN / 1e6, day=cap / 1e6)
        server = Server(folder, **settings)
        with server:
            early = race(server, "early")
            eventually(lambda: sum(racer.refused is not None for racer in early) >= RACERS - CALLS)
            eventually(lambda: billing.billed >= answers_before_the_kill * TOKENS * TOKEN)
            server.process.kill()
            server.process.wait(10)
        _wait_for(early)
        with Server(folder, **settings) as again:
            late = race(again, "late")
            _wait_for(late)
            return Outcome(
                admitted=(sum(racer.admitted for racer in early), sum(racer.admitted for racer in late)),
                turned_away=Counter(racer.refused for racer in (*early, *late) if racer.refused is not None),
                billed=billing.billed,
                noted=noted(again),
                cap=cap,
                room=ROOM * TOKEN,
            )


def _wait_for(racers: list[Racer]) -> None:
    for racer in racers:
        racer.join(60)
        assert not racer.is_alive()
