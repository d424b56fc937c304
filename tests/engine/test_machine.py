"""One session between an arbitrary client and an arbitrary host: events, answers and time in any order."""

from __future__ import annotations

import base64
from collections import deque
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kit.client import WINDOW_MS, Client
from kit.lessons import shipped
from kit.observer import Observer
from vivavoce.engine import effects, inputs
from vivavoce.protocol.audio import FORMATS

LESSON = shipped()["hotel-complaint"]
JOBS = (effects.Hear, effects.Transcribe, effects.Speak, effects.Reply)
WORDS = ("Hello.", "I am so sorry about that.", "Which room is it?", "get_weather", "Goodbye.", "")
TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {"city": {}}}}
ALL_ON = {
    "turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000},
    "transcription": {"model": "whisper-1"},
}
KIND = {"user": "input", "system": "input", "assistant": "output"}
TOOL_CHOICES = ("auto", "none", "required", {"type": "function", "name": "get_weather"})

formats = st.sampled_from([{"type": name} for name in FORMATS])
flags = st.booleans()
server_vad = st.fixed_dictionaries(
    {"type": st.just("server_vad")},
    optional={
        "threshold": st.floats(0, 1),
        "prefix_padding_ms": st.integers(0, 1000),
        "silence_duration_ms": st.integers(0, 1000),
        "idle_timeout_ms": st.none() | st.just(5000),
        "create_response": flags,
        "interrupt_response": flags,
    },
)
semantic_vad = st.fixed_dictionaries(
    {"type": st.just("semantic_vad")},
    optional={"eagerness": st.sampled_from(["low", "high"]), "create_response": flags, "interrupt_response": flags},
)
audio_input = st.fixed_dictionaries(
    {},
    optional={
        "format": formats,
        "turn_detection": st.none() | server_vad | semantic_vad,
        "transcription": st.none() | st.just({"model": "whisper-1"}),
    },
)
output = st.fixed_dictionaries({}, optional={"format": formats, "voice": st.sampled_from(["marin", "cedar"])})
choices = {
    "output_modalities": st.sampled_from([["audio"], ["text"]]),
    "tools": st.sampled_from([[], [TOOL]]),
    "tool_choice": st.sampled_from(TOOL_CHOICES),
    "max_output_tokens": st.sampled_from([1, 10, "inf"]),
}
sessions = st.fixed_dictionaries(
    {"type": st.just("realtime")},
    optional={**choices, "audio": st.fixed_dictionaries({}, optional={"input": audio_input, "output": output})},
)
messages = st.builds(
    lambda role, text: {"type": "message", "role": role, "content": [{"type": f"{KIND[role]}_text", "text": text}]},
    st.sampled_from(["user", "assistant", "system"]),
    st.sampled_from(WORDS),
)
responses = st.fixed_dictionaries(
    {},
    optional={
        **choices,
        "conversation": st.sampled_from(["auto", "none"]),
        "input": st.lists(messages, max_size=2),
        "audio": st.fixed_dictionaries({"output": output}),
        "metadata": st.just({"client_event_id": "x"}),
    },
)


