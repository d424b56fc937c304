"""One response, from response.created to the eve of response.done: its items and the order of their events.

The orders are those of recordings: an item is done in the conversation before it is done in the response, and a text
part is called `text` or `audio` in content_part events but `output_text` or `output_audio` in items.
"""

from __future__ import annotations

import base64
from collections import deque
from dataclasses import replace
from typing import Any

from vivavoce.engine.config import Settings
from vivavoce.engine.conversation import Conversation, Item, Part
from vivavoce.engine.delivery import Delivery, Piece, Speech, Typing
from vivavoce.engine.dialogue.answer import Answer, Call, Question
from vivavoce.engine.effects import Cancel, Reply
from vivavoce.engine.inputs import Replied, ReplyCall, ReplyEnded, ReplyFailed, ReplyText, SpeechEnded, Spoke, Spoken
from vivavoce.engine.usage import output_tokens
from vivavoce.engine.wire import Ids, Outbox

TRY_AGAIN = "This server has too much to do at the moment. Please try again in a few seconds."
_CUT = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""What a chat model's finish_reason is called on this wire, when it did not come to its end."""


class Response:
    """Created at once; it waits for `begin`, takes its answer as that comes, and `advance` sends what is due."""

    def __init__(self, settings: Settings, conversation: Conversation | None, ids: Ids, out: Outbox) -> None:
        """`conversation` is where its items go; None for an out-of-band response."""
        self.id = ids.new("resp")
        self.settings = settings
        self.status = "in_progress"
        self.output: list[Item] = []
        self.waiting = True
        self.own_input: list[Item] | None = None
        """What it answers instead of the conversation."""
        self.voiced = False
        """Whether any audio was sent."""
        self.played_at = 0.0
        """When all of its voice that was sent will have been played."""
        self._status_details: dict[str, Any] | None = None
        self._conversation = conversation
        self._ids, self._out = ids, out
        self._question: Question | None = None
        self._job: int | None = None
        """The chat model's, while more of its answer may come."""
        self._cut: str | None = None
        """Why the answer is not whole."""
        self._complete = False
        """Whether the whole answer is there."""
        self._delivery: Delivery | None = None
        self._message: Item | None = None
        self._calls: deque[Call] = deque()
        out.send("response.created", response=self.to_json(usage=None))

    @property
    def over(self) -> bool:
        return self.status != "in_progress"

    @property
    def deadline(self) -> float | None:
        return self._delivery.deadline if self._delivery and not self.over else None

    @property
    def _audio(self) -> bool:
        return self.settings.modality == "audio"

    def to_json(self, usage: dict[str, Any] | None) -> dict[str, Any]:
        settings = self.settings
        return {
            "id": self.id,
            "object": "realtime.response",
            "status": self.status,
            "status_details": self._status_details,
            "output": [item.to_json() for item in self.output],
            "conversation_id": self._ids.conversation if settings.in_conversation else None,
            "output_modalities": [settings.modality],
            "max_output_tokens": settings.max_output_tokens,
            "audio": {"output": {"format": settings.output_format.to_json(), "voice": settings.voice}},
            "usage": usage,
            "metadata": settings.metadata,
        }

    # Its answer, as it comes

    def begin(self, answer: Answer | Question) -> None:
        self.waiting = False
        if isinstance(answer, Question):
            self._question, self._job = answer, self._ids.job()
            self._out.do(Reply(self._job, answer.request))
            return
        self._take(answer.text)
        self._calls += answer.calls
        self._end()

    def replied(self, event: Replied) -> None:
        """Something of the chat model's answer has come, for whichever response."""
        if event.job != self._job:
            return
        assert self._question is not None
        match event:
            case ReplyText(_, text):
                if not self._question.must_call:
                    self._take(text)
            case ReplyCall(_, name, arguments):
                if name in self._question.functions:
                    self._calls.append(Call(name, arguments))
            case ReplyEnded(_, reason):
                self._job = None
                self._cut = _CUT.get(reason)
                if not self._calls:
                    self._calls += self._question.must_call
                self._end()
            case ReplyFailed(_, reason):
                self._job = None
                self._fail("server_error", "server_error", reason)

    def _take(self, text: str) -> None:
        if self._delivery is None and (text := text.lstrip()):
            self._open_message()
            self._delivery = Speech(self.settings, self._ids, self._out) if self._audio else Typing()
        if self._delivery is not None:
            self._delivery.take(text)

    def _end(self) -> None:
        self._complete = True
        if self._delivery is not None:
            self._delivery.end()

    # Its voice

    def spoke(self, event: Spoke) -> None:
        """Something of a voice has come, for whichever response."""
        if not isinstance(self._delivery, Speech) or not self._delivery.speaks(event.job):
            return
        match event:
            case Spoken(job, audio):
                self._delivery.spoken(job, audio)
            case SpeechEnded(job):
                self._delivery.ended(job)
            case _:
                self._fail("server_error", "server_error", f"The voice failed: {event.reason}")

    # What is due

    def advance(self, now: float) -> None:
        """Send what is due."""
        if self.waiting or self.over:
            return
        if self._delivery is not None:
            for piece in self._delivery.due(now):
                if self._too_long(self._longer_by(piece)):
                    self._cut_short("max_output_tokens")
                    return
                self._say(piece, now)
            if not self._delivery.finished:
                return
            self._close_message("incomplete" if self._cut else "completed")
        if self._complete:
            self._finish_with_calls()

    def _finish_with_calls(self) -> None:
        while self._calls:
            call = self._calls.popleft()
            if self._too_long(Item("", "function_call", arguments=call.arguments)):
                self._cut_short("max_output_tokens")
                return
            self._call(call)
        if self._cut:
            self._cut_short(self._cut)
        else:
            self.status = "completed"

    def _too_long(self, last: Item) -> bool:
        """Whether the response would be longer than it may be, if this were its last item."""
        limit = self.settings.max_output_tokens
        before = [item for item in self.output if item.id != last.id]
        return isinstance(limit, int) and sum(output_tokens([*before, last])) > limit

    def _longer_by(self, piece: Piece) -> Item:
        """The message as it would be with this."""
        assert self._message is not None
        part = self._message.parts[0]
        text, ms = (part.text or "") + piece.text, self.settings.output_format.duration_ms(len(piece.audio))
        return replace(self._message, parts=[replace(part, text=text, audio_ms=part.audio_ms + ms)])

    # How it ends early

    def cancel(self, reason: str) -> None:
        """Stop with what was sent so far. `reason` is turn_detected or client_cancelled."""
        self._stop("cancelled", {"type": "cancelled", "reason": reason})

    def refuse(self, job: int) -> None:
        """A job will not be done, whoever's it is, for want of time."""
        if job == self._job:
            self._job = None
            self.overloaded()
        elif isinstance(self._delivery, Speech) and self._delivery.speaks(job):
            self.overloaded()

    def overloaded(self) -> None:
        self._fail("rate_limit_error", "rate_limit_exceeded", TRY_AGAIN)

    def _cut_short(self, reason: str) -> None:
        self._stop("incomplete", {"type": "incomplete", "reason": reason})

    def _fail(self, type: str, code: str, message: str) -> None:
        self._stop("failed", {"type": "failed", "error": {"type": type, "code": code, "message": message}})

    def _stop(self, status: str, details: dict[str, Any]) -> None:
        if self._job is not None:
            self._out.do(Cancel(self._job))
            self._job = None
        if self._delivery is not None:
            if isinstance(self._delivery, Speech):
                self._leave_unsent(self._delivery.unsent_ms)
            self._delivery.stop()
            self._close_message("incomplete")
        self.waiting = False
        self.status = status
        self._status_details = details

    # Its events

    def _open_message(self) -> None:
        self._message = self._add(Item(self._ids.new("item"), "message", role="assistant", status="in_progress"))
        self._message.parts.append(Part("output_audio" if self._audio else "output_text", ""))
        empty = {"type": "audio", "transcript": ""} if self._audio else {"type": "text", "text": ""}
        self._out.send("response.content_part.added", **self._place(), part=empty)

    def _say(self, piece: Piece, now: float) -> None:
        assert self._message is not None
        part = self._message.parts[0]
        if piece.text:
            part.text = (part.text or "") + piece.text
            kind = "output_audio_transcript" if self._audio else "output_text"
            self._out.send(f"response.{kind}.delta", **self._place(), delta=piece.text)
            if self._audio:
                part.spoken.append((piece.text, 0.0))
        if piece.audio:
            ms = self.settings.output_format.duration_ms(len(piece.audio))
            clause, sent = part.spoken[-1]
            part.spoken[-1] = (clause, sent + ms)
            part.audio_ms += ms
            self.played_at = max(self.played_at, now) + ms / 1000
            self.voiced = True
            delta = base64.b64encode(piece.audio).decode("ascii")
            self._out.send("response.output_audio.delta", **self._place(), delta=delta)

    def _leave_unsent(self, ms: float) -> None:
        """The clause under way is longer than what was sent of it, so a truncation leaves fewer of its words."""
        assert self._message is not None
        part = self._message.parts[0]
        if part.spoken:
            clause, sent = part.spoken[-1]
            part.spoken[-1] = (clause, sent + ms)

    def _close_message(self, status: str) -> None:
        assert self._message is not None
        part = self._message.parts[0]
        if part.heard_ms is not None:  # truncated while it was still being sent
            part.cut(part.heard_ms)
        part.text = (part.text or "").rstrip()
        place = self._place()
        if self._audio:
            self._out.send("response.output_audio.done", **place)
            self._out.send("response.output_audio_transcript.done", **place, transcript=part.text)
            said = {"type": "audio", "transcript": part.text}
        else:
            self._out.send("response.output_text.done", **place, text=part.text)
            said = {"type": "text", "text": part.text}
        self._out.send("response.content_part.done", **place, part=said)
        self._finish(self._message, status)
        self._message = self._delivery = None

    def _call(self, call: Call) -> None:
        item = Item(
            self._ids.new("item"),
            "function_call",
            status="in_progress",
            name=call.name,
            call_id=self._ids.new("call"),
        )
        self._add(item)
        place = {
            "response_id": self.id,
            "item_id": item.id,
            "output_index": self.output.index(item),
            "call_id": item.call_id,
        }
        self._out.send("response.function_call_arguments.delta", **place, delta=call.arguments)
        item.arguments = call.arguments
        self._out.send("response.function_call_arguments.done", **place, name=call.name, arguments=call.arguments)
        self._finish(item, "completed")

    def _add(self, item: Item) -> Item:
        self.output.append(item)
        index = len(self.output) - 1
        self._out.send("response.output_item.added", response_id=self.id, output_index=index, item=item.to_json())
        if self._conversation is not None:
            previous = self._conversation.add(item)
            self._out.send("conversation.item.added", previous_item_id=previous, item=item.to_json())
        return item

    def _finish(self, item: Item, status: str) -> None:
        item.status = status
        if self._conversation is not None:
            self._out.send("conversation.item.done", previous_item_id=None, item=item.to_json())
        self._out.send(
            "response.output_item.done",
            response_id=self.id,
            output_index=self.output.index(item),
            item=item.to_json(),
        )

    def _place(self) -> dict[str, Any]:
        """Where in the response the message's part is."""
        assert self._message is not None
        return {
            "response_id": self.id,
            "item_id": self._message.id,
            "output_index": self.output.index(self._message),
            "content_index": 0,
        }
