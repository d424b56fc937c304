"""What a session promises, checked at every step of a history. It believes nobody but the disk and the wires."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from simulation.disk import Disk
from simulation.world import World
from vivavoce.session.ending import LEARNERS_ENDS

Event = dict[str, Any]

ALIVE_SECONDS = 10.0
"""How long a process that lost a call without knowing may go on with it: what it hears of the others is a heartbeat."""

_ONCE: dict[str, Callable[[Event], object]] = {
    "vivavoce.quiz": lambda _: "",
    "vivavoce.ended": lambda _: "",
    "vivavoce.ending": lambda _: "",
    "vivavoce.goal": lambda event: event["goal_id"],
    "vivavoce.quiz.marked": lambda event: event["item_id"],
    "vivavoce.grade": lambda event: event["grade"]["reason"],
    "vivavoce.hint": lambda event: (event["hint"], event["rung"]),
}
"""Durable events that happen once in a call, or once for each of these."""


AFTER_THE_END = frozenset({"vivavoce.quiz.marked", "vivavoce.grade", "vivavoce.consent"})


class Violation(AssertionError):
    """A promise was broken."""

    def __init__(self, promise: str, what: str, world: World) -> None:
        super().__init__(f"{promise} with seed {world.seed}: {what}\n{world.history}")
        self.promise = promise
        self.what = what


class Promises:
    def __init__(self, world: World, disk: Disk) -> None:
        self._world = world
        self._disk = disk
        self._owners: dict[str, tuple[str, int]] = {}
        """Of each call, the process that opened or claimed it last, and the epoch that it was given."""
        self._events: defaultdict[str, list[Event]] = defaultdict(list)
        """What is on disk, of each call in order."""
        self._once: defaultdict[str, set[object]] = defaultdict(set)
        self._newest: dict[str, float] = {}
        self._attached: set[tuple[str, str]] = set()
        """Calls that have a browser, each with the process where it is so."""
        self._excused: set[str] = set()
        self._tokens: dict[str, str] = {}
        self._upstreams: dict[tuple[str, str, str], tuple[str, float | None]] = {}
        self.counts: defaultdict[str, int] = defaultdict(int)
        """What happened how often, for whoever doubts that a history was worth anything."""

    def broken(self, promise: str, what: str) -> NoReturn:
        raise Violation(promise, what, self._world)

    # P1 and P6: what goes to disk

    def taken(self, session_id: str, process: str, epoch: int) -> None:
        """A call was opened or claimed, in the transaction that is under way."""
        if session_id in self._owners and epoch <= self._owners[session_id][1]:
            self.broken("P1", f"{process} was given epoch {epoch} of {session_id}, which is not new")
        self._owners[session_id] = process, epoch

    def given_up(self, session_id: str, epoch: int) -> None:
        """A call was taken from its process, and given to none."""
        self._owners[session_id] = "nobody", epoch

    def wrote(self, session_id: str, process: str, epoch: int, event: Event | None = None, at: float = 0.0) -> None:
        """The store let a process write in a call."""
        if self._owners[session_id] != (process, epoch):
            owner = "{}, epoch {}".format(*self._owners[session_id])
            self.broken("P1", f"{process}, epoch {epoch}, wrote in {session_id}, which belongs to {owner}")
        if event is None:
            return
        there = self._events[session_id]
        if event["seq"] != len(there) + 1:
            self.broken("P4", f"number {event['seq']} of {session_id} was written after number {len(there)}")
        if at < self._newest.get(session_id, 0.0):
            self.broken("P4", f"the clock of {session_id} goes back to {at}: {event}")
        if any(before["type"] == "vivavoce.ended" for before in there) and event["type"] not in AFTER_THE_END:
            self.broken("P12", f"{session_id} goes on after its end: {event}")
        there.append(event)
        self._newest[session_id] = at
        self.counts[event["type"]] += 1
        name = _ONCE.get(event["type"])
        if name is not None:
            key = event["type"], name(event)
            if key in self._once[session_id]:
                self.broken("P6", f"{session_id} has {event['type']} twice: {event}")
            self._once[session_id].add(key)

    # P2 and P3: who is connected

    def dials(self, session_id: str, key: str, process: str) -> None:
        """A process opens an upstream for a call."""
        now = self._world.now
        for (other, other_key, where), (state, fenced_at) in self._upstreams.items():
            if where == process and other_key == key:
                self.broken("P2", f"{process} dials for {session_id} while an upstream of {other} is {state}")
            if other == session_id and fenced_at is not None and now > fenced_at + ALIVE_SECONDS:
                self.broken("P2", f"{where} still has an upstream for {session_id}, which {process} has")
        self._upstreams[session_id, key, process] = "open", None
        self.counts["dials"] += 1

    def upstream_gone(self, session_id: str, key: str, process: str) -> None:
        self._upstreams.pop((session_id, key, process), None)

    def attaches(self, session_id: str, process: str) -> None:
        """A process gives a call a browser's connection."""
        if (session_id, process) in self._attached:
            self.broken("P3", f"{process} has two browsers in {session_id}")
        self._attached.add((session_id, process))
        self.counts["browsers"] += 1

    def one_conversation(self, where: list[str]) -> None:
        """A learner speaks in one place; in two processes at most for as long as one of them does not know it."""
        if len(where) > 1:
            self.broken("P3", f"a learner is in conversation in {where}")

    def detaches(self, session_id: str, process: str) -> None:
        self._attached.discard((session_id, process))

    def gone(self, process: str) -> None:
        """A process ended, with all that it had."""
        self._attached = {name for name in self._attached if name[1] != process}
        for path in [path for path in self._upstreams if path[2] == process]:
            del self._upstreams[path]

    # P4, P5 and P6: what leaves

    def shows(self, session_id: str, frame: bytes) -> None:
        """A frame is sent to a browser: nothing of it may be missing on disk."""
        if frame.startswith(b'{"type":"vivavoce.'):
            event = json.loads(frame)
            if "seq" in event and event["type"] != "vivavoce.hello" and self.on_disk(session_id, event["seq"]) != event:
                self.broken("P5", f"{session_id} shows what is not on disk: {event}")
        elif frame.startswith(b'{"type":"conversation.item.input_audio_transcription.completed"'):
            event = json.loads(frame)
            if event["transcript"] and not self._said(session_id, event["item_id"]):
                self.broken("P5", f"{session_id} shows a transcription without a line on disk: {event}")

    def answers(self, session_id: str, call_id: str, output: str) -> None:
        """The model is told what a tool did: that must be on disk, and the same as before."""
        query = "SELECT output FROM tool_result WHERE session_id = ? AND call_id = ?"
        answers = [json.loads(stored) for (stored,) in self._disk.sql.execute(query, session_id, call_id)]
        answer = json.loads(output)
        if answers and answers != [answer]:
            self.broken("P6", f"{session_id} answers {call_id} with {answer}, before that with {answers}")
        if answer["ok"] and not answers:  # one that was refused did nothing
            self.broken("P5", f"{session_id} answers {call_id} with {answer}, which is not on disk")
        self.counts["answers"] += 1

    def on_disk(self, session_id: str, seq: int) -> Event | None:
        there = self._events[session_id]
        return there[seq - 1] if 0 < seq <= len(there) else None

    def _said(self, session_id: str, item_id: str) -> bool:
        return any(
            event["type"] == "vivavoce.transcript" and event["line"]["item_id"] == item_id
            for event in self._events[session_id]
        )

    # When nothing goes wrong any more

    def excused(self, session_id: str) -> None:
        """The grader took longer than it may: there may be no grade."""
        self._excused.add(session_id)

    def handed_out(self, session_id: str, token: str) -> None:
        """A page got this token to come back with."""
        self._tokens[session_id] = token

    def turned_away(self, session_id: str, token: str) -> None:
        """Who has the newest token is told that there is nothing to come back to: then its call must be over."""
        query = "SELECT 1 FROM session WHERE session_id = ? AND ended_reason IS NULL AND resume_hash IS NOT NULL"
        if self._tokens[session_id] == token and self._disk.sql.execute(query, session_id):
            self.broken("P7", f"{session_id} goes on, and its learner is turned away")

    def goes_on(self, tab: str, heard: bool) -> None:
        """Somebody said something a while ago, and nothing went wrong."""
        self.counts["answered"] += 1
        if not heard:
            self.broken("P7", f"{tab} gets no answer, though everything works")

    # P12: the end of everything

    def all_ended(self, views: Mapping[str, int]) -> None:
        """Nobody is left, and the time in which one can come back is over. `views`: what was seen of each call."""
        rows = self._disk.sql.execute("SELECT session_id, ended_reason FROM session")
        for session_id, reason in rows:
            events = self._events[session_id]
            stored = [json.loads(body) for *_, body in self._disk.store.events(session_id)]
            if stored != events:
                self.broken("P4", f"the disk holds other events of {session_id} than were written")
            ended = [event for event in events if event["type"] == "vivavoce.ended"]
            if reason is None:
                self.broken("P12", f"{session_id} never ended: {[event['type'] for event in events]}")
            if [event["reason"] for event in ended] != [reason]:
                self.broken("P12", f"{session_id} ended {reason}, its record says {ended}")
            said = any(event["type"] == "vivavoce.transcript" and event["line"]["role"] == "user" for event in events)
            graded = any(event["type"] == "vivavoce.grade" for event in events)
            if reason in LEARNERS_ENDS and said and not graded and session_id not in self._excused:
                self.broken("P8", f"{session_id} ended {reason}, and was never graded")
            if views.get(session_id, 0) > len(events):
                self.broken("P4", f"more was seen of {session_id} than is on disk")
            self.counts[f"ended {reason}"] += 1
