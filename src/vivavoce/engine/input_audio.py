"""The learner's audio on its way into the conversation: the buffer, the turns in it, their items and their words."""

from __future__ import annotations

from typing import Any, assert_never

from vivavoce.engine.clip import Clip
from vivavoce.engine.config import SessionConfig
from vivavoce.engine.conversation import Conversation, Item, Part
from vivavoce.engine.hearing import Hearing
from vivavoce.engine.idle import PROMPT, Idle
from vivavoce.engine.items import announce
from vivavoce.engine.listening import Hints, Listening, Recognised
from vivavoce.engine.responses import Responses
from vivavoce.engine.turns import Turn
from vivavoce.engine.usage import transcription_usage
from vivavoce.engine.wire import Ids, Outbox, RequestError

MAX_APPEND_BYTES = 15 * 1024 * 1024
NO_SPEECH_MODELS = (
    "This engine has no speech models: it takes and gives text only. Run `vivavoce models --fetch` to get them."
)
_TRANSCRIPTION = "conversation.item.input_audio_transcription"


class InputAudio:
    def __init__(
        self,
        config: SessionConfig,
        conversation: Conversation,
        responses: Responses,
        listening: Listening,
        expected: Hints,
        ids: Ids,
        out: Outbox,
    ) -> None:
        """`expected` is what the scenario knows of the learner's words."""
        self._config = config
        self._conversation = conversation
        self._responses = responses
        self._listening = listening
        self._expected = expected
        self._ids, self._out = ids, out
        self._hearing = Hearing(out)
        self._idle = Idle()
        self._turn_item: str | None = None
        """The id that speech_started announced."""
        self._told_deaf = False

    def configure(self) -> None:
        """Take over the session as it is now."""
        if not self._config.voiced:
            return
        detection = self._config.turn_detection
        if detection is None or self._config.input_format != self._hearing.format:
            self._forget_turn()
        self._hearing.configure(self._config.input_format, detection)
        self._idle.timeout_ms = detection.get("idle_timeout_ms") if detection else None

    # What the client says

    def append(self, audio: bytes) -> None:
        clip = Clip(audio, self._config.input_format)
        if len(audio) > MAX_APPEND_BYTES or not clip.whole:
            message = "Invalid 'audio': expected at most 15 MiB of whole samples in the session's input format."
            raise RequestError("invalid_value", message, "audio")
        if self._config.voiced:
            self._hearing.append(audio)
        elif not self._told_deaf:  # once; a microphone sends many a second
            self._told_deaf = True
            raise RequestError("invalid_value", NO_SPEECH_MODELS, "audio")

    def commit(self) -> None:
        clip = self._hearing.commit()
        self._forget_turn()
        self._listen(self._add_item(self._ids.new("item"), clip.ms), clip)

    def clear(self) -> None:
        self._hearing.clear()
        self._forget_turn()
        self._out.send("input_audio_buffer.cleared")

    def listen(self, item: Item, clip: Clip) -> None:
        """Recognise audio that came in an item."""
        self._listen(item, clip)

    # What is heard

    def heard(self, probabilities: tuple[float, ...], now: float) -> None:
        for change in self._hearing.heard(probabilities):
            self._turn_changed(change)
        self._watch_silence(now)

    def _turn_changed(self, change: Turn) -> None:
        detection = self._config.turn_detection
        assert detection is not None
        match change:
            case Turn.STARTED:
                self._turn_item = self._ids.new("item")
                start_ms = self._hearing.turn_start_ms
                self._out.send("input_audio_buffer.speech_started", audio_start_ms=start_ms, item_id=self._turn_item)
                if detection.get("interrupt_response"):
                    self._responses.interrupt()
            case Turn.PAUSED:
                self._listening.guess(self._hearing.turn(), self._hints())
            case Turn.RESUMED:
                self._listening.drop_guess()
            case Turn.STOPPED:
                self._turn_stopped()
                self._answer()
            case _:
                assert_never(change)

    def _turn_stopped(self) -> None:
        assert self._turn_item is not None
        item_id, self._turn_item = self._turn_item, None
        clip, end_ms = self._hearing.turn(), self._hearing.turn_end_ms
        self._hearing.drop_before(end_ms)
        self._out.send("input_audio_buffer.speech_stopped", audio_end_ms=end_ms, item_id=item_id)
        item = self._add_item(item_id, clip.ms)
        if not self._listening.adopt_guess(item):
            self._listen(item, clip)

    def _watch_silence(self, now: float) -> None:
        detector = self._hearing.detector
        if detector is None:
            return
        silent = self._responses.played(now) and not detector.speaking
        start_ms = self._idle.passed(self._conversation.last_reply_id if silent else None, detector.now_ms)
        if start_ms is not None:
            self._time_out(start_ms, detector.now_ms)

    def _time_out(self, start_ms: float, end_ms: float) -> None:
        """A turn of nothing: it is told, committed, and answered."""
        self._hearing.drop_before(end_ms)
        item_id = self._ids.new("item")
        self._out.send(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=round(start_ms),
            audio_end_ms=round(end_ms),
            item_id=item_id,
        )
        told = Item(self._ids.new("item"), "message", role="system", parts=[Part("input_text", PROMPT)])
        announce(told, self._conversation.add(told), self._out)
        item = self._add_item(item_id, end_ms - start_ms)
        self._answer()
        self._listening.nothing_said(item)

    def _answer(self) -> None:
        detection = self._config.turn_detection
        if detection is not None and detection.get("create_response"):
            self._responses.create_for_turn(self._config.response({}))

    def _add_item(self, item_id: str, audio_ms: float) -> Item:
        """Committed audio becomes the learner's item; its words follow."""
        item = Item(item_id, "message", role="user", parts=[Part("input_audio", None, audio_ms=audio_ms)])
        self._out.send("input_audio_buffer.committed", previous_item_id=self._conversation.last_id, item_id=item_id)
        announce(item, self._conversation.add(item), self._out)
        return item

    def _forget_turn(self) -> None:
        self._turn_item = None
        self._listening.drop_guess()

    # What the words are

    def know(self, recognised: Recognised) -> None:
        """An item's words have come, or will not."""
        item = recognised.item
        index, part = next((i, part) for i, part in enumerate(item.parts) if part.is_audio and part.text is None)
        part.text = recognised.text
        if self._config.transcription is None:
            return
        place = {"item_id": item.id, "content_index": index}
        if recognised.failure:
            error = {"type": "transcription_error", "code": None, "message": recognised.failure, "param": None}
            self._out.send(f"{_TRANSCRIPTION}.failed", **place, error=error)
            return
        if recognised.text:
            self._out.send(f"{_TRANSCRIPTION}.delta", **place, delta=recognised.text)
        usage = transcription_usage(sum(part.audio_ms for part in item.parts), recognised.text)
        self._out.send(f"{_TRANSCRIPTION}.completed", **place, transcript=recognised.text, usage=usage)

    def _listen(self, item: Item, clip: Clip) -> None:
        self._listening.begin(item, clip, self._hints())

    def _hints(self) -> Hints:
        """Language and words to expect: the client's, and the scenario's own."""
        asked: dict[str, Any] = self._config.transcription or {}
        languages = asked.get("languages", ())
        language = asked.get("language") or (languages[0] if len(languages) == 1 else self._expected.language)
        return Hints(language.partition("-")[0].lower(), (*asked.get("keywords", ()), *self._expected.keywords))
