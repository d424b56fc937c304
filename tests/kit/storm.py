"""A whole call on virtual time whose upstream fails in a chosen way at a moment of chance, and what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from kit.link import WIRE_S, Link
from vivavoce.engine import inputs as happened
from vivavoce.engine.core import Engine
from vivavoce.scenario.model import Scenario
from vivavoce.session.effects import Close, Effect
from vivavoce.session.inputs import Connected, Peer

LEARNER = (
    "Good evening, I am sorry to hear that.",
    "What is your room number?",
    "I can offer you a quiet room.",
    "Would you like some tea?",
    "I will send somebody up at once.",
)
PING_S = 12.0
"""After so long a silence the host knows that the other end of a connection is gone."""
CLOSE_S = 3.0
"""How long the host waits for a close frame that does not come."""
SIGNS = ("vivavoce.notice", "response.output_audio.delta", "vivavoce.ended")
"""What shows the learner that something happens."""

Fate = Callable[["Storm"], None]


@dataclass(frozen=True)
class Outcome:
    seconds: float | None
    """From the loss, or from when it was noticed, until the call had another upstream; None when it never had."""
    silence: float
    """The longest time without a sign while an answer was due."""
    dials: int
    """After the fault."""
    reason: str | None
    faults: tuple[str, ...]
    """What is wrong with the record, or with what the last upstream was told."""


class Storm(Link):
    """The learner types, the engine speaks, and its connection is struck once."""

    def __init__(self, scenario: Scenario, chance: random.Random) -> None:
        super().__init__(scenario, chance=chance.random)
        self.chance = chance
        self.noticed: float | None = None
        """When the loss was there, for one that is not there at once."""
        self.refusals: list[tuple[int, float | None]] = []
        """What the next dials are answered."""
        self._deaf: Engine | None = None
        """It hears nothing, and is heard by nobody."""
        self._times: list[float] = []
        """When each event came to the browser."""
        self._said: list[float] = []
        self._answers = 0
        self._ended = False

    def play(self, fate: Fate) -> Outcome:
        self.put(Connected(Peer.BROWSER))
        self.run_till(lambda: self._answers > 0)
        turn_of_fate = self.chance.randrange(1, len(LEARNER))
        struck, dials = 0.0, 0
        for turn, text in enumerate(LEARNER):
            before = self._answers
            if turn == turn_of_fate:
                self.run(self.chance.choice((0.0, 3.0)))
            self._type(text)
            if turn == turn_of_fate:
                self.run(
                    self.chance.choice(
                        (0.0, 0.003, 0.005, self.chance.uniform(0.0, 0.5), self.chance.uniform(0.08, 0.1))
                    )
                )
                struck, dials = self.now, self.dialled
                fate(self)
            self.run_till(lambda before=before: self._answers > before or self._ended, 90)  # type: ignore[misc]
            if self._ended:
                break
            self.run(self.chance.uniform(0, 4))
        self.run(30)
        return self._outcome(struck, dials)

    # What may happen to the connection

    def break_off(self, code: int) -> None:
        self.hang_up(code)

    def fall_silent(self) -> None:
        self._deaf = self.engine

    def be_cut(self) -> None:
        """Nobody is told; the host notices it when nothing answers its ping."""
        engine = self._deaf = self.engine
        self.later(PING_S, partial(self._ping_unanswered, engine))

    def say_error(self, code: str) -> None:
        self.upstream(type="error", error={"type": "invalid_request_error", "code": code, "message": "No."})

    def _ping_unanswered(self, engine: Engine | None) -> None:
        if self.engine is engine:
            self._notice_loss()
            self.hang_up(1001)

    def _notice_loss(self) -> None:
        self.noticed = self.now if self.noticed is None else self.noticed

    # The host

    def _perform(self, effect: Effect) -> None:
        if isinstance(effect, Close) and effect.peer is Peer.UPSTREAM and self.engine is self._deaf is not None:
            self.closed.append(effect)
            self._notice_loss()
            self.hang_up(effect.code, after=CLOSE_S)
            return
        super()._perform(effect)
        for event in self.to_browser[len(self._times) :]:
            self._times.append(self.now)
            self._answers += event["type"] == "response.done" and event["response"]["status"] == "completed"
            self._ended = self._ended or event["type"] == "vivavoce.ended"

    def dial(self) -> None:
        if self.refusals:
            status, retry_after = self.refusals.pop(0)
            self.hang_up(status, WIRE_S, retry_after)
        else:
            super().dial()

    def _to_engine(self, engine: Engine | None, event: happened.Input) -> None:
        if engine is None or engine is not self._deaf or not isinstance(event, happened.Received):
            super()._to_engine(engine, event)

    def _from_engine(self, engine: Engine, frame: bytes) -> None:
        if engine is not self._deaf:
            super()._from_engine(engine, frame)

    # The learner

    def _type(self, text: str) -> None:
        self._said.append(self.now)
        content = [{"type": "input_text", "text": text}]
        self.browser(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})

    # What came of it

    def _outcome(self, struck: float, dials: int) -> Outcome:
        back = next((at for kind, at in self._signs() if kind == "upstream_back"), None)
        lost = struck if self.noticed is None else self.noticed
        return Outcome(
            None if back is None else back - lost,
            max(self._silences()),
            self.dialled - dials,
            self.session.ended_reason,
            () if self._ended else tuple(self._faults()),
        )

    def _signs(self) -> Iterator[tuple[str, float]]:
        for event, at in zip(self.to_browser, self._times, strict=True):
            if event["type"] in SIGNS or event["type"] == "response.done":
                yield str(event.get("code", event["type"])), at

    def _silences(self) -> Iterator[float]:
        """After each turn: how long each sign was waited for, up to the end of the answer."""
        for begin, end in zip(self._said, [*self._said[1:], self.now], strict=True):
            last = begin
            for kind, at in self._signs():
                if begin <= at < end:
                    yield at - last
                    last = at
                    if kind == "response.done":
                        break

    def _faults(self) -> Iterator[str]:
        learner = [text for role, text in self.lines() if role == "user"]
        if learner != list(LEARNER):
            yield f"the learner's lines are {learner}"
        told = self._told()
        if [text for role, text in told if role == "user"] != list(LEARNER):
            yield f"the last upstream was told {told}"
        known = {event["line"]["text"][: event["line"]["heard_chars"]] for event in self.seen("vivavoce.transcript")}
        if strange := [text for role, text in told if role == "assistant" and text not in known]:
            yield f"the last upstream was told what nobody heard: {strange}"
        numbers = [event["seq"] for event in self.to_browser if "seq" in event and event["type"] != "vivavoce.hello"]
        if numbers != list(range(1, len(numbers) + 1)):
            yield f"durable events came as {numbers}"

    def _told(self) -> list[tuple[str, str]]:
        """Everything that the last upstream was told, in order."""
        begin = max(n for n, event in enumerate(self.to_upstream) if event.get("session", {}).get("tools"))
        items = [event["item"] for event in self.to_upstream[begin:] if event["type"] == "conversation.item.create"]
        return [(item["role"], item["content"][0]["text"]) for item in items if item["type"] == "message"]
