"""The responses that run: one in the conversation, and beside it any that are out of band.

The law of this file: the conversation's slot is free before response.done is sent, so that whoever reads it may create
the next response at once.
"""

from __future__ import annotations

from typing import Any

from vivavoce.engine.config import Settings
from vivavoce.engine.conversation import Conversation, Item
from vivavoce.engine.dialogue.answer import Answer, Ask, Dialogue, Question, lines
from vivavoce.engine.dialogue.directive import words_to_say
from vivavoce.engine.inputs import Replied, Spoke
from vivavoce.engine.listening import Listening
from vivavoce.engine.response import Response
from vivavoce.engine.usage import response_usage
from vivavoce.engine.wire import Ids, Outbox, RequestError

MAX_OUT_OF_BAND = 4
TOKENS_A_MINUTE = 15_000_000
"""What rate_limits.updated says. There is no such limit here; clients expect the event."""


class Responses:
    def __init__(
        self, conversation: Conversation, listening: Listening, dialogue: Dialogue, ids: Ids, out: Outbox
    ) -> None:
        self._conversation = conversation
        self._listening = listening
        self._dialogue = dialogue
        self._ids, self._out = ids, out
        self._active: Response | None = None
        self._aside: list[Response] = []
        self._context: dict[str, list[Item]] = {}
        """What each running response is billed for: the items that were there when it was created."""
        self._owed: Settings | None = None
        """A turn ended while a response was active that may not be interrupted."""
        self.voiced = False
        """Whether any audio was ever sent: the voice cannot be changed after that."""
        self._played_at = 0.0
        """When all that was sent in the conversation will have been played."""

    @property
    def _running(self) -> list[Response]:
        return [*self._aside, self._active] if self._active else list(self._aside)

    @property
    def deadline(self) -> float | None:
        return min((due for response in self._running if (due := response.deadline) is not None), default=None)

    def played(self, now: float) -> bool:
        """Whether the last reply is complete and was played to its end."""
        return self._active is None and now >= self._played_at

    def cut_off(self, item_id: str, now: float) -> None:
        """The client stopped playing this item: if it was the last that was said, silence begins."""
        said = (item.id for item in reversed(self._conversation.items) if item.role == "assistant")
        if next(said, None) == item_id:
            self._played_at = now

    def create(self, settings: Settings, items: list[Item] | None = None) -> None:
        """`items` take the conversation's place as what is answered."""
        if not settings.in_conversation:
            if len(self._aside) >= MAX_OUT_OF_BAND:
                raise _busy(self._aside[0])
            response = Response(settings, None, self._ids, self._out)
            self._aside.append(response)
        elif self._active is not None:
            raise _busy(self._active)
        else:
            self._owed = None
            response = self._active = Response(settings, self._conversation, self._ids, self._out)
        self._context[response.id] = list(self._conversation.items) if items is None else items
        response.own_input = items

    def create_for_turn(self, settings: Settings) -> None:
        """The learner's turn is over: answer it, now or after the response that is still active."""
        if self._active is None:
            self.create(settings)
        else:
            self._owed = settings

    def cancel(self, response_id: str | None) -> None:
        for response in self._running:
            if response.id == response_id or (response_id is None and response is self._active):
                response.cancel("client_cancelled")
                self._end(response)
                return
        raise RequestError("response_cancel_not_active", "Cancellation failed: no active response found")

    def interrupt(self) -> None:
        """The learner speaks: the persona stops, whatever is still queued."""
        if self._active is not None:
            self._active.cancel("turn_detected")
            self._end(self._active)

    def spoke(self, event: Spoke) -> None:
        for response in self._running:
            response.spoke(event)

    def replied(self, event: Replied) -> None:
        for response in self._running:
            response.replied(event)

    def refuse(self, job: int) -> None:
        """There is no time for a voice or a chat model's answer."""
        for response in self._running:
            response.refuse(job)

    def refuse_words(self, item: Item) -> None:
        """There is no time to recognise what an item says: what waits for its words has no answer."""
        for response in self._running:
            if response.waiting and any(item is awaited for awaited in self._answered_items(response)):
                response.overloaded()

    def advance(self, now: float) -> None:
        """Answer what can be answered, send what is due, end what is over."""
        for response in self._running:
            if response.waiting and not self._listening.awaits(self._answered_items(response)):
                response.begin(self._answer(response))
            response.advance(now)
            self.voiced = self.voiced or response.voiced
            if response is self._active:
                self._played_at = max(self._played_at, response.played_at)
            if response.over:
                self._end(response)
        if self._owed is not None and self._active is None:
            self.create(self._owed)
            self.advance(now)

    def _answered_items(self, response: Response) -> list[Item]:
        return self._conversation.items if response.own_input is None else response.own_input

    def _answer(self, response: Response) -> Answer | Question:
        ask = _ask(response.settings, self._answered_items(response))
        words = None if ask.must_call else words_to_say(ask)
        return Answer(words) if words else self._dialogue.answer(ask)

    def _end(self, response: Response) -> None:
        if response is self._active:
            self._active = None
        else:
            self._aside.remove(response)
        usage = response_usage(response.settings, self._context.pop(response.id), response.output)
        self._out.send("response.done", response=response.to_json(usage))
        limits = {"limit": TOKENS_A_MINUTE, "remaining": TOKENS_A_MINUTE, "reset_seconds": 0}
        self._out.send("rate_limits.updated", rate_limits=[{"name": "tokens", **limits}])


def _ask(settings: Settings, items: list[Item]) -> Ask:
    tools: dict[str, dict[str, Any]] = {tool["name"]: tool for tool in settings.tools}
    must_call = False
    match settings.tool_choice:
        case "none":
            tools = {}
        case "required":
            must_call = bool(tools)
        case {"name": str(name)} if name in tools:
            tools, must_call = {name: tools[name]}, True
    limit = settings.max_output_tokens
    return Ask(
        lines(items),
        settings.instructions,
        tools,
        must_call=must_call,
        items=tuple(items),
        aloud=settings.modality == "audio",
        max_tokens=limit if isinstance(limit, int) else None,
        in_conversation=settings.in_conversation,
    )


def _busy(active: Response) -> RequestError:
    return RequestError(
        "conversation_already_has_active_response",
        f"Conversation already has an active response in progress: {active.id}. "
        "Wait until the response is finished before creating a new one.",
    )
