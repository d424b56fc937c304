"""The connection to the upstream as one call sees it: whether it is there, worth another try, too old or too silent.

It decides when, and does nothing: `session.line_rules` dials, closes and tells the learner.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum

TRIES = 5
"""Dials in a row without anything useful in between."""
OUTAGE_SECONDS = 30.0
"""How long a call waits for an upstream that it can speak with."""
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 8.0
A_WORD_SECONDS = 1.0
"""A provider that asks to be left alone for so long is there: that is no try in vain, only a part of the outage."""
CONFIGURE_SECONDS = 10.0
"""How long an upstream that answered may take to accept the scenario."""
RENEW_SECONDS = 50 * 60.0
"""Upstreams break a session off after 60 minutes, in the middle of a word."""
UNNOTICED_SECONDS = 1.0
"""A change of upstreams that is over by then need not be mentioned."""
STALL_SECONDS = 12.0
"""How long an answer may be due without any event."""

_WORDS = re.compile(r"[a-z_]+")
REFUSED_CLOSE_CODES = frozenset({3000, 4000, 4004})
WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
"""Of the answers to a handshake that blame us, those that may be others in a moment."""


FATAL_CODES = frozenset(
    {
        "invalid_api_key",
        "insufficient_quota",
        "credit_balance_exhausted",
        "account_deactivated",
        "billing_hard_limit_reached",
        "model_not_found",
        "beta_api_shape_disabled",
        "invalid_model",
        "missing_model",
    }
)
"""Errors that come back however often one tries, as events, reasons of a close and answers to a handshake name them."""


def refuses(code: int, reason: str) -> bool:
    """Whether an upstream that closes or answers a handshake so would do it again, however often one tries."""
    if code in REFUSED_CLOSE_CODES or not FATAL_CODES.isdisjoint(_WORDS.findall(reason)):
        return True
    return 400 <= code < 500 and code not in WORTH_ANOTHER_TRY


class LineState(Enum):
    CLOSED = "closed"
    WAITING = "waiting"
    """Until the next dial."""
    DIALLING = "dialling"
    CONFIGURING = "configuring"
    OPEN = "open"
    CLOSING = "closing"
    """Its end was asked for and is not reported yet; until then none is dialled (promise P2)."""


class Step(Enum):
    """What the time has come for."""

    DIAL = "dial"
    GIVE_UP = "give up"
    TELL = "tell"
    """The learner should know why nothing happens."""
    ASK_AGAIN = "ask again"
    REPLACE = "replace"


class Line:
    """At most one upstream at a time. `wanted` says whether there should be one."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self.state = LineState.CLOSED
        self.wanted = False
        self.told = False
        """The learner knows that the upstream is away."""
        self.old = False
        """It should be replaced as soon as nobody speaks."""
        self.failures = 0
        """Answers in a row that failed on the side of the upstream."""
        self.voiceless = False
        """The persona answers in writing, because its voice failed again and again."""
        self.cut_off = False
        """The persona was speaking when the connection broke."""
        self.asked_for = ""
        """The event id of the session that was asked for."""
        self._chance = chance
        self._tries = 0
        self._out_since: float | None = None
        """Since when there should be an upstream and none is open."""
        self._dial_at = 0.0
        self._configure_by = 0.0
        self._tell_at: float | None = None
        self._renew_at: float | None = None
        self._heard_at = 0.0
        self._due_since: float | None = None
        self._asked_again = False

    @property
    def connected(self) -> bool:
        """Whether events can be sent."""
        return self.state in (LineState.CONFIGURING, LineState.OPEN)

    @property
    def open(self) -> bool:
        """Whether the persona is there: the upstream has the scenario, and what was said so far."""
        return self.state is LineState.OPEN

    # What the call wants

    def want(self, now: float) -> bool:
        """There should be an upstream. True when it is to be dialled now."""
        self.wanted = True
        if self.state is LineState.CLOSED:
            self.dial(now)
            return True
        if self.state is LineState.CLOSING:
            self._out_since = now
        return False

    def dial(self, now: float) -> None:
        """It is being dialled."""
        self.state = LineState.DIALLING
        self._tries += 1
        self._out_since = now if self._out_since is None else self._out_since

    def let_go(self) -> bool:
        """No upstream is needed any more. True when the one that is there is to be closed now."""
        self.wanted = self.told = False
        self._out_since = self._tell_at = None
        self._tries = 0
        return self._close(LineState.CLOSED)

    def replace(self, now: float) -> bool:
        """Another upstream shall take the place of this one. True when that is to be closed now."""
        self._out_since = now if self._out_since is None else self._out_since
        self._tell_at = now + UNNOTICED_SECONDS
        return self._close(LineState.WAITING)

    def _close(self, when_waiting: LineState) -> bool:
        connected = self.connected
        if connected or self.state is LineState.DIALLING:
            self.state = LineState.CLOSING
        elif self.state is LineState.WAITING:
            self.state = when_waiting
        return connected

    # What the upstream does

    def answered(self, now: float) -> bool:
        """Its WebSocket is open. False when it is not wanted any more and is to be closed."""
        if self.state is not LineState.DIALLING:
            return False
        self.state = LineState.CONFIGURING
        self._configure_by = now + CONFIGURE_SECONDS
        return True

    def configured(self, now: float) -> None:
        """It accepted the scenario."""
        self.state = LineState.OPEN
        self.told = self.old = self._asked_again = False
        self._out_since = self._tell_at = self._due_since = None
        self._renew_at = now + RENEW_SECONDS
        self._heard_at = now

    def heard(self, now: float) -> None:
        """It sent something."""
        self._heard_at = now

    def useful(self) -> None:
        """It does what it is there for. That it connected proves nothing: some do so only to break off again."""
        self._tries = 0
        self._asked_again = False

    def gone(self, now: float, retry_after: float | None) -> bool:
        """It is gone, or was not reached; plans the next dial. False when one is wanted, and no try is left."""
        self.state = LineState.CLOSED
        if not self.wanted:
            return True
        if retry_after is not None and retry_after >= A_WORD_SECONDS:
            self._tries = max(0, self._tries - 1)
        self._out_since = now if self._out_since is None else self._out_since
        longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**self._tries)
        self._dial_at = now + (retry_after or 0.0) + self._chance() * longest
        if self._tries >= TRIES or self._dial_at >= self._out_since + OUTAGE_SECONDS:
            return False
        self.state = LineState.WAITING
        return True

    def expect(self, answer: bool, now: float) -> None:
        """Whether an answer of the upstream is due."""
        if not answer:
            self._due_since = None
        elif self._due_since is None:
            self._due_since = now

    # Time

    @property
    def deadline(self) -> float | None:
        """When to call `step`."""
        if self.state is LineState.OPEN:
            stalls, renews = self._stalls_at, None if self.old else self._renew_at
            return renews if stalls is None else stalls if renews is None else min(stalls, renews)
        times = [self._tell_at]
        if self._out_since is not None and self.wanted:
            times.append(self._out_since + OUTAGE_SECONDS)
        if self.state is LineState.WAITING:
            times.append(self._dial_at)
        if self.state is LineState.CONFIGURING:
            times.append(self._configure_by)
        return min((at for at in times if at is not None), default=None)

    def step(self, now: float) -> Step | None:
        """What is to be done now, one thing at a time; None when nothing is."""
        if self.wanted and self._out_since is not None and now >= self._out_since + OUTAGE_SECONDS:
            return Step.GIVE_UP
        if self._tell_at is not None and now >= self._tell_at:
            self._tell_at = None
            return Step.TELL
        if self.state is LineState.WAITING and now >= self._dial_at:
            return Step.DIAL
        if self.state is LineState.CONFIGURING and now >= self._configure_by:
            return Step.REPLACE
        if self.open and self._renew_at is not None and now >= self._renew_at:
            self.old = True
        if self._stalls_at is not None and now >= self._stalls_at:
            again, self._asked_again, self._heard_at = self._asked_again, True, now
            return Step.REPLACE if again else Step.ASK_AGAIN
        return None

    @property
    def _stalls_at(self) -> float | None:
        if self._due_since is None or self.state is not LineState.OPEN:
            return None
        return max(self._due_since, self._heard_at) + STALL_SECONDS
