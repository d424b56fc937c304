"""The embedded upstream: a client's frames in, Realtime frames and speech jobs out. Time is an argument.

It speaks the GA protocol as the real one does, in its orders and with its error codes; what it cannot do it refuses
with the code that the real one uses, and the session goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, assert_never

from vivavoce.engine import inputs
from vivavoce.engine.config import RESPONSE, SESSION, SessionConfig
from vivavoce.engine.conversation import Conversation, Item, Part
from vivavoce.engine.dialogue.answer import Dialogue
from vivavoce.engine.dialogue.echo import Echo
from vivavoce.engine.dialogue.persona import Persona
from vivavoce.engine.effects import Close, Effect
from vivavoce.engine.hearing import Hearing
from vivavoce.engine.inputs import Input
from vivavoce.engine.items import TRUNCATE, read_item
from vivavoce.engine.listening import Listening, Recognised
from vivavoce.engine.responses import Responses
from vivavoce.engine.shapes import Check, base64_bytes, free, missing, not_among, obj, text, wrong_type
from vivavoce.engine.turns import Turn
from vivavoce.engine.usage import transcription_usage
from vivavoce.engine.wire import Ids, Outbox, RequestError, parse
from vivavoce.protocol.audio import duration_ms
from vivavoce.scenario.model import Scenario

SESSION_S = 3600.0
MAX_APPEND_BYTES = 15 * 1024 * 1024
MAX_EVENT_ID_CHARS = 512
NO_SPEECH_MODELS = "This engine has no speech models: it takes and gives text only. Run `vivavoce models` to get them."


class Engine:
    """One session. The host performs the effects of `open` and `handle` in order, and keeps an eye on `deadline`."""

    def __init__(
        self, *, model: str, scenario: Scenario | None, session_id: str, expires_at: int, voiced: bool
    ) -> None:
        """`voiced` is False when there are no speech models: text in, text out, and audio gets a clear error."""
        self._ids = Ids(session_id)
        self._out = Outbox(self._ids)
        self._config = SessionConfig(model, session_id, expires_at, voiced)
        self._conversation = Conversation()
        self._hearing = Hearing(self._out)
        self._listening = Listening(self._ids, self._out)
        dialogue: Dialogue = Persona(scenario) if scenario else Echo()
        self._responses = Responses(self._conversation, self._listening, dialogue, self._ids, self._out)
        self._voiced = voiced
        self._language = scenario.locale.split("-")[0] if scenario else ""
        self._keywords = scenario.keywords if scenario else ()
        self._turn_item: str | None = None
        """The id that speech_started announced."""
        self._told_deaf = False
        self._expires: float | None = None
        self._closed = False

    def open(self, now: float) -> list[Effect]:
        """The client is there."""
        self._expires = now + SESSION_S
        if self._voiced:
            self._hearing.configure(self._config.turn_detection)
        self._out.send("session.created", session=self._config.values)
        return self._out.take()

    @property
    def deadline(self) -> float | None:
        """When the host must hand in DeadlinePassed; None while nothing is due."""
        if self._closed:
            return None
        return min((at for at in (self._expires, self._responses.deadline) if at is not None), default=None)

    def handle(self, event: Input, now: float) -> list[Effect]:
        if self._closed:
            return []
        match event:
            case inputs.Received(frame):
                self._received(frame)
            case inputs.Heard(probabilities):
                for change in self._hearing.heard(probabilities):
                    self._turn_changed(change)
            case inputs.Transcribed(job, words, no_speech):
                self._listening.transcribed(job, words, no_speech)
            case inputs.TranscriptionFailed(job, reason):
                if failed := self._listening.failed(job, reason):
                    self._know(failed)
            case inputs.Spoken() | inputs.SpeechEnded() | inputs.SpeechFailed():
                self._responses.voice(event)
            case inputs.DeadlinePassed():
                if self._expires is not None and now >= self._expires:
                    self._expire()
            case _:
                assert_never(event)
        for recognised in self._listening.recognised():
            self._know(recognised)
        if not self._closed:
            self._responses.advance(now)
        return self._out.take()

    # What the client says

    def _received(self, frame: bytes) -> None:
        event_id: str | None = None
        try:
            event = parse(frame)
            event_id = _event_id(event)
            rule = _rule(event)
            rule.act(self, rule.shape(event, ""))
        except RequestError as error:
            self._out.error(error, event_id)

    def _session_update(self, event: dict[str, Any]) -> None:
        self._config.update(event["session"], self._responses.voiced)
        if self._voiced:
            self._hearing.configure(self._config.turn_detection)
        if self._config.turn_detection is None:
            self._forget_turn()
        self._out.send("session.updated", session=self._config.values)

    def _append(self, event: dict[str, Any]) -> None:
        pcm: bytes = event["audio"]
        if len(pcm) > MAX_APPEND_BYTES or len(pcm) % 2:
            message = "Invalid 'audio': expected at most 15 MiB of whole 16-bit samples."
            raise RequestError("invalid_value", message, "audio")
        if self._voiced:
            self._hearing.append(pcm)
        elif not self._told_deaf:  # once; a microphone sends many a second
            self._told_deaf = True
            raise RequestError("invalid_value", NO_SPEECH_MODELS, "audio")

    def _commit(self, event: dict[str, Any]) -> None:
        pcm = self._hearing.commit()
        self._forget_turn()
        self._add_audio_item(self._ids.new("item"), pcm, voiced_ms=None)

    def _clear(self, event: dict[str, Any]) -> None:
        self._hearing.clear()
        self._forget_turn()
        self._out.send("input_audio_buffer.cleared")

    def _item_create(self, event: dict[str, Any]) -> None:
        item, unheard = read_item(event["item"], "item", self._ids.new("item"))
        if unheard and not self._voiced:
            raise RequestError("invalid_value", NO_SPEECH_MODELS, "item.content")
        if item.type == "function_call_output" and not self._conversation.has_call(item.call_id):
            message = f"Tool call ID '{item.call_id}' not found in conversation."
            raise RequestError("invalid_tool_call_id", message, "item.call_id")
        self._announce(item, self._conversation.add(item, event.get("previous_item_id")))
        if unheard:
            self._listen(item, unheard, None)

    def _item_delete(self, event: dict[str, Any]) -> None:
        self._conversation.delete(event["item_id"])
        self._out.send("conversation.item.deleted", item_id=event["item_id"])

    def _item_retrieve(self, event: dict[str, Any]) -> None:
        item = self._conversation.require(event["item_id"], "retrieve")
        self._out.send("conversation.item.retrieved", item=item.to_json())

    def _item_truncate(self, event: dict[str, Any]) -> None:
        self._conversation.truncate(event["item_id"], event["content_index"], event["audio_end_ms"])
        self._out.send("conversation.item.truncated", **event)

    def _response_create(self, event: dict[str, Any]) -> None:
        settings = self._config.response(event.get("response", {}))
        items: list[Item] | None = None
        unheard: list[tuple[Item, bytes]] = []
        if settings.input is not None:
            unheard = [self._input_item(raw, index) for index, raw in enumerate(settings.input)]
            items = [item for item, _ in unheard]
        self._responses.create(settings, items)
        for item, pcm in unheard:
            if pcm:
                self._listen(item, pcm, None)

    def _input_item(self, raw: Any, index: int) -> tuple[Item, bytes]:
        if isinstance(raw, dict) and raw.get("type") == "item_reference":
            reference = obj({"id": text()}, required=("id",))(raw, f"response.input[{index}]")
            return self._conversation.require(reference["id"], "retrieve"), b""
        item, unheard = read_item(raw, f"response.input[{index}]", self._ids.new("item"))
        if unheard and not self._voiced:
            raise RequestError("invalid_value", NO_SPEECH_MODELS, f"response.input[{index}].content")
        return item, unheard

    def _response_cancel(self, event: dict[str, Any]) -> None:
        self._responses.cancel(event.get("response_id"))

    # What the learner's voice does

    def _turn_changed(self, change: Turn) -> None:
        detection = self._config.turn_detection
        assert detection is not None
        match change:
            case Turn.STARTED:
                self._turn_item = self._ids.new("item")
                self._out.send(
                    "input_audio_buffer.speech_started",
                    audio_start_ms=self._hearing.turn_start_ms,
                    item_id=self._turn_item,
                )
                if detection["interrupt_response"]:
                    self._responses.interrupt()
            case Turn.PAUSED:
                pcm = self._hearing.turn()
                self._listening.guess(pcm, duration_ms(len(pcm)), *self._hints())
            case Turn.RESUMED:
                self._listening.drop_guess()
            case Turn.STOPPED:
                self._turn_stopped()
                if detection["create_response"]:
                    self._responses.create_for_turn(self._config.response({}))
            case _:
                assert_never(change)

    def _turn_stopped(self) -> None:
        assert self._turn_item is not None and self._hearing.detector is not None
        item_id, self._turn_item = self._turn_item, None
        end_ms = self._hearing.turn_end_ms
        self._out.send("input_audio_buffer.speech_stopped", audio_end_ms=end_ms, item_id=item_id)
        self._add_audio_item(item_id, self._hearing.turn(), self._hearing.detector.voiced_ms)

    def _add_audio_item(self, item_id: str, pcm: bytes, voiced_ms: float | None) -> None:
        """Committed audio becomes the learner's item; its words follow."""
        audio_ms = duration_ms(len(pcm))
        item = Item(item_id, "message", role="user", parts=[Part("input_audio", None, audio_ms=audio_ms)])
        self._out.send("input_audio_buffer.committed", previous_item_id=self._conversation.last_id, item_id=item_id)
        self._announce(item, self._conversation.add(item))
        if voiced_ms is None or not self._listening.adopt_guess(item, audio_ms, voiced_ms):
            self._listen(item, pcm, voiced_ms)

    def _forget_turn(self) -> None:
        self._turn_item = None
        self._listening.drop_guess()

    def _listen(self, item: Item, pcm: bytes, voiced_ms: float | None) -> None:
        self._listening.begin(item, pcm, duration_ms(len(pcm)), *self._hints(), voiced_ms)

    def _hints(self) -> tuple[str, tuple[str, ...]]:
        """Language and words to expect: the client's, and the scenario's own."""
        asked = self._config.transcription or {}
        return asked.get("language", self._language), (*asked.get("keywords", ()), *self._keywords)

    def _know(self, recognised: Recognised) -> None:
        """An item's words have come, or will not."""
        item = recognised.item
        index, part = next((i, part) for i, part in enumerate(item.parts) if part.is_audio)
        part.text = recognised.text
        if self._config.transcription is None:
            return
        event = "conversation.item.input_audio_transcription"
        place = {"item_id": item.id, "content_index": index}
        if recognised.failure:
            error = {"type": "transcription_error", "code": None, "message": recognised.failure, "param": None}
            self._out.send(f"{event}.failed", **place, error=error)
        else:
            usage = transcription_usage(recognised.audio_ms, recognised.text)
            self._out.send(f"{event}.completed", **place, transcript=recognised.text, usage=usage)

    def _announce(self, item: Item, previous: str | None) -> None:
        self._out.send("conversation.item.added", previous_item_id=previous, item=item.to_json())
        self._out.send("conversation.item.done", previous_item_id=previous, item=item.to_json())

    def _expire(self) -> None:
        message = "Your session hit the maximum duration of 60 minutes."
        self._out.error(RequestError("session_expired", message), None)
        self._out.do(Close(1001, "session_expired"))
        self._closed = True


