"""The state of one call and the few things that can be done with it; the rules stand in the other files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from vivavoce.lesson import record
from vivavoce.lesson.goals import OpenGoals
from vivavoce.lesson.tools import ToolCall, ToolOutcome
from vivavoce.lesson.transcript import Transcript
from vivavoce.protocol.browser import BrowserError
from vivavoce.protocol.message import Event, write
from vivavoce.scenario.model import Scenario
from vivavoce.scenario.stance import starting
from vivavoce.session.browser_side import BrowserSide
from vivavoce.session.effects import Close, Dial, Effect, Record, RunTool, Send, Sleep, Spend, ToolAnswer
from vivavoce.session.functions import FunctionCalls
from vivavoce.session.gate import OutputGate
from vivavoce.session.heard import LearnerTimes
from vivavoce.session.inputs import Peer
from vivavoce.session.lesson_state import LessonState
from vivavoce.session.line import Line
from vivavoce.session.rebuild import late_answer
from vivavoce.session.response import ResponseOwner
from vivavoce.session.silence import Silence
from vivavoce.session.spending import Purse, Spending
from vivavoce.session.transcript import TranscriptBuilder


class Phase(Enum):
    CONNECTING = "connecting"
    """The upstream is being dialled and configured; what the browser sends is kept."""
    LIVE = "live"
    ASLEEP = "asleep"
    """Nobody is there, on neither side; the clock of the call stands still."""
    SETTLING = "settling"
    """The call was ended; the learner's last words may still be in transcription."""
    GRADING = "grading"
    ENDED = "ended"
    """Everything is said; the browser may still answer the quiz."""


@dataclass(frozen=True, slots=True)
class About:
    """What a call is, as the host knows it."""

    scenario: Scenario
    user: str
    session_id: str
    upstream: str
    """openai, azure, compatible or embedded."""
    model: str
    transcription_model: str
    raw: bool
    """Relay upstream events untouched, secrets included; for debugging on loopback."""
    seed: Transcript
    """In order, what was said of an earlier call before the turn that is tried again; empty for one from the start."""
    retry_of: str | None
    """The session id of that call."""


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """A tool's answer, on its way to the model as soon as its events are on disk."""

    call_id: str
    output: Event


Gated = Effect | ToolOutput


