"""The upstream of a simulation: speaks the Realtime API's own events, and fails in all the ways that upstreams do."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

from kit.canonical import is_canonical
from simulation.world import End, World, wire

Event = dict[str, Any]

CHUNK = base64.b64encode(bytes(4_800)).decode()
"""A tenth of a second of the persona's voice."""
LATENCY = 0.02
DEATHS = (1001, 1006, 1006, 1011, 1012, 1013)
REFUSALS = (0, 0, 429, 500, 503)
FATAL = 401


class Provider:
    """Everything behind the network, for all calls: it remembers per call what a model would repeat."""

    def __init__(self, world: World, *, heals_at: float) -> None:
        self.world = world
        self.heals_at = heals_at
        """From then on it does not fail any more."""
        self.talks: list[Talk] = []
        """Every connection that was ever opened."""
        self.tool_calls: dict[str, dict[str, str]] = {}
        """Of each call, the tool calls that the model made, by call_id; it may make one of them again."""
        self._ids = 0

    @property
    def failing(self) -> bool:
        return self.world.now < self.heals_at

    def dial(
        self, session_id: str, opened: Callable[[End], None], refused: Callable[[int, float | None], None]
    ) -> None:
        """Answer an upgrade after a while."""
        world = self.world
        seconds = world.between(0.05, 0.4) if not self.failing or world.happens(0.9) else world.between(1, 15)
        if self.failing and world.happens(0.1):
            code = world.chance.choice(REFUSALS) if world.happens(0.98) else FATAL
            retry_after = world.between(0.5, 3) if code == 429 else None
            world.later(seconds, lambda: refused(code, retry_after))
            return

        def accept() -> None:
            near, far = wire(world, LATENCY)
            talk = Talk(self, session_id, far)
            self.talks.append(talk)
            opened(near)
            talk.begin()

        world.later(seconds, accept)

    def new_id(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}_{self._ids}"


