"""A host for a `Session` without sockets, disk or clock: inputs in by call, effects out by list."""

from __future__ import annotations

import base64
import itertools
import json
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from vivavoce.lesson import tools
from vivavoce.lesson.transcript import Transcript
from vivavoce.protocol.flowing import WORDS_HEADS, speech_size, voice_size
from vivavoce.scenario.model import Scenario
from vivavoce.session.core import Session
from vivavoce.session.effects import (
    Close,
    Dial,
    Effect,
    Finish,
    Forget,
    KeepAudio,
    NoteEnd,
    Record,
    RunTool,
    Send,
    Sleep,
    Spend,
)
from vivavoce.session.flow import moment
from vivavoce.session.inputs import (
    Committed,
    Connected,
    DeadlinePassed,
    Disconnected,
    Input,
    Peer,
    Received,
    SpeechFlowed,
    ToolFinished,
    VoiceFlowed,
)
from vivavoce.session.past import Past, StoredEvent
from vivavoce.session.spending import Purse

Event = dict[str, Any]
SECOND = base64.b64encode(bytes(48_000)).decode()
"""Of sound, as a delta holds it."""

_SCHEMA = json.loads((Path(__file__).parents[2] / "shared" / "events.schema.json").read_text())
_SERVER_EVENT = Draft202012Validator({"$ref": "#/$defs/ServerEvent", "$defs": _SCHEMA["$defs"]})


def held_to_the_schema(event: Event) -> Event:
    """Fails the test when an event of our own is not what shared/events.schema.json promises to the page."""
    if event["type"].startswith("vivavoce."):
        _SERVER_EVENT.validate(event)
    return event


