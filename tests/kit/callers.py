"""Learners who call again and again, come back whenever the line breaks, and keep a ledger of all that they were shown.

What a page was shown is acknowledged: from then on it must be in the record, and never be shown twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from kit.server import SCENARIO

Event = dict[str, Any]

TURNS = ("Good evening.", "I am so sorry about that.", "Which room is it?", "I can offer you another room at once.")
PATIENCE_S = 2.0
"""A learner who hears nothing for so long says something."""
AGAIN_S = 0.05
"""A page that cannot connect tries again after this time."""
OVER = 4004


@dataclass
class Ledger:
    """What one learner was shown."""

    calls: dict[str, dict[int, Event]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    came_back: int = 0

    def shown(self, call_id: str, event: Event) -> None:
        call = self.calls[call_id]
        seq, newest = event["seq"], max(call, default=0)
        if seq != newest + 1:
            self.faults.append(f"{call_id}: number {seq} ({event['type']}) was shown after number {newest}")
        call[seq] = event

    @property
    def events(self) -> int:
        return sum(len(call) for call in self.calls.values())

    @property
    def grades(self) -> int:
        return sum(event["type"] == "vivavoce.grade" for call in self.calls.values() for event in call.values())


class Caller:
    """One learner and their page."""

    def __init__(self, port: int, user: str, chance: random.Random, turns: int = len(TURNS)) -> None:
        """`turns` is what they say in a call, before they end it."""
        self.ledger = Ledger()
        self.going_away: list[Event] = []
        self.closes: list[int] = []
        """How the server ended the connections that it ended."""
        self.live = asyncio.Event()
        """A persona answers."""
        self._url = f"ws://127.0.0.1:{port}/ws?scenario={SCENARIO}&user={user}"
        self._chance = chance
        self._token: str | None = None
        self._call_id = ""
        self._turns = turns
        self._said = 0

    @property
    def in_a_call(self) -> bool:
        return self._token is not None

    async def keep_calling(self, enough: asyncio.Event) -> None:
        """Until it is enough, and the last call has come to its end."""
        while self.in_a_call or not enough.is_set():
            try:
                await self._connect(enough)
            except (OSError, InvalidHandshake, TimeoutError):  # there is no server, or none that takes calls
                await asyncio.sleep(AGAIN_S)
            except ConnectionClosed as closed:
                self._closed(closed)

    def _closed(self, closed: ConnectionClosed) -> None:
        self.live.clear()
        code = closed.rcvd.code if closed.rcvd else 1006
        self.closes.append(code)
        if code == OVER and self._token is not None:
            self.ledger.faults.append(f"{self._call_id}: the server knows nothing of it any more")
            self._token = None

    async def _connect(self, enough: asyncio.Event) -> None:
        offered = ["vivavoce"]
        url = self._url
        if self._token is not None:
            offered.append(f"vivavoce.resume.{self._token}")
            url += f"&after={max(self.ledger.calls[self._call_id], default=0)}"
        protocols = [Subprotocol(name) for name in offered]
        async with connect(url, subprotocols=protocols, compression=None, max_size=None) as connection:
            await self._talk(connection, enough)

    async def _talk(self, connection: ClientConnection, enough: asyncio.Event) -> None:
        while True:
            try:
                frame = await asyncio.wait_for(connection.recv(), PATIENCE_S)
            except TimeoutError:
                await self._say_something(connection, enough)
                continue
            event = json.loads(frame)
            if event["type"] == "vivavoce.hello":
                self._hello(event)
            elif "seq" in event:
                self.ledger.shown(self._call_id, event)
            match event["type"]:
                case "response.done":
                    self.live.set()
                    await asyncio.sleep(self._chance.uniform(0.0, 0.05))  # to think
                    await self._say_something(connection, enough)
                case "vivavoce.going_away":
                    self.going_away.append(event)
                case "vivavoce.ended":
                    self._token = None
                    return

    def _hello(self, hello: Event) -> None:
        if self._token is None:
            self._call_id, self._said = hello["session_id"], 0
            self.ledger.calls[self._call_id] = {}
        elif hello["session_id"] == self._call_id:
            self.ledger.came_back += 1
        else:
            self.ledger.faults.append(f"{self._call_id}: came back to {hello['session_id']}")
        self._token = hello["resume_token"]

    async def _say_something(self, connection: ClientConnection, enough: asyncio.Event) -> None:
        event: Event = {"type": "vivavoce.end"}
        if self._said < self._turns and not (self._said and enough.is_set()):
            content = [{"type": "input_text", "text": TURNS[self._said % len(TURNS)]}]
            event = {"type": "conversation.item.create"}
            event["item"] = {"type": "message", "role": "user", "content": content}
            self._said += 1
        with contextlib.suppress(ConnectionClosed):  # what came before that is still to be read
            await connection.send(json.dumps(event))


def compare(ledgers: list[Ledger], database: Path) -> list[str]:
    """What is wrong: something was shown and is not in the record, or was shown twice; a call was not graded once, or
    ended in another way than by its learner.
    """
    faults = [fault for ledger in ledgers for fault in ledger.faults]
    with closing(sqlite3.connect(database)) as db:
        for ledger in ledgers:
            for call_id, shown in ledger.calls.items():
                rows = db.execute("SELECT seq, body FROM event WHERE session_id = ? ORDER BY seq", (call_id,))
                kept = {seq: json.loads(body) for seq, body in rows}
                if list(kept) != list(range(1, len(kept) + 1)):
                    faults.append(f"{call_id}: the record has gaps: {list(kept)}")
                faults += [
                    f"{call_id}: number {seq} ({event['type']}) was shown and is not in the record"
                    for seq, event in shown.items()
                    if kept.get(seq) != event
                ]
                spoke = any(event.get("line", {}).get("role") == "user" for event in kept.values())
                grades = sum(event["type"] == "vivavoce.grade" for event in kept.values())
                if grades != spoke:
                    faults.append(f"{call_id}: {grades} grades")
                reasons = [event["reason"] for event in kept.values() if event["type"] == "vivavoce.ended"]
                if reasons != ["learner_ended"]:
                    faults.append(f"{call_id}: ended as {reasons}")
    return faults


def have_all_ended(database: Path) -> bool:
    """Whether every call has an end, as soon as the day is over in which it could be come back to: also those that
    began in the last moment of a server, whose callers never heard of them.
    """
    with closing(sqlite3.connect(database, timeout=10)) as db, db:
        db.execute("UPDATE session SET resumable_until = 1.0 WHERE ended_reason IS NULL AND resumable_until IS NOT 1.0")
        return not db.execute("SELECT 1 FROM session WHERE ended_reason IS NULL").fetchall()


async def until(condition: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        await asyncio.sleep(0.05)
