"""One response, from response.created to the eve of response.done: its items and the order of their events.

The orders are those of recordings: an item is done in the conversation before it is done in the response, and a text
part is called `text` or `audio` in content_part events but `output_text` or `output_audio` in items.
"""

from __future__ import annotations

import base64
from typing import Any

from vivavoce.engine.config import Settings
from vivavoce.engine.conversation import Conversation, Item, Part
from vivavoce.engine.delivery import Delivery, Piece, Speech, Typing
from vivavoce.engine.dialogue.answer import Answer, Call
from vivavoce.engine.wire import Ids, Outbox
from vivavoce.protocol.audio import duration_ms


class Response:
    """Created at once; it waits for `begin` with an answer, then `advance` sends what is due until it is `over`."""

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
        self._status_details: dict[str, Any] | None = None
        self._conversation = conversation
        self._ids, self._out = ids, out
        self._delivery: Delivery | None = None
        self._message: Item | None = None
        self._calls: tuple[Call, ...] = ()
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
            "audio": {"output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": settings.voice}},
            "usage": usage,
            "metadata": settings.metadata,
        }

    # What happens to it

    def begin(self, answer: Answer, now: float) -> None:
        self.waiting = False
        self._calls = answer.calls
        if answer.text:
            self._open_message()
            self._delivery = self._deliver(answer.text)
        self.advance(now)

    def advance(self, now: float) -> None:
        """Send what is due."""
        if self.waiting or self.over:
            return
        if self._delivery is not None:
            for piece in self._delivery.due(now):
                self._say(piece)
            if not self._delivery.finished:
                return
            self._close_message("completed")
        for call in self._calls:
            self._call(call)
        self.status = "completed"

    def spoken(self, job: int, pcm: bytes) -> None:
        if isinstance(self._delivery, Speech):
            self._delivery.spoken(job, pcm)

    def speech_ended(self, job: int) -> None:
        if isinstance(self._delivery, Speech):
            self._delivery.ended(job)

    def speech_failed(self, job: int, reason: str) -> None:
        if isinstance(self._delivery, Speech) and self._delivery.speaks(job):
            error = {"type": "server_error", "code": "server_error", "message": f"The voice failed: {reason}"}
            self._stop("failed", {"type": "failed", "error": error})

    def cancel(self, reason: str) -> None:
        """Stop with what was sent so far. `reason` is turn_detected or client_cancelled."""
        self._stop("cancelled", {"type": "cancelled", "reason": reason})

    def _stop(self, status: str, details: dict[str, Any]) -> None:
        if self._delivery is not None:
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

    def _deliver(self, text: str) -> Delivery:
        if not self._audio:
            return Typing(text)
        return Speech(text, self.settings.voice_name, self.settings.speed, self._ids, self._out)

    def _say(self, piece: Piece) -> None:
        assert self._message is not None
        part = self._message.parts[0]
        if piece.text:
            part.text = (part.text or "") + piece.text
            kind = "output_audio_transcript" if self._audio else "output_text"
            self._out.send(f"response.{kind}.delta", **self._place(), delta=piece.text)
            part.spoken.append((piece.text, 0.0))
        if piece.pcm:
            ms = duration_ms(len(piece.pcm))
            clause, sent = part.spoken[-1]
            part.spoken[-1] = (clause, sent + ms)
            part.audio_ms += ms
            self.voiced = True
            delta = base64.b64encode(piece.pcm).decode("ascii")
            self._out.send("response.output_audio.delta", **self._place(), delta=delta)

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
