"""The line to the upstream, step by step and against a made-up provider: one at a time, patient, but not for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vivavoce.session.line import (
    CONFIGURE_SECONDS,
    LONGEST_WAIT_SECONDS,
    OUTAGE_SECONDS,
    RENEW_SECONDS,
    STALL_SECONDS,
    TRIES,
    UNNOTICED_SECONDS,
    Line,
    LineState,
    Step,
    refuses,
)


def open_line(chance: float = 0.5, now: float = 0.0) -> Line:
    line = Line(lambda: chance)
    assert line.want(now)
    assert line.answered(now)
    line.configured(now)
    return line


def test_the_waits_double_up_to_the_longest_and_chance_shortens_them() -> None:
    line = open_line(chance=0.5)
    line.useful()
    now, waits = 100.0, []
    while line.gone(now, None):
        assert line.deadline is not None
        waits.append(line.deadline - now)
        now = line.deadline
        assert line.step(now) is Step.DIAL
        line.dial(now)
    assert waits == [0.125, 0.25, 0.5, 1.0, 2.0]
    assert len(waits) == TRIES


@given(st.floats(0, 1, exclude_max=True), st.integers(0, TRIES - 1))
def test_no_wait_is_longer_than_the_longest(chance: float, failures: int) -> None:
    line = open_line(chance)
    line.useful()
    now = 0.0
    for _ in range(failures):
        line.gone(now, None)
        line.dial(now)
    assert line.gone(now, None)
    assert line.deadline is not None
    assert 0 <= line.deadline - now <= LONGEST_WAIT_SECONDS


def test_an_upstream_that_connects_and_breaks_off_again_is_not_tried_for_ever() -> None:
    """The budget comes back with the first useful event and not with the connection."""
    line, dials = open_line(), 1
    while line.gone(0.0, None):
        line.dial(0.0)
        line.answered(0.0)
        line.configured(0.0)
        dials += 1
    assert dials == TRIES


def test_a_useful_event_gives_all_tries_back() -> None:
    line = open_line()
    for _ in range(3 * TRIES):
        assert line.gone(0.0, None)
        line.dial(0.0)
        line.answered(0.0)
        line.configured(0.0)
        line.useful()


def test_what_the_upstream_asks_for_is_waited() -> None:
    line = open_line(chance=0.0)
    line.useful()
    assert line.gone(10.0, retry_after=7.0)
    assert line.deadline == 17.0


def test_a_wait_that_would_outlast_the_patience_is_not_begun() -> None:
    line = open_line(chance=0.0)
    line.useful()
    assert not line.gone(10.0, retry_after=OUTAGE_SECONDS)
    assert line.state is LineState.CLOSED


def test_a_wait_that_was_asked_for_is_no_try_in_vain() -> None:
    line = open_line(chance=0.0)
    line.useful()
    line.gone(0.0, None)
    now = 0.0
    for _ in range(3 * TRIES):
        line.dial(now)
        assert line.gone(now, retry_after=1.5)
        now += 1.5
    line.dial(now)
    while line.gone(now, retry_after=0.0):  # but who asks for nothing gets no more than the others
        line.dial(now)
    assert now < OUTAGE_SECONDS


def test_an_outage_is_given_up_after_its_time_whatever_the_line_does() -> None:
    line = open_line(chance=0.0)
    line.useful()
    line.gone(10.0, retry_after=5.0)
    line.dial(15.0)
    assert line.step(10.0 + OUTAGE_SECONDS - 0.1) is None
    assert line.deadline == 10.0 + OUTAGE_SECONDS
    assert line.step(10.0 + OUTAGE_SECONDS) is Step.GIVE_UP


def test_a_first_dial_that_fails_is_tried_again_like_any_other() -> None:
    line = Line(lambda: 0.0)
    assert line.want(0.0)
    assert line.gone(0.0, None)
    assert line.step(0.0) is Step.DIAL


def test_an_upstream_that_takes_no_scenario_is_replaced() -> None:
    line = Line(lambda: 0.0)
    line.want(0.0)
    line.answered(1.0)
    assert line.step(1.0 + CONFIGURE_SECONDS) is Step.REPLACE
    assert line.replace(1.0 + CONFIGURE_SECONDS)  # it is connected, so it is to be closed
    assert line.gone(12.0, None)
    assert line.state is LineState.WAITING


def test_a_line_that_is_let_go_while_it_is_dialled_is_closed_when_it_answers() -> None:
    line = Line(lambda: 0.0)
    line.want(0.0)
    assert not line.let_go()  # there is nothing to close yet
    assert not line.answered(1.0)
    assert line.gone(1.0, None)
    assert line.state is LineState.CLOSED


def test_who_wants_a_line_that_is_closing_gets_another_after_it() -> None:
    line = open_line()
    assert line.let_go()
    assert not line.want(1.0)  # the old one is still there
    assert line.gone(2.0, None)
    assert line.state is LineState.WAITING


def test_nothing_more_happens_to_a_line_that_was_let_go() -> None:
    line = open_line()
    line.expect(True, 0.0)
    line.gone(1.0, None)
    assert not line.let_go()
    assert (line.state, line.deadline, line.step(1e9)) == (LineState.CLOSED, None, None)


def test_a_line_is_old_after_fifty_minutes_and_a_new_one_is_young() -> None:
    line = open_line(now=100.0)
    assert line.deadline == 100.0 + RENEW_SECONDS
    line.step(100.0 + RENEW_SECONDS - 1)
    assert not line.old
    line.step(100.0 + RENEW_SECONDS)
    assert line.old
    assert line.deadline is None
    line.replace(4000.0)
    line.gone(4000.0, None)
    line.dial(4000.0)
    line.answered(4000.0)
    line.configured(4000.0)
    line.step(4001.0)
    assert not line.old


def test_a_change_is_mentioned_only_when_it_takes_long() -> None:
    line = open_line()
    line.replace(10.0)
    assert line.deadline == 10.0 + UNNOTICED_SECONDS
    assert line.step(10.0 + UNNOTICED_SECONDS) is Step.TELL
    assert line.step(10.0 + UNNOTICED_SECONDS) is None


def test_silence_while_an_answer_is_due_first_asks_again_and_then_takes_another_line() -> None:
    line = open_line()
    line.expect(True, 5.0)
    line.heard(6.0)
    assert line.deadline == 6.0 + STALL_SECONDS
    assert line.step(5.9 + STALL_SECONDS) is None
    assert line.step(6.0 + STALL_SECONDS) is Step.ASK_AGAIN
    assert line.step(6.0 + STALL_SECONDS) is None
    assert line.step(6.0 + 2 * STALL_SECONDS) is Step.REPLACE


def test_silence_when_no_answer_is_due_is_silence() -> None:
    line = open_line()
    line.expect(True, 0.0)
    line.expect(False, 1.0)
    assert line.step(1000.0) is None
    assert line.deadline == RENEW_SECONDS


def test_an_answer_that_came_makes_the_next_silence_a_first_one() -> None:
    line = open_line()
    line.expect(True, 0.0)
    assert line.step(STALL_SECONDS) is Step.ASK_AGAIN
    line.useful()
    line.heard(20.0)
    assert line.step(20.0 + STALL_SECONDS) is Step.ASK_AGAIN


class Provider(RuleBasedStateMachine):
    """A call that does whatever it likes with a line to a provider that does so, too."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.line = Line(lambda: 0.7)
        self.dialling = self.there = self.told_to_close = False
        self.out_since: float | None = None

    def _dialled(self) -> None:
        assert not self.dialling and not self.there, "two upstreams"
        self.dialling = True

    def _closed(self, close: bool) -> None:
        assert not close or self.there, "there is nothing to close"
        self.told_to_close |= close

    @rule()
    def want(self) -> None:
        if self.line.want(self.now):
            self._dialled()

    @rule()
    def let_go(self) -> None:
        self._closed(self.line.let_go())

    @rule()
    @precondition(lambda self: self.line.open)
    def replace(self) -> None:
        self._closed(self.line.replace(self.now))

    @rule()
    @precondition(lambda self: self.dialling)
    def answer(self) -> None:
        self.dialling, self.there = False, True
        if not self.line.answered(self.now):
            self.told_to_close = True

    @rule()
    @precondition(lambda self: self.line.state is LineState.CONFIGURING)
    def configure(self) -> None:
        self.line.configured(self.now)

    @rule(useful=st.booleans())
    @precondition(lambda self: self.there)
    def send(self, useful: bool) -> None:
        self.line.heard(self.now)
        if useful:
            self.line.useful()

    @rule(retry_after=st.none() | st.floats(0, 40))
    @precondition(lambda self: self.dialling or self.there)
    def go(self, retry_after: float | None) -> None:
        self.dialling = self.there = self.told_to_close = False
        if not self.line.gone(self.now, retry_after):
            self._closed(self.line.let_go())

    @rule(due=st.booleans())
    def expect(self, due: bool) -> None:
        self.line.expect(due, self.now)

    @rule(seconds=st.floats(0, 40))
    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(100):
            deadline = self.line.deadline
            if deadline is None or deadline > until:
                break
            self.now = max(self.now, deadline)
            match self.line.step(self.now):
                case Step.DIAL:
                    self.line.dial(self.now)
                    self._dialled()
                case Step.REPLACE:
                    self._closed(self.line.replace(self.now))
                case Step.GIVE_UP:
                    self._closed(self.line.let_go())
                case None:
                    assert self.line.old and self.line.deadline != deadline, "a deadline without a step"
        else:
            raise AssertionError("it goes round in circles")
        self.now = until

    @invariant()
    def the_line_knows_what_is_there(self) -> None:
        assert self.line.connected == (self.there and not self.told_to_close)
        assert (self.line.state is LineState.CLOSING) == (
            self.told_to_close or (self.dialling and self.line.state is not LineState.DIALLING)
        )
        assert (self.line.state in (LineState.CLOSED, LineState.WAITING)) == (not self.dialling and not self.there)

    @invariant()
    def who_waits_for_a_line_does_not_wait_for_ever(self) -> None:
        if self.line.wanted and not self.line.open:
            assert self.line.deadline is not None
            assert self.line.deadline <= self.now + OUTAGE_SECONDS


TestProvider = Provider.TestCase


@pytest.mark.parametrize("code", [400, 401, 403, 404, 3000, 4000, 4004])
def test_what_comes_back_however_often_one_tries(code: int) -> None:
    assert refuses(code, "")


@pytest.mark.parametrize(
    "reason",
    ["insufficient_quota", "invalid_request_error.invalid_api_key", "the upstream answered 429: account_deactivated"],
)
def test_a_reason_may_say_that_there_is_no_use_in_trying(reason: str) -> None:
    assert refuses(1011, reason)


@pytest.mark.parametrize("code", [0, 302, 408, 429, 500, 503, 1000, 1001, 1005, 1006, 1011, 1012, 1013])
def test_what_may_be_another_in_a_moment(code: int) -> None:
    assert not refuses(code, "insufficient patience, not_insufficient_quota")