class Rule(NamedTuple):
    """What a client event must look like, and what it does."""

    shape: Check
    act: Callable[[Engine, dict[str, Any]], None]


_ITEM_ID = obj({"item_id": text(64)}, required=("item_id",))
_NOTHING = obj({})

CLIENT_EVENTS: Final[dict[str, Rule]] = {
    "session.update": Rule(obj({"session": SESSION}, required=("session",)), Engine._session_update),
    "input_audio_buffer.append": Rule(obj({"audio": base64_bytes}, required=("audio",)), Engine._append),
    "input_audio_buffer.commit": Rule(_NOTHING, Engine._commit),
    "input_audio_buffer.clear": Rule(_NOTHING, Engine._clear),
    "conversation.item.create": Rule(
        obj({"item": free, "previous_item_id": text(64)}, required=("item",)), Engine._item_create
    ),
    "conversation.item.truncate": Rule(TRUNCATE, Engine._item_truncate),
    "conversation.item.delete": Rule(_ITEM_ID, Engine._item_delete),
    "conversation.item.retrieve": Rule(_ITEM_ID, Engine._item_retrieve),
    "response.create": Rule(obj({"response": RESPONSE}), Engine._response_create),
    "response.cancel": Rule(obj({"response_id": text(64)}), Engine._response_cancel),
}


def _rule(event: dict[str, Any]) -> Rule:
    kind = event.get("type")
    if kind is None:
        raise missing("type")
    if not isinstance(kind, str):
        raise wrong_type(kind, "type", "a string")
    if kind not in CLIENT_EVENTS:
        raise not_among(kind, "type", CLIENT_EVENTS)
    return CLIENT_EVENTS[kind]


def _event_id(event: dict[str, Any]) -> str | None:
    """The client's own id, which an error refers to; one that is no id is as good as none."""
    event_id = event.get("event_id")
    return event_id if isinstance(event_id, str) and len(event_id) <= MAX_EVENT_ID_CHARS else None
