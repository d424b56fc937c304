"""The embedded upstream: a client's frames in, Realtime frames and speech jobs out. Time is an argument.

It speaks the GA protocol as the real one does, in its orders and with its error codes; what it cannot do it refuses
with the code that the real one uses, and the session goes on.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, assert_never

from vivavoce.engine import inputs
from vivavoce.engine.client_events import checked, event_id_of
from vivavoce.engine.clip import Clip
from vivavoce.engine.config import SessionConfig, SessionType
from vivavoce.engine.conversation import Conversation, Item
from vivavoce.engine.dialogue.answer import Dialogue
from vivavoce.engine.dialogue.bare import Bare
from vivavoce.engine.dialogue.chat import Chat
from vivavoce.engine.dialogue.echo import Echo
from vivavoce.engine.dialogue.persona import Persona
from vivavoce.engine.effects import Close, Effect
from vivavoce.engine.input_audio import NO_SPEECH_MODELS, InputAudio
from vivavoce.engine.inputs import Input
from vivavoce.engine.items import announce, read_item
from vivavoce.engine.listening import Hints, Listening
from vivavoce.engine.response import TRY_AGAIN
from vivavoce.engine.responses import Responses
from vivavoce.engine.shapes import obj, text
from vivavoce.engine.wire import Ids, Outbox, RequestError, parse
from vivavoce.scenario.model import Scenario

SESSION_S = 3600.0
ECHO = "echo"
"""The model that says what it hears, and nothing else."""


class Engine:
    """One session. The host performs the effects of `open` and `handle` in order, and keeps an eye on `deadline`."""

    def __init__(
        self,
        *,
        model: str,
        scenario: Scenario | None,
        session_id: str,
        expires_at: int,
        voiced: bool,
        session_type: SessionType = "realtime",
        chat: bool = False,
    ) -> None:
        """`voiced` is False when there are no speech models: text in, text out, and audio gets a clear error.

        A `transcription` session (`?intent=transcription`, which names no model) is never answered. With `chat`, a chat
        model answers in the scenario's place: the host does Reply.
        """
        self._ids = Ids(session_id)
        self._out = Outbox(self._ids)
        self._config = SessionConfig(session_type, model, session_id, expires_at, voiced)
        self._conversation = Conversation()
        self._listening = Listening(self._ids, self._out)
        today = datetime.fromtimestamp(expires_at - SESSION_S, UTC).date()
        dialogue = _dialogue(model, scenario, chat, today)
        self._responses = Responses(self._conversation, self._listening, dialogue, self._ids, self._out)
        expected = Hints(scenario.locale.split("-")[0], scenario.keywords) if scenario else Hints("", ())
        self._input_audio = InputAudio(
            self._config, self._conversation, self._responses, self._listening, expected, self._ids, self._out
        )
        self._expires: float | None = None
        self._closed = False

    def open(self, now: float) -> list[Effect]:
        """The client is there."""
        self._expires = now + SESSION_S
        self._input_audio.configure()
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
                self._received(frame, now)
            case inputs.Heard(probabilities):
                self._input_audio.heard(probabilities, now)
            case inputs.Transcribed(job, words, no_speech):
                self._listening.transcribed(job, words, no_speech)
            case inputs.TranscriptionFailed(job, reason):
                if failed := self._listening.failed(job, reason):
                    self._input_audio.know(failed)
            case inputs.Spoken() | inputs.SpeechEnded() | inputs.SpeechFailed():
                self._responses.spoke(event)
            case inputs.ReplyText() | inputs.ReplyCall() | inputs.ReplyEnded() | inputs.ReplyFailed():
                self._responses.replied(event)
            case inputs.Refused(job):
                self._refused(job)
            case inputs.DeadlinePassed():
                if self._expires is not None and now >= self._expires:
                    self._expire()
            case _:
                assert_never(event)
        for recognised in self._listening.recognised():
            self._input_audio.know(recognised)
        if not self._closed:
            self._responses.advance(now)
        return self._out.take()

    def _refused(self, job: int) -> None:
        if refused := self._listening.failed(job, TRY_AGAIN):
            self._input_audio.know(refused)
            self._responses.refuse_words(refused.item)
        self._responses.refuse(job)

    # What the client says

    def _received(self, frame: bytes, now: float) -> None:
        event_id: str | None = None
        try:
            event = parse(frame)
            event_id = event_id_of(event)
            self._act(*checked(event, self._config.type), now)
        except RequestError as error:
            self._out.error(error, event_id)

    def _act(self, kind: str, fields: dict[str, Any], now: float) -> None:
        match kind:
            case "session.update":
                self._session_update(fields["session"])
            case "input_audio_buffer.append":
                self._input_audio.append(fields["audio"])
            case "input_audio_buffer.commit":
                self._input_audio.commit()
            case "input_audio_buffer.clear":
                self._input_audio.clear()
            case "conversation.item.create":
                self._item_create(fields["item"], fields.get("previous_item_id"))
            case "conversation.item.truncate":
                self._conversation.truncate(**fields)
                self._responses.cut_off(fields["item_id"], now)
                self._out.send("conversation.item.truncated", **fields)
            case "conversation.item.delete":
                self._conversation.delete(fields["item_id"])
                self._out.send("conversation.item.deleted", item_id=fields["item_id"])
            case "conversation.item.retrieve":
                item = self._conversation.require(fields["item_id"], "retrieve")
                self._out.send("conversation.item.retrieved", item=item.to_json())
            case "response.create":
                self._response_create(fields.get("response", {}))
            case "response.cancel":
                self._responses.cancel(fields.get("response_id"))

    def _session_update(self, session: Any) -> None:
        self._config.update(session, self._responses.voiced)
        self._input_audio.configure()
        self._out.send("session.updated", session=self._config.values)

    def _item_create(self, given: Any, previous_item_id: str | None) -> None:
        item, unheard = self._read_item(given, "item")
        if item.type == "function_call_output" and not self._conversation.has_call(item.call_id):
            message = f"Tool call ID '{item.call_id}' not found in conversation."
            raise RequestError("invalid_tool_call_id", message, "item.call_id")
        announce(item, self._conversation.add(item, previous_item_id), self._out)
        if unheard:
            self._input_audio.listen(item, unheard)

    def _response_create(self, response: dict[str, Any]) -> None:
        settings = self._config.response(response, self._responses.voiced)
        items: list[Item] | None = None
        unheard: list[tuple[Item, Clip | None]] = []
        if settings.input is not None:
            unheard = [self._input_item(raw, f"response.input[{index}]") for index, raw in enumerate(settings.input)]
            items = [item for item, _ in unheard]
        self._responses.create(settings, items)
        for item, clip in unheard:
            if clip:
                self._input_audio.listen(item, clip)

    def _input_item(self, given: Any, path: str) -> tuple[Item, Clip | None]:
        if isinstance(given, dict) and given.get("type") == "item_reference":
            reference = obj({"id": text()}, required=("id",))(given, path)
            return self._conversation.require(reference["id"], "retrieve"), None
        return self._read_item(given, path)

    def _read_item(self, given: Any, path: str) -> tuple[Item, Clip | None]:
        item, unheard = read_item(given, path, self._ids.new("item"), self._config.input_format)
        if unheard and not self._config.voiced:
            raise RequestError("invalid_value", NO_SPEECH_MODELS, f"{path}.content")
        return item, unheard

    def _expire(self) -> None:
        message = "Your session hit the maximum duration of 60 minutes."
        self._out.error(RequestError("session_expired", message), None)
        self._out.do(Close(1001, "session_expired"))
        self._closed = True


def _dialogue(model: str, scenario: Scenario | None, chat: bool, today: date) -> Dialogue:
    if model == ECHO:
        return Echo()
    if chat:
        return Chat()
    return Persona(scenario) if scenario else Bare(today)
