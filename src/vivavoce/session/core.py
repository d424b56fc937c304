"""The actor of one call.

The contract: hand every input to `handle` in the order in which it happened, perform the effects in the order in which
they come, and hand in `DeadlinePassed` when `deadline` has come. All times are seconds on one clock of the host's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from vivavoce.lesson.tools import QUIZ_ANSWERED
from vivavoce.lesson.transcript import Transcript
from vivavoce.protocol.browser import Append, BrowserError, read_browser
from vivavoce.scenario.model import Scenario
from vivavoce.session.browser_rules import from_browser
from vivavoce.session.call import About, Call, Phase
from vivavoce.session.effects import Effect
from vivavoce.session.ending import (
    TAKEN_OVER,
    begin_ending,
    end_at_once,
    fenced,
    finish,
    go_on_ending,
    grade_timed_out,
    settle,
    tool_finished,
)
from vivavoce.session.flow import Flow, flow_of, moment, speech_flowed, voice_flowed
from vivavoce.session.inputs import (
    BinaryReceived,
    Committed,
    Connected,
    DeadlinePassed,
    Disconnected,
    Expired,
    Fenced,
    Input,
    Peer,
    Received,
    SpeechFlowed,
    Stop,
    Stopping,
    Superseded,
    ToolFinished,
    VoiceFlowed,
)
from vivavoce.session.landing import land, pay_time, touch_down
from vivavoce.session.line_rules import line_due, upstream_connected, upstream_gone, watch_line
from vivavoce.session.opening import earn_again
from vivavoce.session.past import Past
from vivavoce.session.presence import browser_came, browser_left, browser_stays_away
from vivavoce.session.rest import drain, fall_asleep, rest_when_quiet
from vivavoce.session.restore import restore
from vivavoce.session.spending import Purse
from vivavoce.session.upstream_rules import from_upstream


class Session:
    """One call of one learner with one persona, between a browser and an upstream."""

    def __init__(
        self,
        *,
        scenario: Scenario,
        user: str,
        session_id: str,
        upstream: str,
        model: str,
        chance: Callable[[], float],
        transcription_model: str = "gpt-4o-mini-transcribe",
        raw: bool = False,
        seed: Transcript = (),
        retry_of: str | None = None,
        past: Past | None = None,
        purse: Purse | None = None,
    ) -> None:
        """`upstream` is openai, azure, compatible or embedded; `chance` gives numbers from 0 up to 1.

        `purse` is what the call pays from; without one it costs nothing.
        With `seed`, the lines of the call `retry_of` before the turn that is tried again, this call goes on from there.
        With `past` it is a call that has been, put together again from its record: it sleeps until a browser comes.
        That takes a second for an hour of talk, so a host with other calls does it in a thread.
        """
        earlier = tuple(sorted(seed, key=lambda line: line.order))
        about = About(scenario, user, session_id, upstream, model, transcription_model, raw, earlier, retry_of)
        self._call = Call(about, chance, purse or Purse())
        if past is None:
            earn_again(self._call)
        else:
            restore(self._call, past)

    @property
    def deadline(self) -> float | None:
        """When `DeadlinePassed` is due, on the clock of `now`; None when nothing is."""
        return min(self._call.deadlines.values(), default=None)

    @property
    def elapsed(self) -> float:
        """The second of the call at the last input: 0.0 until the persona can be spoken with.

        Lines, records and recorded sound are all on this clock.
        """
        return self._call.elapsed

    @property
    def resumable(self) -> bool:
        """Whether a browser may come back: the call goes on or its quiz is open."""
        return self._call.browser.seen and not self._call.finished

    @property
    def finished(self) -> bool:
        """Whether only commits are still of interest; `Finish` comes after the last of them."""
        return self._call.finished

    @property
    def ended_reason(self) -> str | None:
        return self._call.ended_reason

    @property
    def flow(self) -> Flow:
        """What the host may send straight on until the next input, which tells of it first."""
        return flow_of(self._call)

    def asks(self, item_id: str) -> bool:
        """Whether this question of the quiz was asked, and waits for its answer."""
        lesson = self._call.lesson
        return not self._call.finished and item_id in lesson.quiz_items and item_id not in lesson.marks

    def handle(self, event: Input, now: float) -> list[Effect]:
        """Apply one input and return what the host is to do, in order."""
        call = self._call
        call.now = moment(now)
        moved = True  # what only flows through leaves nothing to do, and most frames do
        match event:
            case _ if call.finished and not isinstance(event, Committed | Fenced):
                pass
            case Received(Peer.UPSTREAM, frame):
                moved = call.line.connected and from_upstream(call, frame)
            case Received(_, frame):
                moved = self._from_browser(frame)
            case Committed(seq):
                call.committed(seq)
            case Connected(Peer.BROWSER, after, resume_token):
                browser_came(call, after, resume_token)
            case Connected():
                upstream_connected(call)
            case SpeechFlowed():
                speech_flowed(call, event)
                moved = False
            case VoiceFlowed():
                voice_flowed(call, event)
                moved = False
            case BinaryReceived(peer, _):
                self._binary(peer)
            case Disconnected(Peer.BROWSER, code):
                browser_left(call, code)
            case Disconnected(_, code, reason, retry_after):
                upstream_gone(call, code, reason, retry_after)
            case ToolFinished(call_id, outcome):
                tool_finished(call, call_id, outcome)
            case DeadlinePassed():
                self._deadlines_passed()
            case Expired() | Superseded() if call.phase is Phase.ASLEEP:
                begin_ending(call, "learner_left")
            case Superseded():
                code, reason = TAKEN_OVER
                end_at_once(call, reason, code)
            case Fenced():
                fenced(call)
            case Expired():
                pass
            case Stop(reason):
                land(call, reason)
            case Stopping():
                drain(call)
            case _:
                assert_never(event)
        if moved:
            rest_when_quiet(call)
            call.ask_for_response()
            watch_line(call)
            call.sleep_if_tired()
        effects, call.effects = call.effects, []
        return effects

    def _from_browser(self, frame: bytes) -> bool:
        """False when it was only sound, which decides nothing by itself."""
        call = self._call
        moved = True
        fits = call.browser.events.take(1, call.now)
        try:
            event = read_browser(frame)
            if isinstance(event, Append):
                fits = fits and call.browser.audio.take(event.size, call.now)
                moved = call.resting
            if fits:
                from_browser(call, event)
        except BrowserError as error:
            if fits:
                call.refuse(error)
        if not fits:
            end_at_once(call, "policy_flood", 4008)
        return moved or not fits

    def _binary(self, peer: Peer) -> None:
        if peer is Peer.BROWSER and not self._call.browser.events.take(1, self._call.now):
            end_at_once(self._call, "policy_flood", 4008)
        elif peer is Peer.BROWSER:
            self._call.refuse(BrowserError("invalid_event", "Expected a text message; binary ones are not supported."))

    def _deadlines_passed(self) -> None:
        call = self._call
        due = sorted(name for name, at in call.deadlines.items() if at <= call.now)
        for name in due:
            if name not in call.deadlines:  # an earlier one ended the call
                continue
            if name != "settle":
                del call.deadlines[name]
            kind, _, detail = name.partition(":")
            match kind:
                case "line":
                    line_due(call)
                case "warn":
                    left = f"{detail} seconds left." if int(detail) != 60 else "One minute left."
                    call.notice("info", "time_left", left, seconds_left=int(detail))
                case "limit":
                    begin_ending(call, "time_limit")
                case "closing":
                    begin_ending(call, "lesson_graded")
                case "purse":
                    pay_time(call)
                case "landing":
                    touch_down(call)
                case "grace":
                    browser_stays_away(call)
                case "rest":
                    fall_asleep(call)
                case "awake":
                    go_on_ending(call)
                case "settle":
                    settle(call)
                case "grade":
                    grade_timed_out(call)
                case "regrade":
                    grade_timed_out(call, QUIZ_ANSWERED)
                case "linger":
                    finish(call)
                case _:
                    raise AssertionError(f"unknown deadline {name}")