class Call:
    """The state of one call. Effects collect in `effects` until `Session.handle` returns them."""

    def __init__(self, about: About, chance: Callable[[], float], purse: Purse) -> None:
        self.about = about
        self.purse = purse
        self.chance = chance
        self.phase = Phase.CONNECTING
        self.now = 0.0
        self._ran = 0.0
        """Seconds of the call until its clock last stood still."""
        self._running_since: float | None = None
        self.seconds: float | None = None
        """How long the call took; None before its end."""
        self.effects: list[Effect] = []
        self.deadlines: dict[str, float] = {}

        self.transcript = TranscriptBuilder()
        self.hearing = LearnerTimes(about.scenario.turn_detection)
        self.responses = ResponseOwner()
        self.functions = FunctionCalls()
        self.silence = Silence()
        self.stance = starting(about.scenario.stance)
        self.lesson = LessonState(OpenGoals(about.scenario))
        self.browser = BrowserSide()
        self.line = Line(chance)
        self.landing: str | None = None
        """Why the persona is saying goodbye: the call ends after that."""
        self.ended_reason: str | None = None
        self.dismissal: tuple[int, str] | None = None
        """How the browser is sent away as soon as a grade that is under way is there; None when it may stay."""
        self.drowsy = False
        """It may sleep as soon as everything is on disk."""
        self.finished = False
        """Nothing more will happen but commits; the host may drop the session when it performs Finish."""

        self._gate: OutputGate[Gated] = OutputGate()
        self._id_prefix = "vv_"
        self._ids = 0

    @property
    def scenario(self) -> Scenario:
        return self.about.scenario

    @property
    def elapsed(self) -> float:
        """Seconds of the call: they pass from when the persona can be spoken with, and none while the call sleeps."""
        return self._ran + (0.0 if self._running_since is None else self.now - self._running_since)

    @property
    def outstanding(self) -> bool:
        """Whether something was said that is not in the record yet, or is being said."""
        return self.hearing.speaking or bool(self.transcript.awaiting) or self.responses.active is not None

    @property
    def so_far(self) -> record.Record:
        """All that a grade rests on, as it is now."""
        seconds = self.elapsed if self.seconds is None else self.seconds
        marks = dict(self.lesson.marks)
        return record.Record(self.transcript.lines, self.lesson.hints, marks, round(seconds, 3), self.lesson.grade)

    @property
    def seq(self) -> int:
        """Number of the newest durable event on disk."""
        return self._gate.committed

    def new_id(self) -> str:
        self._ids += 1
        return f"{self._id_prefix}{self._ids}"

    # Time

    def start_clock(self) -> None:
        """The persona can be spoken with: time passes, and the limits come nearer."""
        self._running_since = self.now
        limits = self.scenario.limits
        left = limits.max_seconds - self._ran
        self.deadlines["limit"] = self.now + left
        for warning in limits.warn_at:
            if warning < left:
                self.deadlines[f"warn:{warning}"] = self.now + left - warning

    def stop_clock(self) -> None:
        self._ran, self._running_since = self.elapsed, None

    # Rest and sleep

    @property
    def resting(self) -> bool:
        """Whether it only waits for the last words before it sleeps."""
        return "rest" in self.deadlines

    def wake_up_to(self, seq: int, elapsed: float) -> None:
        """This call has been before: go on after its durable event `seq`, at this second.

        Ids of items and events must be new ones, also to a page that saw some that never came on disk.
        """
        self._gate.recorded = self._gate.committed = seq
        self._ran = elapsed
        self._id_prefix = f"vv_{seq}_"

    def sleep_if_tired(self) -> None:
        """Ask for Sleep once nothing waits for the disk any more."""
        if self.drowsy and self._gate.settled:
            self.drowsy = False
            self.effects.append(Sleep())

    # To the browser

    def to_browser(self, event: Event) -> None:
        """Send an event of our own, after everything that was recorded before it is on disk."""
        body = {"type": event["type"], "event_id": self.new_id(), **event}
        self.relay(write(body))

    def relay(self, frame: bytes) -> None:
        """Send a frame, after everything that was recorded before it is on disk."""
        self._through_gate(Send(Peer.BROWSER, frame))

    def preview(self, frame: bytes) -> None:
        """Send a frame at once: a delta, or what the voice detector noticed."""
        if self.browser.connected:
            self.effects.append(Send(Peer.BROWSER, frame))

    def preview_event(self, event: Event) -> None:
        """Send an event of our own at once: what does not rest on the record."""
        self.preview(write({"type": event["type"], "event_id": self.new_id(), **event}))

    def record(self, event: Event, tool: ToolAnswer | None = None) -> None:
        """Make an event of our own durable, then show it. `tool`: what the tool answered that it comes from."""
        seq = self._gate.record()
        body = {"type": event["type"], "event_id": self.new_id(), "seq": seq, **event}
        frame = write(body)
        self.effects.append(Record(seq, round(self.elapsed, 3), body, frame, tool))
        self.browser.durable.append((seq, frame))
        self.relay(frame)

    def notice(self, level: str, code: str, message: str, **more: Any) -> None:
        self.to_browser({"type": "vivavoce.notice", "level": level, "code": code, "message": message, **more})

    def refuse(self, error: BrowserError) -> None:
        """Answer a browser's frame with an `error` event."""
        detail = {
            "type": "invalid_request_error",
            "code": error.code,
            "message": error.message,
            "param": error.param,
            "event_id": error.event_id,
        }
        self.preview_event({"type": "error", "error": detail})

    # To the upstream

    def to_upstream(self, event: Event, answers: str | None = None) -> str:
        """Send an event and return its event id. `answers` is the browser's event id that an error should name."""
        event_id = self.new_id()
        if answers is not None:
            self.browser.remember(event_id, answers)
        if self.line.connected:
            body = {"type": event["type"], "event_id": event_id, **event}
            self.effects.append(Send(Peer.UPSTREAM, write(body)))
        return event_id

    def post_item(self, item: Event, answers: str | None = None) -> str:
        """Add an item to the conversation and want an answer to it. Returns the item's id.

        While the conversation is open nowhere, only the answer is wanted.
        """
        item_id = self.new_id()
        self.responses.owe(item_id)
        if self.line.open:
            self.to_upstream({"type": "conversation.item.create", "item": {"id": item_id, **item}}, answers)
        return item_id

    def ask_for_response(self) -> None:
        """Send the `response.create` that is owed, if it may be sent now and somebody is there to hear the answer."""
        if self.phase is not Phase.LIVE or self.functions.running or not self.line.open:
            return
        if not self.browser.connected or self.resting:
            return
        tag = f"vv_r{self._ids}"
        if self.responses.take(tag):
            self._ids += 1
            create = {"type": "response.create", "event_id": tag, "response": {"metadata": {"vivavoce": tag}}}
            self.effects.append(Send(Peer.UPSTREAM, write(create)))

    def want_upstream(self) -> None:
        """See to it that there is an upstream, or will be as soon as the one before is gone."""
        if self.line.want(self.now):
            self.effects.append(Dial())

    def close_upstream(self) -> None:
        """None is needed any more."""
        if self.line.let_go():
            self.pay_off()
            self.effects.append(Close(Peer.UPSTREAM, 1000, "the call is over"))

    # Money

    def spend(self, spending: Spending) -> None:
        self.effects.append(Spend(spending))

    def pay_time(self) -> None:
        """Pay for the seconds since the last answer: the upstream was there for them."""
        if (spending := self.purse.passed(self.about.model, self.elapsed)) is not None:
            self.spend(spending)

    def pay_off(self) -> None:
        """The upstream goes: pay for what it has done since its last answer."""
        if self.responses.active is not None:
            self.spend(self.purse.broken_off(self.about.model, self.elapsed))
        else:
            self.pay_time()

    # Tools

    def run_tool(self, call: ToolCall) -> None:
        """Run it, unless it was run before: then its answer stands."""
        if (answer := self.functions.answers.get(call.call_id)) is not None:
            self._through_gate(ToolOutput(call.call_id, answer))
            return
        self.functions.running.add(call.call_id)
        self.lesson.marks_seen[call.call_id] = len(self.lesson.marks)
        self.effects.append(RunTool(call, self.so_far))

    def answer_tool(self, call_id: str, outcome: ToolOutcome) -> None:
        """Record what a tool did, and post its output once that is on disk."""
        for number, event in enumerate(outcome.events, start=1):
            last = number == len(outcome.events)
            self.record(event, ToolAnswer(call_id, outcome.output) if last else None)
        self._through_gate(ToolOutput(call_id, outcome.output))

    # The gate

    def committed(self, seq: int) -> None:
        for output in self._gate.commit(seq):
            self._release(output)

    def when_committed(self, effect: Effect) -> None:
        """Perform an effect after everything recorded so far is on disk and shown."""
        self._through_gate(effect)

    def replay(self, after: int) -> None:
        """Send every committed durable event after number `after`; the gate still holds the others."""
        for seq, frame in self.browser.durable:
            if after < seq <= self._gate.committed:
                self.preview(frame)

    def forget_unwritten(self) -> None:
        """What was recorded and is not on disk will never be, so nothing may be shown that rests on it."""
        self._gate.drop()

    def _through_gate(self, output: Gated) -> None:
        if not self._gate.hold(output):
            self._release(output)

    def _release(self, output: Gated) -> None:
        if isinstance(output, ToolOutput):
            self._post_output(output)
        elif self.browser.connected or not isinstance(output, Send) or output.peer is not Peer.BROWSER:
            self.effects.append(output)

    def _post_output(self, answer: ToolOutput) -> None:
        self.functions.running.discard(answer.call_id)
        self.functions.answers[answer.call_id] = answer.output
        if self.functions.asked_here(answer.call_id):
            output = json.dumps(answer.output, ensure_ascii=False)
            self.post_item({"type": "function_call_output", "call_id": answer.call_id, "output": output})
        else:
            self.post_item(late_answer(answer.output))
