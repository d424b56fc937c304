"""A whole call without a machine: the session and the engine joined by their wires, on a clock that nobody waits for.

The learner's turns go in as typed text, because there is no sound; the record is graded with the times at which they
would have been spoken.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from vivavoce.engine import effects as asked
from vivavoce.engine import inputs as happened
from vivavoce.engine.core import SESSION_S, Engine
from vivavoce.lesson import tools
from vivavoce.lesson.record import Record as LessonRecord
from vivavoce.lesson.record import record_of
from vivavoce.protocol.message import event_type
from vivavoce.rehearsal.material import right_answer, wrong_answer
from vivavoce.rehearsal.pace import PERSONA_WORDS_A_MINUTE, Pace, aloud, seconds_to_say
from vivavoce.rehearsal.played import Played
from vivavoce.scenario.model import QuizItem, Scenario
from vivavoce.session.core import Session
from vivavoce.session.effects import Close, Dial, Effect, Record, RunTool, Send
from vivavoce.session.inputs import (
    Committed,
    Connected,
    DeadlinePassed,
    Disconnected,
    Input,
    Peer,
    Received,
    ToolFinished,
)

Script = Generator[str | None, str, None]
"""What a learner says, turn by turn; it gets the persona's answers. None: silence to the end; to return: press End."""

EXPIRES_AT = 2_000_000_000
LEFT_WITH_EVERYTHING = 1000
ANSWER_S = 60.0
"""The longest that an answer is waited for."""
SETTLING_S = 60.0
"""The longest that the end of a call is waited for."""


def saying(turns: Sequence[str]) -> Script:
    """Says one thing after the other, whatever the answer."""
    for turn in turns:  # noqa: UP028 - a tuple could not be sent the answers
        yield turn


def play(
    scenario: Scenario,
    script: Script,
    pace: Pace,
    *,
    persona: Scenario | None = None,
    knows: Callable[[QuizItem], bool] = lambda item: False,
) -> Played:
    """Let a learner talk; `knows` says which questions of the quiz they answer right.

    `persona` is the lesson as the engine plays it, if that is another than the one that is graded.
    """
    stage = _Stage(scenario, persona or scenario, pace)
    stage.join()
    stage.converse(script)
    stage.answer_quiz(knows)
    stage.leave()
    return stage.played()