class EngineMachine(RuleBasedStateMachine):
    @initialize(speaker=st.sampled_from(["persona", "chat", "bare", "echo"]))
    def start(self, speaker: str) -> None:
        self.client = Client(
            LESSON if speaker in ("persona", "chat") else None,
            model="echo" if speaker == "echo" else "vivavoce/test",
            chat=speaker == "chat",
        )
        self.client.holding = JOBS
        self.observer = Observer()
        self.seen = self.asked = 0
        self.hearing: deque[int] = deque()
        self.working: dict[int, effects.Effect] = {}
        self.update({"type": "realtime", "audio": {"input": ALL_ON}})

    def look(self) -> None:
        """Show what came to the observer, and note what is to be done."""
        for event in self.client.events[self.seen :]:
            self.observer.see(event)
        self.seen = len(self.client.events)
        for effect in self.client.jobs[self.asked :]:
            match effect:
                case effects.Hear(audio, format):
                    self.hearing.append(len(audio) // (format.bytes_per_second * WINDOW_MS // 1000))
                case effects.Cancel(job):
                    self.working.pop(job, None)
                case effects.Transcribe(job) | effects.Speak(job) | effects.Reply(job):
                    assert job not in self.working
                    self.working[job] = effect
        self.asked = len(self.client.jobs)

    def send(self, type: str, **fields: Any) -> list[dict[str, Any]]:
        came = self.client.send(type, **fields)
        self.look()
        return came

    def put(self, event: inputs.Input) -> None:
        self.client.put(event)
        self.look()

    def audio(self, ms: int) -> bytes:
        format = self.client.input_format
        return bytes(ms * format.rate // 1000 * format.sample_bytes)

    # The client

    @rule(session=sessions)
    def update(self, session: dict[str, Any]) -> None:
        (came,) = self.send("session.update", session=session)[:1]
        assert came["type"] == "session.updated" or came["error"]["code"] == "cannot_update_voice"

    @rule(ms=st.sampled_from([1, 20, 100, 1000]))
    def append(self, ms: int) -> None:
        self.send("input_audio_buffer.append", audio=base64.b64encode(self.audio(ms)).decode())

    @rule(kind=st.sampled_from(["input_audio_buffer.commit", "input_audio_buffer.clear", "response.cancel", "rubbish"]))
    def bare_event(self, kind: str) -> None:
        self.send(kind)

    @rule(item=messages)
    def write(self, item: dict[str, Any]) -> None:
        added, done = self.send("conversation.item.create", item=item)[:2]
        assert (added["type"], done["type"]) == ("conversation.item.added", "conversation.item.done")

    @rule(ms=st.integers(0, 300))
    def write_audio(self, ms: int) -> None:
        part = {"type": "input_audio", "audio": base64.b64encode(self.audio(ms)).decode()}
        self.send("conversation.item.create", item={"type": "message", "role": "user", "content": [part]})

    @rule(data=st.data())
    def answer_a_call(self, data: st.DataObject) -> None:
        call_id = data.draw(st.sampled_from([*self.observer.calls, "call_x"]))
        self.send(
            "conversation.item.create", item={"type": "function_call_output", "call_id": call_id, "output": '{"ok": 1}'}
        )

    @rule(data=st.data(), verb=st.sampled_from(["delete", "retrieve", "truncate"]), ms=st.integers(0, 600))
    def change_an_item(self, data: st.DataObject, verb: str, ms: int) -> None:
        item_id = data.draw(st.sampled_from([*self.observer.items[-6:], "item_x"]))
        place = {"content_index": 0, "audio_end_ms": ms} if verb == "truncate" else {}
        self.send(f"conversation.item.{verb}", item_id=item_id, **place)

    @rule(response=responses)
    def create(self, response: dict[str, Any]) -> None:
        """The slot is free as soon as response.done was seen, and taken until then."""
        active, aside = self.observer.active, response.get("conversation") == "none"
        came = self.send("response.create", response=response)[0]
        if came["type"] == "response.created":
            assert aside or active is None
            assert came["response"]["metadata"] == response.get("metadata")
        else:
            busy = came["error"]["code"] == "conversation_already_has_active_response"
            assert (busy and (aside or active is not None)) or came["error"]["code"] == "cannot_update_voice"

    # The host

    @rule(probability=st.sampled_from([0.0, 0.4, 1.0]), most=st.integers(1, 5))
    def hear(self, probability: float, most: int) -> None:
        while self.hearing and most:
            self.put(inputs.Heard((probability,) * self.hearing.popleft()))
            most -= 1

    @rule(probability=st.sampled_from([0.0, 1.0]), ms=st.sampled_from([400, 1600, 6000]))
    def listen(self, probability: float, ms: int) -> None:
        """The learner speaks, or is silent, for a while."""
        self.append(ms)
        self.hear(probability, len(self.hearing))

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        """Something comes of a job; what comes last ends it."""
        job = data.draw(st.sampled_from(sorted(self.working)))
        match self.working[job]:
            case effects.Transcribe():
                text, doubt = data.draw(st.sampled_from(WORDS)), data.draw(st.sampled_from([0.02, 0.9]))
                results: list[inputs.Input] = [inputs.Transcribed(job, text, doubt)]
                failures: list[inputs.Input] = [inputs.TranscriptionFailed(job, "no memory")]
            case effects.Speak(format=format):
                size = data.draw(st.integers(0, 600)) * format.rate // 1000 * format.sample_bytes
                results = [inputs.Spoken(job, bytes(size)), inputs.SpeechEnded(job)]
                failures = [inputs.SpeechFailed(job, "no voice")]
            case effects.Reply():
                results = [
                    inputs.ReplyText(job, data.draw(st.sampled_from(WORDS))),
                    inputs.ReplyCall(job, "get_weather", '{"city": "Rome"}'),
                    inputs.ReplyEnded(job, data.draw(st.sampled_from(["stop", "length", "tool_calls"]))),
                ]
                failures = [inputs.ReplyFailed(job, "no model")]
        result = data.draw(st.sampled_from([*results, *failures, inputs.Refused(job)]))
        if not isinstance(result, inputs.Spoken | inputs.ReplyText | inputs.ReplyCall):
            del self.working[job]
        self.put(result)

    @rule(seconds=st.sampled_from([0.02, 0.1, 1.0, 10.0]))
    def wait(self, seconds: float) -> None:
        end = self.client.now + seconds
        for _ in range(5000):
            due = self.client.engine.deadline
            if due is None or due > end:
                break
            self.client.now = max(self.client.now, due)
            self.put(inputs.DeadlinePassed())
        else:
            raise AssertionError("a deadline that never passes")
        self.client.now = end

    @rule()
    def settle(self) -> None:
        """When all work is done, every response has ended. An echo of much that was said has many clauses."""
        for _ in range(500):
            if not (self.working or self.observer.open):
                break
            for job, effect in list(self.working.items()):
                if self.working.pop(job, None):
                    for result in _all_of(job, effect):
                        self.put(result)
            self.wait(0.2)
        assert self.observer.open == {}
        assert self.observer.active is None

    @rule()
    def say_nothing_to_a_reply(self) -> None:
        self.create({})
        self.settle()
        self.listen(0.0, 6000)

    def teardown(self) -> None:
        if hasattr(self, "client"):
            self.settle()


def _all_of(job: int, effect: effects.Effect) -> list[inputs.Input]:
    match effect:
        case effects.Transcribe():
            return [inputs.Transcribed(job, "Hello.", 0.0)]
        case effects.Speak(format=format):
            return [inputs.Spoken(job, bytes(format.bytes_per_second // 5)), inputs.SpeechEnded(job)]
        case _:
            return [inputs.ReplyText(job, "Well, hello."), inputs.ReplyEnded(job, "stop")]


TestEngine = EngineMachine.TestCase
TestEngine.settings = settings(max_examples=200, stateful_step_count=50)