class Talk:
    """One session of the upstream's."""

    def __init__(self, provider: Provider, session_id: str, end: End) -> None:
        self._provider = provider
        self._world = provider.world
        self._end = end
        end.owner = self
        self.session_id = session_id
        self._configured = False
        self._voiced = True
        self._active: str | None = None
        self._turns = 0
        self._stalled = False
        self._tools: list[str] = []

    @property
    def open(self) -> bool:
        return self._end.open

    def begin(self) -> None:
        self._send("session.created", session={"id": self._provider.new_id("sess"), "instructions": "default"})
        if self._provider.failing:
            self._world.later(self._world.after_about(60), self._fail)

    # Failing

    def _fail(self) -> None:
        if not self.open or not self._provider.failing:
            return
        match self._world.chance.randrange(6):
            case 0:
                self._stalled = True
                self._world.tell("provider", "stalls")
            case 1:
                self._error("session_expired", "Your session hit the maximum duration of 60 minutes.")
                self._end.close(1001, "maximum duration")
            case 2:
                self._error("server_error", "The server had an error while processing your request.")
                self._world.later(self._world.after_about(20), self._fail)
            case 3:
                self._end.cut(noticed_within=self._world.between(0, 10))
                self._world.tell("provider", "connection lost")
            case _:
                self._end.close(self._world.chance.choice(DEATHS), "going away")

    # The wire

    def received(self, end: End, frame: bytes) -> None:
        event = json.loads(frame)
        assert is_canonical(event), event
        rule = _RULES.get(event["type"])
        if rule is not None and not self._stalled:
            rule(self, event)

    def disconnected(self, end: End, code: int, reason: str) -> None:
        self._active = None

    def _send(self, type: str, **fields: Any) -> None:
        if not self._stalled:
            body = {"type": type, "event_id": self._provider.new_id("event"), **fields}
            self._end.send(json.dumps(body, separators=(",", ":")).encode())

    def _error(self, code: str, message: str, event_id: str | None = None) -> None:
        kind = "server_error" if code == "server_error" else "invalid_request_error"
        self._send("error", error={"type": kind, "code": code, "message": message, "param": None, "event_id": event_id})

    # What it is told

    def _session_update(self, event: Event) -> None:
        session = event["session"]
        self._configured = True
        self._voiced = session.get("output_modalities", ["audio"]) == ["audio"]
        self._tools = [tool["name"] for tool in session.get("tools", ())] or self._tools
        self._send("session.updated", session=session)

    def _item_create(self, event: Event) -> None:
        item = {**event["item"], "status": "completed", "object": "realtime.item"}
        self._send("conversation.item.added", previous_item_id=None, item=item)
        self._send("conversation.item.done", previous_item_id=None, item=item)

    def _response_create(self, event: Event) -> None:
        if self._active is not None:
            message = "Conversation already has an active response in progress."
            self._error("conversation_already_has_active_response", message, event["event_id"])
            return
        self._respond(event.get("response", {}).get("metadata"))

    def _response_cancel(self, event: Event) -> None:
        if self._active is None:
            message = "Cancellation failed: no active response found"
            self._error("response_cancel_not_active", message, event["event_id"])
        else:
            self._end_response(self._active, "cancelled", [])

    def _truncate(self, event: Event) -> None:
        self._send(
            "conversation.item.truncated",
            item_id=event["item_id"],
            content_index=0,
            audio_end_ms=event["audio_end_ms"],
        )

    def _append(self, event: Event) -> None:
        """A learner's words come as one piece of audio that holds their number; silence is all zeros."""
        number = int.from_bytes(base64.b64decode(event["audio"])[:2], "little")
        if number and self._configured:
            self._play(self._turn(f"I am so sorry, number {number}."))

    # What it says

    def _play(self, script: Iterator[float]) -> None:
        """Go on with a script after as many seconds as it yields, while the connection is there."""
        seconds = next(script, None)
        if seconds is not None:
            self._world.later(seconds, lambda: self._play(script) if self.open else None)

    def _turn(self, text: str) -> Iterator[float]:
        item_id = self._provider.new_id("item_u")
        self._send("input_audio_buffer.speech_started", audio_start_ms=0, item_id=item_id)
        if self._active is not None:
            self._end_response(self._active, "cancelled", [])
        yield self._world.between(0.3, 2)
        self._send("input_audio_buffer.speech_stopped", audio_end_ms=20, item_id=item_id)
        self._send("input_audio_buffer.committed", previous_item_id=None, item_id=item_id)
        content = [{"type": "input_audio", "transcript": None}]
        item = {"id": item_id, "type": "message", "role": "user", "status": "completed", "content": content}
        self._send("conversation.item.added", previous_item_id=None, item=item)
        self._world.later(self._transcription_seconds(), lambda: self._transcribed(item_id, text))
        yield 0.05
        if self._active is None:
            self._respond(None)

    def _transcription_seconds(self) -> float:
        """Often after the answer has begun, now and then after it is over."""
        return self._world.between(0.05, 1) if self._world.happens(0.7) else self._world.between(1, 6)

    def _transcribed(self, item_id: str, text: str) -> None:
        if not self.open:
            return
        kind = "conversation.item.input_audio_transcription."
        if self._provider.failing and self._world.happens(0.04):
            self._send(kind + "failed", item_id=item_id, content_index=0, error={"code": "audio_unintelligible"})
        else:
            self._send(kind + "completed", item_id=item_id, content_index=0, transcript=text)

    def _respond(self, metadata: object) -> None:
        self._turns += 1
        self._play(self._response(self._provider.new_id("resp"), metadata))

    def _response(self, response_id: str, metadata: object) -> Iterator[float]:
        self._active = response_id
        response = {"id": response_id, "object": "realtime.response", "status": "in_progress", "output": []}
        self._send("response.created", response={**response, "metadata": metadata, "usage": None})
        yield self._world.between(0.1, 0.8)
        if self._active != response_id:
            return
        if self._provider.failing and self._world.happens(0.03):
            self._end_response(response_id, "failed", [])
            return
        item_id = self._provider.new_id("item_a")
        where = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self._send("response.output_item.added", response_id=response_id, output_index=0, item=item)
        self._send("conversation.item.added", previous_item_id=None, item=item)
        kind = "audio" if self._voiced else "text"
        self._send("response.content_part.added", **where, part={"type": kind, "transcript": ""})
        words = [f"Answer {self._turns}", " is this", " one."]
        for word in words:
            if self._voiced:
                self._send("response.output_audio.delta", **where, delta=CHUNK)
                self._send("response.output_audio_transcript.delta", **where, delta=word)
            else:
                self._send("response.output_text.delta", **where, delta=word)
            yield self._world.between(0.02, 0.3)
            if self._active != response_id:
                return
        text = "".join(words)
        if self._voiced:
            self._send("response.output_audio.done", **where)
            self._send("response.output_audio_transcript.done", **where, transcript=text)
        else:
            self._send("response.output_text.done", **where, text=text)
        done = {**item, "status": "completed", "content": [{"type": "output_audio", "transcript": text}]}
        self._send("conversation.item.done", previous_item_id=None, item=done)
        self._send("response.output_item.done", response_id=response_id, output_index=0, item=done)
        self._end_response(response_id, "completed", [done, *self._call_tools(response_id)])

    def _call_tools(self, response_id: str) -> Iterator[Event]:
        """The model calls a tool now and then; a call may be delivered twice, and be made again after a reconnect."""
        made = self._provider.tool_calls.setdefault(self.session_id, {})
        if made and self._world.happens(0.15):
            call_id = self._world.chance.choice(list(made))
        elif self._turns > 2 and self._world.happens(0.12):
            call_id = self._provider.new_id("fc")
            quiz = "trigger_quiz" in self._tools and self._world.happens(0.6)
            made[call_id] = "trigger_quiz" if quiz else "grade_lesson"
        else:
            return
        arguments = json.dumps({"reason": "The matter is settled."})
        item = {"id": f"item_{call_id}", "type": "function_call", "call_id": call_id, "name": made[call_id]}
        self._send("response.output_item.added", response_id=response_id, item={**item, "status": "in_progress"})
        self._send("response.function_call_arguments.delta", call_id=call_id, delta=arguments)
        self._send("response.function_call_arguments.done", call_id=call_id, arguments=arguments)
        done = {**item, "status": "completed", "arguments": arguments}
        for _ in range(2 if self._world.happens(0.2) else 1):
            self._send("response.output_item.done", response_id=response_id, item=done)
        yield done

    def _end_response(self, response_id: str, status: str, output: list[Event]) -> None:
        self._active = None
        details = None
        if status == "failed":
            details = {"type": "failed", "error": {"code": "server_error", "message": "Something went wrong."}}
        elif status == "cancelled":
            details = {"type": "cancelled", "reason": "client_cancelled"}
        usage = {"total_tokens": 300, "input_tokens": 200, "output_tokens": 100}
        response = {"id": response_id, "object": "realtime.response", "status": status, "output": output}
        self._send("response.done", response={**response, "status_details": details, "usage": usage})


_RULES: dict[str, Callable[[Talk, Event], None]] = {
    "session.update": Talk._session_update,
    "conversation.item.create": Talk._item_create,
    "conversation.item.truncate": Talk._truncate,
    "response.create": Talk._response_create,
    "response.cancel": Talk._response_cancel,
    "input_audio_buffer.append": Talk._append,
}