class _Stage:
    def __init__(self, scenario: Scenario, persona: Scenario, pace: Pace) -> None:
        self._scenario = scenario
        self._persona = persona
        self._pace = pace
        self._now = 0.0
        self._session = Session(
            scenario=scenario,
            user="rehearsal",
            session_id="call_rehearsal",
            upstream="embedded",
            model=f"vivavoce/{scenario.id}",
            chance=lambda: 0.5,
        )
        self._engine: Engine | None = None
        self._engine_ends = 0.0
        self._todo: deque[Callable[[], None]] = deque()
        """What happens next, without time passing."""
        self._durable: list[dict[str, Any]] = []
        self._errors: list[str] = []
        self._prompts: list[tuple[int, str]] = []
        self._public: list[str] = []
        self._turns = 0
        self._heard: set[str] = set()
        """Items of the persona that the learner has listened to."""

    # The call, from beginning to end

    def join(self) -> None:
        self._tell_session(Connected(Peer.BROWSER))

    def converse(self, script: Script) -> None:
        """Let the learner and the persona talk until one of them ends it."""
        self._hear_out()
        try:
            said = next(script)
            while not self._over:
                if said is None:
                    self._pass(self._scenario.limits.max_seconds + SETTLING_S, lambda: self._over)
                    break
                answer = self._say(said)
                said = script.send(answer)
        except StopIteration:
            pass
        if not self._over:
            self._browser({"type": "vivavoce.end"})
            self._pass(SETTLING_S, lambda: self._over)

    def answer_quiz(self, knows: Callable[[QuizItem], bool]) -> None:
        asked_for = {item["id"] for event in self._events("vivavoce.quiz") for item in event["items"]}
        for item in self._scenario.quiz.items:
            if item.id in asked_for:
                answer = right_answer(item) if knows(item) else wrong_answer(item)
                self._browser({"type": "vivavoce.quiz.answer", "item_id": item.id, "answer": answer})
                self._pass(0.0)

    def leave(self) -> None:
        self._tell_session(Disconnected(Peer.BROWSER, LEFT_WITH_EVERYTHING, ""))
        self._pass(0.0)

    def played(self) -> Played:
        return Played(
            lines=self._record().transcript,
            grades=tuple(event["grade"] for event in self._events("vivavoce.grade")),
            quizzes=len(self._events("vivavoce.quiz")),
            ended=tuple(event["reason"] for event in self._events("vivavoce.ended")),
            errors=tuple(self._errors),
            prompts=tuple(self._prompts),
            public=tuple(self._public),
            seconds=self._now,
        )

    # The learner

    def _say(self, text: str) -> str:
        """Say a turn, with the time that this takes, and listen; returns the answer, empty when the call is over."""
        speaking = seconds_to_say(text, self._pace.words_a_minute)
        self._pass(self._pace.delay_s + speaking, lambda: self._over)
        if self._over:
            return ""
        self._turns += 1
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        self._browser({"type": "conversation.item.create", "item": item})
        return self._hear_out()

    def _hear_out(self) -> str:
        """Let the persona answer, and as much time pass as its voice would take."""
        began = self._now
        self._pass(ANSWER_S, lambda: self._over or self._quiet)
        new = [line for line in self._record().lines if line.role == "assistant" and line.item_id not in self._heard]
        self._heard.update(line.item_id for line in new)
        answer = " ".join(line.text for line in new)
        if answer and self._pace.hears_out and not self._over:
            rest = seconds_to_say(answer, PERSONA_WORDS_A_MINUTE) - (self._now - began)
            self._pass(max(0.0, rest), lambda: self._over)
        return answer

    @property
    def _over(self) -> bool:
        return self._session.ended_reason is not None and bool(self._events("vivavoce.ended"))

    @property
    def _quiet(self) -> bool:
        """Whether the persona has nothing more to say of its own accord."""
        return self._engine is None or self._engine.deadline == self._engine_ends

    def _browser(self, event: dict[str, Any]) -> None:
        self._tell_session(Received(Peer.BROWSER, json.dumps(event).encode()))

    # Time

    def _pass(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, until it is enough or the seconds are over."""
        until = self._now + seconds
        while True:
            while self._todo:
                self._todo.popleft()()
            if enough():
                return
            engine, session = self._engine.deadline if self._engine else None, self._session.deadline
            due = min((at for at in (engine, session) if at is not None), default=None)
            if due is None or due > until:
                self._now = until
                return
            self._now = max(self._now, due)
            if engine is not None and engine <= self._now:
                self._tell_engine(happened.DeadlinePassed())
            else:
                self._tell_session(DeadlinePassed())

    # The session's host

    def _tell_session(self, event: Input) -> None:
        for effect in self._session.handle(event, self._now):
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Dial():
                self._todo.append(self._dial)
            case Send(Peer.BROWSER, frame):
                self._note_for_page(frame)
            case Send(_, frame):
                self._note_prompt(frame)
                self._todo.append(lambda: self._tell_engine(happened.Received(frame)))
            case Record(seq, body=body):
                self._durable.append(body)
                self._todo.append(lambda: self._tell_session(Committed(seq)))
            case RunTool(call, record):
                outcome = tools.run(self._scenario, call, self._aloud(record))
                self._todo.append(lambda: self._tell_session(ToolFinished(call.call_id, outcome)))
            case Close(Peer.UPSTREAM):
                self._engine = None

    def _aloud(self, record: LessonRecord) -> LessonRecord:
        return replace(record, transcript=aloud(record.transcript, self._pace))

    def _record(self) -> LessonRecord:
        """What is on disk, with the times of speech."""
        return self._aloud(record_of(self._durable))

    def _events(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self._durable if event["type"] == kind]

    def _note_for_page(self, frame: bytes) -> None:
        kind = event_type(frame)
        if kind == "vivavoce.hello":
            self._public += _texts(json.loads(frame)["scenario"])
        elif kind == "error":
            self._errors.append(json.loads(frame)["error"]["message"])
        elif kind == "vivavoce.notice" and (notice := json.loads(frame))["level"] != "info":
            self._errors.append(notice["message"])

    def _note_prompt(self, frame: bytes) -> None:
        if event_type(frame) == "session.update" and "instructions" in (session := json.loads(frame)["session"]):
            self._prompts.append((self._turns, session["instructions"]))

    # The engine's host

    def _dial(self) -> None:
        self._engine = Engine(
            model=f"vivavoce/{self._persona.id}",
            scenario=self._persona,
            session_id="sess_rehearsal",
            expires_at=EXPIRES_AT,
            voiced=False,
        )
        effects = self._engine.open(self._now)
        self._engine_ends = self._now + SESSION_S
        self._tell_session(Connected(Peer.UPSTREAM))
        self._engine_does(effects)

    def _tell_engine(self, event: happened.Input) -> None:
        if self._engine is not None:
            self._engine_does(self._engine.handle(event, self._now))

    def _engine_does(self, effects: list[asked.Effect]) -> None:
        for effect in effects:
            match effect:
                case asked.Send(frame):
                    received = Received(Peer.UPSTREAM, frame)
                    self._todo.append(lambda received=received: self._tell_session(received))  # type: ignore[misc]
                case asked.Close(code, reason):
                    self._engine = None
                    self._tell_session(Disconnected(Peer.UPSTREAM, code, reason))
                case _:
                    raise AssertionError(f"an engine without a voice asked for {type(effect).__name__}")


def _texts(value: object) -> Iterator[str]:
    """Every text in a decoded document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts(member)