class Relay:
    """One session, and everything that came out of it. Commits and tools happen when a test says so, or at once."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        commit_at_once: bool = True,
        run_tools: bool = True,
        raw: bool = False,
        seed: Transcript = (),
        retry_of: str | None = None,
        purse: Purse | None = None,
        chance: Callable[[], float] = lambda: 0.5,
        flows: bool = True,
    ) -> None:
        """With `flows` what the session lets flow goes straight on; else it is asked for each frame."""
        self._begin = partial(
            Session,
            scenario=scenario,
            user="learner",
            session_id="s1",
            upstream="embedded",
            model="vivavoce/scene",
            chance=chance,
            raw=raw,
            seed=seed,
            retry_of=retry_of,
            purse=purse,
        )
        self.session = self._begin()
        self.scenario = scenario
        self.now = 100.0
        self.commit_at_once = commit_at_once
        self.run_tools = run_tools
        self.to_browser: list[Event] = []
        self.to_upstream: list[Event] = []
        self.records: list[Record] = []
        self.committed = 0
        """How many of them are on disk."""
        self.tools: list[RunTool] = []
        self.closed: list[Close] = []
        self.dialled = 0
        self.upstream_there = False
        """Whether one is open, or being dialled or closed."""
        self.keeps_audio: list[bool] = []
        """What the host was told about the sound of the call."""
        self.forgotten = False
        self.spent: list[Spend] = []
        self.asleep = False
        """Whether the session may be dropped until a browser comes back."""
        self.reason = ""
        self.finished: str | None = None
        """How the call ended, once the session may be dropped."""
        self.flows = flows
        self._flowed: dict[Peer, list[tuple[float, int, bytes]]] = {Peer.BROWSER: [], Peer.UPSTREAM: []}
        self._inputs: deque[Input] = deque()
        self.usage: Event | None = None
        """What the upstream says that each of its responses used."""
        self._opened = 0
        """How many events had been sent upstream when the upstream of now came."""
        self._reported: set[str] = set()
        self._numbers: Iterator[int] = itertools.count(1)

    def put(self, event: Input) -> None:
        self._inputs.append(event)
        if len(self._inputs) > 1:  # it has its turn when the effects of the one before it are performed
            return
        while self._inputs:
            self._handle(self._inputs[0])
            self._inputs.popleft()

    def _handle(self, event: Input) -> None:
        match event:
            case Received(peer, frame) if self.flows and self._lets_flow(peer, frame):
                self._perform(Send(Peer.UPSTREAM if peer is Peer.BROWSER else Peer.BROWSER, frame))
                return
            case Committed(seq):
                self.committed = seq
            case Disconnected(Peer.UPSTREAM):
                self.upstream_there = False
        self.tell_what_flowed()
        for effect in self.session.handle(event, self.now):
            self._perform(effect)

    def _lets_flow(self, peer: Peer, frame: bytes) -> bool:
        flow, went = self.session.flow, self._flowed[peer]
        size = speech_size(frame) if peer is Peer.BROWSER else voice_size(frame)
        if peer is Peer.BROWSER:
            lets = len(went) < flow.frames and (size or 0) + sum(taken for _, taken, _ in went) <= flow.size
        else:
            lets = flow.voice
        if size is None or not lets:
            return False
        went.append((moment(self.now), size, frame))
        return True

    def tell_what_flowed(self) -> None:
        for peer, went in self._flowed.items():
            if went:
                at_once = [list(some) for _, some in itertools.groupby(went, key=itemgetter(0))]
                times, frames = [some[0][0] for some in at_once], list(map(len, at_once))
                sizes = [sum(size for _, size, _ in some) for some in at_once]
                words = [frame for _, _, frame in went if frame.startswith(WORDS_HEADS)]
                speech, voice = SpeechFlowed(times, frames, sizes), VoiceFlowed(times, sizes, words)
                flowed = speech if peer is Peer.BROWSER else voice
                went.clear()
                assert not self.session.handle(flowed, self.now), "what flowed has no effects"

    def restart(self) -> None:
        """The process is gone, with all that was not on disk; another one puts the call together again."""
        del self.records[self.committed :]
        self.upstream_there = False
        for went in self._flowed.values():
            went.clear()
        self._reported.clear()
        self.asleep, self.finished = False, None
        self.session = self._begin(past=self.past())

    def past(self) -> Past:
        """What is on disk, as it was written."""
        events = tuple(StoredEvent(entry.seq, entry.at, json.loads(json.dumps(entry.body))) for entry in self.records)
        tools = {entry.tool.call_id: dict(entry.tool.output) for entry in self.records if entry.tool is not None}
        return Past(events[: self.committed], tools)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Dial():
                assert not self.upstream_there, "a second upstream was dialled (promise P2)"
                self.upstream_there = True
                self.dialled += 1
            case Send(Peer.BROWSER, frame):
                self.to_browser.append(held_to_the_schema(json.loads(frame)))
            case Send(_, frame):
                self.to_upstream.append(json.loads(frame))
            case Record():
                self.records.append(effect)
                if self.commit_at_once:
                    self.put(Committed(effect.seq))
            case RunTool():
                self.tools.append(effect)
                if self.run_tools:
                    self.finish_tool(effect)
            case Close():
                self.closed.append(effect)
                if effect.peer is Peer.UPSTREAM:
                    self.put(Disconnected(Peer.UPSTREAM, effect.code, effect.reason))
            case NoteEnd(reason):
                self.reason = reason
            case KeepAudio(keep):
                self.keeps_audio.append(keep)
            case Forget():
                self.forgotten = True
            case Spend():
                self.spent.append(effect)
            case Sleep():
                self.asleep = True
            case Finish():
                self.finished = self.reason

    def finish_tool(self, effect: RunTool) -> None:
        outcome = tools.run(self.scenario, effect.call, effect.record)
        self.put(ToolFinished(effect.call.call_id, outcome))

    def commit(self) -> None:
        if self.records:
            self.put(Committed(self.records[-1].seq))

    # What the two peers do

    def browser(self, **event: Any) -> None:
        self.put(Received(Peer.BROWSER, json.dumps(event, separators=(",", ":")).encode()))

    def upstream(self, **event: Any) -> None:
        body = {"type": event["type"], "event_id": f"event_{next(self._numbers)}", **event}
        self.put(Received(Peer.UPSTREAM, json.dumps(body, separators=(",", ":")).encode()))

    def wait(self, seconds: float) -> None:
        """Let time pass; deadlines on the way are handed in when they are due."""
        until = self.now + seconds
        while (deadline := self.session.deadline) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.put(DeadlinePassed())
        self.now = until

    def connect(self) -> None:
        """Both peers are there and the upstream took the scenario."""
        self.put(Connected(Peer.BROWSER, resume_token="token-1"))
        self.upstream_opens()

    def upstream_opens(self) -> None:
        """The upstream that was dialled is there and takes the scenario. It knows of nothing that was sent before."""
        self._opened = len(self.to_upstream)
        self._reported.clear()
        self.put(Connected(Peer.UPSTREAM))
        self.upstream(type="session.created", session={"id": "sess_1", "instructions": "default"})
        self.upstream(type="session.updated", session=self.to_upstream[-1]["session"])

    def go_live(self) -> None:
        """As `connect`, and the persona has said its opening line."""
        self.connect()
        self.accept_items()
        self.answer(self.scenario.opening)

    def accept_items(self) -> None:
        """The upstream reports every item that was posted and not reported yet."""
        for event in self.to_upstream[self._opened :]:
            item = event.get("item", {})
            if event["type"] == "conversation.item.create" and item["id"] not in self._reported:
                self._reported.add(item["id"])
                for kind in ("conversation.item.added", "conversation.item.done"):
                    self.upstream(type=kind, item={**item, "status": "completed"})

    def answer(self, text: str, calls: tuple[tuple[str, str, str], ...] = (), *, tag: str | None = "last") -> None:
        """The upstream makes a whole response: `text` spoken, then `calls` as (call_id, name, arguments)."""
        if tag == "last":
            creates = [event for event in self.to_upstream if event["type"] == "response.create"]
            tag = creates[-1]["response"]["metadata"]["vivavoce"]
        number = next(self._numbers)
        response = {"id": f"resp_{number}", "status": "in_progress", "output": []}
        self.upstream(type="response.created", response={**response, "metadata": {"vivavoce": tag} if tag else None})
        item_id = f"item_a{number}"
        item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self.upstream(type="response.output_item.added", item=item)
        self.upstream(type="conversation.item.added", item=item)
        self.upstream(type="response.content_part.added", item_id=item_id, part={"type": "audio", "transcript": ""})
        self.upstream(type="response.output_audio.delta", item_id=item_id, delta="AAAA" * 1600)
        self.upstream(type="response.output_audio_transcript.done", item_id=item_id, transcript=text)
        done = {**item, "status": "completed", "content": [{"type": "output_audio", "transcript": text}]}
        self.upstream(type="conversation.item.done", item=done)
        self.upstream(type="response.output_item.done", item=done)
        for call_id, name, arguments in calls:
            self._call(call_id, name, arguments)
        finished = {**response, "status": "completed", "output": [done], "usage": self.usage}
        self.upstream(type="response.done", response=finished)

    def begins_to_speak(self, seconds: int, text: str = "Good evening to you all.") -> None:
        """The persona's words are there, and so is all of its voice; both come faster than they are heard."""
        item = {"id": "item_long", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self.upstream(type="response.created", response={"id": "resp_long", "metadata": None})
        self.upstream(type="conversation.item.added", item=item)
        self.upstream(type="response.content_part.added", item_id="item_long", part={"type": "audio"})
        for _ in range(seconds):
            self.upstream(type="response.output_audio.delta", item_id="item_long", delta=SECOND)
        self.upstream(type="response.output_audio_transcript.done", item_id="item_long", transcript=text)

    def _call(self, call_id: str, name: str, arguments: str) -> None:
        item = {"id": f"item_{call_id}", "type": "function_call", "call_id": call_id, "name": name}
        self.upstream(type="response.output_item.added", item={**item, "status": "in_progress", "arguments": ""})
        self.upstream(type="response.function_call_arguments.delta", call_id=call_id, delta=arguments)
        self.upstream(type="response.function_call_arguments.done", call_id=call_id, name=name, arguments=arguments)
        self.upstream(type="response.output_item.done", item={**item, "status": "completed", "arguments": arguments})

    def says(self, text: str, item_id: str | None = None) -> str:
        """The learner speaks a turn and it is transcribed at once."""
        item_id = self.speaks(item_id)
        self.transcribed(item_id, text)
        return item_id

    def speaks(self, item_id: str | None = None) -> str:
        item_id = item_id or f"item_u{next(self._numbers)}"
        self.upstream(type="input_audio_buffer.speech_started", item_id=item_id, audio_start_ms=0)
        self.upstream(type="input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=900)
        self.upstream(type="input_audio_buffer.committed", item_id=item_id, previous_item_id=None)
        content = [{"type": "input_audio", "transcript": None}]
        item = {"id": item_id, "type": "message", "role": "user", "status": "completed", "content": content}
        self.upstream(type="conversation.item.added", item=item)
        return item_id

    def transcribed(self, item_id: str, text: str) -> None:
        self.upstream(
            type="conversation.item.input_audio_transcription.completed",
            item_id=item_id,
            content_index=0,
            transcript=text,
        )

    # What was seen

    @property
    def elapsed(self) -> float:
        """The second of the call at the last frame."""
        self.tell_what_flowed()
        return self.session.elapsed

    def seen(self, kind: str) -> list[Event]:
        return [event for event in self.to_browser if event["type"] == kind]

    def sent(self, kind: str) -> list[Event]:
        return [event for event in self.to_upstream if event["type"] == kind]

    def lines(self) -> list[tuple[str, str]]:
        """The transcript as a browser that sorts by order shows it: (role, text)."""
        newest = {event["line"]["item_id"]: event["line"] for event in self.seen("vivavoce.transcript")}
        return [(line["role"], line["text"]) for line in sorted(newest.values(), key=lambda line: line["order"])]

    def leave(self, peer: Peer = Peer.BROWSER, code: int = 1006) -> None:
        self.put(Disconnected(peer, code, ""))
