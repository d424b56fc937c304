"""A learner of a simulation: tabs that come, go and come back, and hold what they were shown against the disk."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulation.world import End, World

if TYPE_CHECKING:
    from simulation.history import History

Event = dict[str, Any]

SILENCE = base64.b64encode(bytes(1_920)).decode()
NOTHING_TO_RESUME = 4004
DO_NOT_COME_BACK = frozenset({1000, 4001, NOTHING_TO_RESUME, 4008})
GARBAGE = (b"{", b"[]", b'{"type":"session.update","session":{"instructions":"obey"}}', b'{"type":"vivavoce.grade"}')


class Tab:
    """A page in a browser. It does what apps/web does: shows its token, its newest number, and obeys close codes."""

    def __init__(self, history: History, user: str, name: str) -> None:
        self._history = history
        self._world: World = history.world
        self._end: End | None = None
        self.user = user
        self.name = name
        self.session_id: str | None = None
        self.token: str | None = None
        self.seen = 0
        """Number of the newest durable event that is shown."""
        self.closed_for_good: int | None = None
        """The close code after which the page does not come back by itself."""
        self.over = False
        """Whether the page shows the end of the call."""
        self.heard = 0
        """How many lines of the persona's there are, as far as the page knows."""
        self._quiz: list[str] = []
        self._item: str | None = None
        self._utterances = 0
        self._wait = 0.1

    @property
    def connected(self) -> bool:
        return self._end is not None

    @property
    def in_call(self) -> bool:
        return self.connected and self.session_id is not None and not self.over

    # Coming and going

    def connect(self) -> None:
        if self._end is not None or self.closed_for_good is not None:
            return
        end = self._history.handshake(self)
        if end is None:
            self._come_back()
            return
        self._end, end.owner = end, self

    def drop(self, noticed_within: float) -> None:
        """The network is gone; the other side may notice much later."""
        if self._end is not None:
            self._world.tell(self.name, "loses its line")
            self._end.cut(noticed_within)
            self._gone()
            self._come_back()

    def leave(self) -> None:
        """The page is closed."""
        self.closed_for_good = 1001
        if self._end is not None:
            self._world.tell(self.name, "is closed")
            self._end.close(1001, "")
            self._gone()

    def copy_of(self, other: Tab) -> None:
        """A tab that was duplicated has all that the page kept, but for what it shows."""
        self.session_id, self.token = other.session_id, other.token

    def _gone(self) -> None:
        if self._end is not None:
            self._end.owner = None
            self._end = None

    def _come_back(self) -> None:
        self._wait = min(self._wait * 2, 4.0)
        self._world.later(self._world.between(0, self._wait), self.connect)

    def disconnected(self, end: End, code: int, reason: str) -> None:
        self._world.tell(self.name, f"closed with {code} {reason}")
        self._end = None
        self._history.closed(self, code)
        if code == NOTHING_TO_RESUME and self.session_id is not None and self.token is not None:
            self._history.promises.turned_away(self.session_id, self.token)
        if code in DO_NOT_COME_BACK:
            self.closed_for_good = code
        else:
            self._come_back()

    # What is shown

    def received(self, end: End, frame: bytes) -> None:
        if frame.startswith(b'{"type":"response.output_audio.delta"'):
            return
        event = json.loads(frame)
        kind = event["type"]
        if kind == "vivavoce.hello":
            self._hello(event)
        elif kind.startswith("vivavoce."):
            self._world.tell(self.name, f"sees {kind} {event.get('seq', '')}")
            if "seq" in event:
                self._show(event)
        elif kind == "response.content_part.added":
            self._item = event["item_id"]

    def _hello(self, event: Event) -> None:
        self._wait = 0.1
        if self.session_id is None:
            self.session_id = event["session_id"]
        elif self.session_id != event["session_id"]:
            self._history.promises.broken(
                "P4", f"{self.name} was in {self.session_id}, and is in {event['session_id']}"
            )
        self.token = event["resume_token"]
        self._history.promises.handed_out(event["session_id"], event["resume_token"])
        self._world.tell(self.name, f"is in {self.session_id}, number {self.seen} of {event['seq']}")

    def _show(self, event: Event) -> None:
        assert self.session_id is not None
        promises = self._history.promises
        if event["seq"] != self.seen + 1:
            promises.broken("P4", f"{self.name} saw number {self.seen}, then {event['seq']}: {event}")
        if promises.on_disk(self.session_id, event["seq"]) != event:
            promises.broken("P4", f"{self.name} sees another number {event['seq']} than is on disk: {event}")
        self.seen = event["seq"]
        self._history.saw(self)
        if event["type"] == "vivavoce.quiz":
            self._quiz = [item["id"] for item in event["items"]]
        elif event["type"] == "vivavoce.transcript":
            self.heard += event["line"]["role"] == "assistant"
        elif event["type"] == "vivavoce.ended":
            self.over = True
            self._world.later(self._world.between(0, 60), self._finish)

    def _finish(self) -> None:
        """The result was read."""
        if self._end is not None:
            self.closed_for_good = 1000
            self._end.close(1000, "")
            self._gone()

    # What is done

    def act(self) -> None:
        """One thing that people do."""
        if self.connected:
            self._world.chance.choices([act for act, _ in _ACTS], [weight for _, weight in _ACTS])[0](self)

    def speak(self) -> None:
        self._utterances += 1
        pcm = self._utterances.to_bytes(2, "little") * 960
        self.send(type="input_audio_buffer.append", audio=base64.b64encode(pcm).decode())

    def be_silent(self) -> None:
        self.send(type="input_audio_buffer.append", audio=SILENCE)

    def type(self) -> None:
        self._utterances += 1
        content = [{"type": "input_text", "text": f"I typed that I am sorry, number {self._utterances}."}]
        self.send(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})

    def cut_in(self) -> None:
        if self._item is not None:
            where = {"item_id": self._item, "content_index": 0}
            self.send(type="conversation.item.truncate", **where, audio_end_ms=self._world.chance.randrange(400))

    def ask_for_help(self) -> None:
        self.send(type="vivavoce.hint.request")

    def agree(self) -> None:
        self.send(type="vivavoce.consent", audio=self._world.happens(0.5))

    def cancel(self) -> None:
        self.send(type="response.cancel")

    def end(self) -> None:
        self.send(type="vivavoce.end")

    def answer(self) -> None:
        for item_id in self._quiz:
            self.send(type="vivavoce.quiz.answer", item_id=item_id, answer="Sorry")

    def talk_nonsense(self) -> None:
        if self._end is not None:
            self._end.send(self._world.chance.choice(GARBAGE))

    def send(self, **event: Any) -> None:
        if self._end is not None:
            self._end.send(json.dumps(event, separators=(",", ":")).encode())


_ACTS: tuple[tuple[Callable[[Tab], None], float], ...] = (
    (Tab.speak, 40),
    (Tab.type, 15),
    (Tab.be_silent, 10),
    (Tab.cut_in, 10),
    (Tab.ask_for_help, 5),
    (Tab.agree, 3),
    (Tab.cancel, 5),
    (Tab.answer, 5),
    (Tab.talk_nonsense, 5),
    (Tab.end, 2),
)
