"""The notation in which `flows` writes down the orders of events: what a client does, and what must come of it.

A line of a flow is an event that must come next, with whatever is worth saying of it:

    response.done  response.status=completed response.output=[]

A value is JSON or a bare word; a single capital letter stands for a value that is the same wherever the letter is, and
differs from that of every other (`item_id=U`). Behind a type `+` means one or more of it and `*` any number; types
joined with `|` may be mixed. Between the lines stand the client's steps. Nothing may come that no line names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kit.client import Client, Event

PATIENCE_S = 60.0
"""Of the engine's own clock, for an event that a line names."""

Step = Callable[[Client], object]


@dataclass(frozen=True)
class Flow:
    """`given` brings the client to where the flow begins; what comes of that belongs to no order."""

    name: str
    steps: tuple[Step | str, ...]
    given: tuple[Step, ...] = ()
    client: Callable[[], Client] = Client

    def lines(self) -> Iterator[Step | str]:
        for step in self.steps:
            if isinstance(step, str):
                yield from (line for raw in step.splitlines() if (line := raw.strip()))
            else:
                yield step


@dataclass
class _Reader:
    client: Client
    place: int
    letters: dict[str, Any] = field(default_factory=dict)

    def peek(self, *, patient: bool) -> Event | None:
        """The next event; a patient reader lets time pass until there is one."""
        client = self.client
        until = client.now + PATIENCE_S
        while patient and self.place == len(client.events):
            deadline = client.engine.deadline
            if deadline is None or deadline > until:
                return None
            client.wait(max(0.0, deadline - client.now))
        return client.events[self.place] if self.place < len(client.events) else None

    def read(self, line: str, *, patient: bool) -> None:
        """Read what the line names, or fail. `patient` is whether time may pass to read more than one."""
        kinds, *details = line.split()
        many = details[0] if details and details[0] in ("+", "*") else ""
        wanted = kinds.split("|")
        if many != "*":
            event = self.peek(patient=True)
            assert event is not None, f"expected {line!r}, and nothing came"
            assert event["type"] in wanted, f"expected {line!r}, and this came: {event}"
            self._hold(event, details[len(many) :], line)
            self.place += 1
        while many and (event := self.peek(patient=patient)) and event["type"] in wanted:
            self.place += 1

    def _hold(self, event: Event, details: list[str], line: str) -> None:
        for detail in details:
            path, _, said = detail.partition("=")
            value = _at(event, path)
            if len(said) == 1 and said.isupper():
                same = {letter for letter, known in self.letters.items() if known == value}
                known = self.letters.setdefault(said, value)
                assert known == value and same <= {said}, f"{line!r} of {self.letters}, and this came: {event}"
            else:
                assert value == _value(said), f"{line!r}, and this came: {event}"


def _value(said: str) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        return said


def _at(event: Event, path: str) -> Any:
    value: Any = event
    for name in path.split("."):
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError):
            raise AssertionError(f"there is no {path} in {event}") from None
    return value


def play(flow: Flow) -> list[Event]:
    """Play the flow and hold every line of it; all events that came, also before it began."""
    client = flow.client()
    for step in flow.given:
        step(client)
    reader = _Reader(client, len(client.events) if flow.given else 0)
    lines = list(flow.lines())
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if isinstance(line, str):
            reader.read(line, patient=isinstance(after, str))
        else:
            line(client)
    client.settle()
    assert reader.peek(patient=False) is None, f"after all lines came {client.events[reader.place]}"
    return client.events
