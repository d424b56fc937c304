"""Answers to a call's quiz that come by another way than its browser's connection, and wait for their marks."""

from __future__ import annotations

import asyncio
from typing import Any

from vivavoce.session.effects import Record

Mark = dict[str, Any]
"""A vivavoce.quiz.marked, with `at`, the second of the call."""


class NotTaken(Exception):
    """An answer to the quiz that the call did not take; the message says why."""


class QuizAnswers:
    """At most one for each question. A mark counts once it is on disk (promise P5)."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Mark]] = {}
        self._marked: dict[int, str] = {}
        """Marks that are on their way to the disk: number of the event, and the question."""

    def expect(self, item_id: str) -> asyncio.Future[Mark]:
        """An answer to this question is about to be handed in. Raises NotTaken."""
        if item_id in self._waiting:
            raise NotTaken("This question is being answered already.")
        waiting: asyncio.Future[Mark] = asyncio.get_running_loop().create_future()
        self._waiting[item_id] = waiting
        return waiting

    def handed_in(self, item_id: str) -> None:
        """It was; the session marks an answer at once, or not at all. Raises NotTaken."""
        if item_id in self._waiting and item_id not in self._marked.values():
            del self._waiting[item_id]
            raise NotTaken("This question was answered before, or was not asked.")

    def recorded(self, record: Record) -> None:
        if record.body["type"] == "vivavoce.quiz.marked" and record.body["item_id"] in self._waiting:
            self._marked[record.seq] = record.body["item_id"]

    def committed(self, record: Record) -> None:
        waiting = self._waiting.pop(self._marked.pop(record.seq, ""), None)
        if waiting is not None and not waiting.done():
            waiting.set_result({**record.body, "at": record.at})

    def close(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(NotTaken("The call is over for good, so nothing more is marked."))
        self._waiting.clear()
