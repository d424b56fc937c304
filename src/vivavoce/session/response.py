"""Who may send `response.create`, and when: the one subtle rule of the Realtime API, alone in its file.

The upstream refuses a `response.create` while a response is active, and its own voice detection may start one at any
moment, also between our asking and its answer. So three facts are kept apart: what is *owed* an answer, what we have
*asked* for, and which response is *active*.

An item that wants an answer (a tool's output, a typed text, the opening) is owed from the moment it is posted. It has
*landed* when the upstream reports it in the conversation; a response that is created after that has it in view,
whoever asked for it. So the debt is paid by our own response, or by one of the upstream's that came after the landing,
and one response pays for everything that is owed: several tool outputs get one answer.
"""

from __future__ import annotations

AGAIN = "again"
"""What is owed once more, without an item of its own."""


class ResponseOwner:
    """At most one `response.create` of ours unanswered, and none while a response is active."""

    def __init__(self) -> None:
        self.active: str | None = None
        """The id of the response that the upstream is making."""
        self.asked: str | None = None
        """The event id of our `response.create` that is not answered yet."""
        self.expected = False
        """The learner's turn is over, so the upstream is about to answer it of its own accord."""
        self._owed: dict[str, bool] = {}
        self._asked_for: tuple[str, ...] = ()

    @property
    def idle(self) -> bool:
        """Nothing active, asked or owed."""
        return self.active is None and self.asked is None and not self._owed

    @property
    def due(self) -> bool:
        """Whether the upstream has something to say or to answer now."""
        return self.active is not None or self.asked is not None or self.expected

    def owe(self, item_id: str, *, landed: bool = False) -> None:
        """An item was posted that wants an answer."""
        self._owed.setdefault(item_id, landed)

    def landed(self, item_id: str) -> None:
        """The upstream reports the item in its conversation."""
        if item_id in self._owed:
            self._owed[item_id] = True

    def take(self, event_id: str) -> bool:
        """True when `response.create` with this event id is to be sent now."""
        if not self._owed or self.asked is not None or self.active is not None:
            return False
        self.asked = event_id
        self._asked_for = tuple(self._owed)
        return True

    def created(self, response_id: str, tag: str | None) -> None:
        """`response.created`; `tag` is our event id when its metadata carries one."""
        self.active = response_id
        self.expected = False
        if tag is not None and tag == self.asked:
            self.asked = None
            self._pay(self._asked_for)
        else:
            self._pay(tuple(item_id for item_id, landed in self._owed.items() if landed))

    def done(self, response_id: str) -> None:
        """`response.done`. Another response than the active one (out of band) changes nothing."""
        if response_id == self.active:
            self.active = None

    def refused(self, event_id: str, *, retry: bool) -> bool:
        """An `error` that names `event_id`. True when that was our `response.create`.

        `retry` when it was refused because a response is active: what that one does not answer is asked for again
        after it is done. Any other refusal would only come back, so the debt is dropped.
        """
        if event_id != self.asked:
            return False
        self.asked = None
        if not retry:
            self._pay(self._asked_for)
        return True

    def ask_again(self) -> None:
        """The answer that is due does not come."""
        self.asked, self.expected = None, False
        self.owe(AGAIN, landed=True)

    def upstream_lost(self) -> None:
        """Nothing is active or asked any more; what it was for is owed by the next upstream."""
        owing = self.due or bool(self._owed)
        self.active = self.asked = None
        self.expected = False
        self._owed.clear()
        if owing:
            self.owe(AGAIN, landed=True)

    def _pay(self, item_ids: tuple[str, ...]) -> None:
        for item_id in item_ids:
            self._owed.pop(item_id, None)
