"""Plays a transcript to a host: sends what stands in it, and holds what comes back against it."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus

from kit.chaos_proxy import ChaosProxy
from kit.server import Browser
from parity.hosts import KEY, Host
from parity.matching import Names
from parity.normal import Normaliser
from parity.transcript import Event, Step, Transcript, written_out

PATIENCE_S = 20.0
"""For an event that has to come; a busy machine is no fault of a host's."""
DELTA = "response.output_text.delta"
LAST_WORD = "the last word"
"""After everything else a page sends something that is refused: whatever else came before the refusal was too much."""


class NotAsWritten(AssertionError):
    """A host did something else than the transcript says."""


@dataclass(slots=True)
class Page:
    browser: Browser
    call: str = ""
    deltas: dict[str, str] = field(default_factory=dict)
    """What was said so far, by item."""
    hears: bool = False
    """Whether a piece of the answer that is being made has come."""


@dataclass(frozen=True, slots=True)
class Played:
    """What a host did, without what differs from one call to the next."""

    shown: list[Any]
    """For each step, what the pages were shown; a list of events, a close code, or the answer to a request."""
    record: list[Any]


class Play:
    def __init__(self, transcript: Transcript, host: Host, upstream: ChaosProxy) -> None:
        self._transcript = transcript
        self._host = host
        self._upstream = upstream
        self._user = transcript.name
        self._names = Names({**host.own, "<own origin>": host.site.url, "<key>": KEY})
        self._normal = Normaliser()
        self._pages: dict[str, Page] = {}
        self._open = ExitStack()
        self._durable: dict[str, dict[int, Event]] = {}
        """What was shown of each call's record, by its number."""

    def __call__(self) -> Played:
        """Raises NotAsWritten."""
        self._upstream.come_up()
        with self._open:
            shown = [self._step(number, step) for number, step in enumerate(self._transcript.steps, start=1)]
            for name in self._pages:
                self._last_word(name)
            self._upstream.rewrite = _asking_for(None)
            return Played(shown, self._normal(self._record(), self._names.texts))

    # The steps

    def _step(self, number: int, step: Step) -> Any:
        [kind] = _STEPS.keys() & step.keys()
        try:
            _STEPS[kind](self, step)
            return self._normal(self._see(step), self._names.texts)
        except NotAsWritten as difference:
            raise NotAsWritten(f"{self._host.name}, step {number} ({kind}): {difference}") from None

    def _open_page(self, step: Step) -> None:
        self._pages[_page(step)] = Page(self._open.enter_context(self._call(step["open"])))

    def _refused(self, step: Step) -> None:
        """A handshake that is refused."""
        expected = step["refused"]
        try:
            with self._call(expected["open"]):
                raise NotAsWritten("the browser was let in")
        except InvalidStatus as refusal:
            answer = refusal.response
            got = {"status": answer.status_code, "code": json.loads(answer.body or b"")["error"]["code"]}
        self._check({name: expected[name] for name in got}, got)

    def _call(self, step: dict[str, Any]) -> AbstractContextManager[Browser]:
        options = {"scenario": self._transcript.scenario, "user": self._user, **self._names.fill(step)}
        self._upstream.rewrite = _asking_for(self._transcript.persona)
        return self._host.site.browser(options.pop("user"), begin_at=options.pop("from", None), **options)

    def _send(self, step: Step) -> None:
        frame = json.dumps(self._names.fill(step["send"]))
        for _ in range(step.get("times", 1)):
            self._put(step, frame)

    def _say(self, step: Step) -> None:
        self._page(step).browser.say(step["say"])

    def _text(self, step: Step) -> None:
        """A frame as it stands, whether it is JSON or not."""
        frame = step["text"]
        if "repeat" in step:
            frame = frame.replace("…", step["repeat"]["text"] * step["repeat"]["times"])
        self._put(step, frame)

    def _binary(self, step: Step) -> None:
        self._put(step, base64.b64decode(step["binary"]))

    def _put(self, step: Step, frame: str | bytes) -> None:
        with suppress(ConnectionClosed):  # then the step says so
            self._page(step).browser.connection.send(frame)

    def _close(self, step: Step) -> None:
        self._page(step).browser.connection.close(step["close"])
        del self._pages[_page(step)]

    def _break(self, step: Step) -> None:
        """The connection is gone, without a word."""
        connection = self._page(step).browser.connection
        connection.socket.close()
        del self._pages[_page(step)]

    def _forget(self, step: Step) -> None:
        self._host.forget(self._transcript.scenario, self._user)
        self._pages.clear()

    def _die(self, step: Step) -> None:
        self._host.die()
        self._pages.clear()

    def _upstream_does(self, step: Step) -> None:
        match step["upstream"]:
            case "breaks":
                self._upstream.reset()
            case "is gone":
                self._upstream.go_down(503)
                self._upstream.reset()
            case "is busy":
                self._upstream.go_down(429, retry_after="20")
            case "says":
                self._upstream.say(**self._names.fill(step["event"]))
            case "is back":
                self._upstream.come_up()

    def _hear(self, step: Step) -> None:
        """Wait for the first piece of an answer."""
        page = self._page(step)
        while not page.hears:
            if (event := self._receive(page, "a piece of an answer"))["type"] != DELTA:
                raise NotAsWritten(f"expected a piece of an answer, got {json.dumps(event)[:1000]}")

    def _wait(self, step: Step) -> None:
        """Only see."""

    # What came

    def _see(self, step: Step) -> list[Event] | list[int]:
        expected = list(written_out(step.get("see", [])))
        meanwhile = list(written_out(step.get("meanwhile", [])))
        page = self._pages.get(_page(step))
        shown: list[Event] = []
        aside: list[Event] = []
        while page is not None and (expected or meanwhile):
            event = self._next(page, (expected or meanwhile)[0])
            wrong = self._names.differences(expected[0], event) if expected else ["nothing more was expected"]
            if not wrong:
                expected.pop(0)
                shown.append(event)
                continue
            fits = (other for other in meanwhile if not self._names.differences(other, event))
            if (other := next(fits, None)) is None:
                raise NotAsWritten(f"{'; '.join(wrong)}\n    in {json.dumps(event)[:1000]}")
            meanwhile.remove(other)
            aside.append(event)
        if "closed" in step:
            self._check(step["closed"], self._closed(page))
            del self._pages[_page(step)]
        return shown + sorted(aside, key=lambda event: str(event["type"]))

    def _next(self, page: Page, expected: Event) -> Event:
        """The next event that is no delta."""
        while (event := self._receive(page, expected))["type"] == DELTA:
            pass
        return event

    def _receive(self, page: Page, expected: object) -> Event:
        try:
            event = page.browser.receive(PATIENCE_S)
        except TimeoutError:
            raise NotAsWritten(f"nothing came, expected {expected}") from None
        except ConnectionClosed as closed:
            raise NotAsWritten(f"closed ({closed}), expected {expected}") from None
        self._note(page, event)
        return event

    def _note(self, page: Page, event: Event) -> None:
        """What holds for every call, whatever the transcript says."""
        if event["type"] == "vivavoce.hello":
            page.call = event["session_id"]
        if "seq" in event and event["type"] != "vivavoce.hello":
            known = self._durable.setdefault(page.call, {}).setdefault(event["seq"], event)
            self._check(known, event)  # a durable event is the same each time that it is shown
        if event["type"] == DELTA:
            page.hears = True
            page.deltas[event["item_id"]] = page.deltas.get(event["item_id"], "") + event["delta"]
        elif event["type"] == "response.output_text.done" and event["item_id"] in page.deltas:
            self._check(event["text"], page.deltas[event["item_id"]])
        elif event["type"] == "response.done":
            page.hears = False

    def _closed(self, page: Page | None) -> int:
        assert page is not None
        try:
            event = page.browser.receive(PATIENCE_S)
        except TimeoutError:
            raise NotAsWritten("the connection stays open") from None
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        raise NotAsWritten(f"expected the end, got {json.dumps(event)[:1000]}")

    def _last_word(self, name: str) -> None:
        page = self._pages[name]
        page.browser.send("nothing.known", event_id=LAST_WORD)
        refusal = {"type": "error", "error": {"event_id": LAST_WORD}}
        self._see({"page": name, "see": [refusal]})
        page.browser.connection.close(1000)

    # What is on record

    def _record(self) -> list[Event]:
        expected = self._transcript.record
        until = time.monotonic() + PATIENCE_S
        while (reasons := _reasons(record := self._host.record(self._user))) != _reasons(expected):
            if time.monotonic() > until:
                raise NotAsWritten(f"{self._host.name}: the calls on record ended with {reasons}")
            time.sleep(0.02)
        for call, wanted in zip(record, expected, strict=True):
            got = {**call, "events": [event["type"] for event in call["events"]], "grade": _grade(call["events"])}
            self._check(wanted, got)
            shown = self._durable.get(call["session_id"], {})
            self._check([shown[seq] for seq in sorted(shown)], [e for e in call["events"] if e["seq"] in shown])
        return record

    def _check(self, expected: Any, got: Any) -> None:
        if wrong := self._names.differences(expected, got):
            raise NotAsWritten("; ".join(wrong))

    def _page(self, step: Step) -> Page:
        return self._pages[_page(step)]


_STEPS: dict[str, Callable[[Play, Step], None]] = {
    "open": Play._open_page,
    "refused": Play._refused,
    "send": Play._send,
    "say": Play._say,
    "text": Play._text,
    "binary": Play._binary,
    "close": Play._close,
    "break": Play._break,
    "forget": Play._forget,
    "die": Play._die,
    "upstream": Play._upstream_does,
    "hear": Play._hear,
    "wait": Play._wait,
}


def _page(step: Step) -> str:
    return str(step.get("page", "first"))


def _reasons(record: list[Event]) -> list[str | None]:
    return [call["ended_reason"] for call in record]


def _grade(events: list[Event]) -> Event | None:
    """The grade that stands: of the lesson, or the one that counts the quiz, too."""
    grades = [event["grade"] for event in events if event["type"] == "vivavoce.grade"]
    return grades[-1] if grades else None


def _asking_for(model: str | None) -> Callable[[bytes], bytes]:
    """The embedded engine knows a lesson by its model's name; under any other it says again what it was told."""
    return lambda request: request if model is None else re.sub(rb"model=[^& ]*", f"model={model}".encode(), request)
