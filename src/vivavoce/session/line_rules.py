"""What becomes of the call when its upstream comes, goes or falls silent, and what the learner is told of it."""

from __future__ import annotations

from vivavoce.protocol.message import Event, get_text
from vivavoce.session.browser_rules import flush_waiting
from vivavoce.session.call import Call, Phase
from vivavoce.session.configuration import only_text, session_object
from vivavoce.session.effects import Close, Dial
from vivavoce.session.ending import begin_ending, settle
from vivavoce.session.heard import LearnerTimes
from vivavoce.session.inputs import Peer
from vivavoce.session.landing import watch_purse
from vivavoce.session.lesson_rules import record_line
from vivavoce.session.line import LineState, Step, refuses
from vivavoce.session.opening import open_conversation
from vivavoce.session.response import ResponseOwner
from vivavoce.session.silence import Silence

TOO_MANY_REQUESTS = 429
WORDS_COUNT = (Phase.CONNECTING, Phase.LIVE, Phase.SETTLING)

# How often in a row an answer may fail on the side of the upstream, until the next remedy is tried.
ASK_AGAIN, NEW_UPSTREAM, WITHOUT_VOICE = 1, 2, 3

NOT_THERE = "The voice service does not answer. It is being tried again."
BUSY = "The voice service is busy just now. It is being tried again."
LOST = "The voice service is gone for a moment, and is being called back. You can go on by typing meanwhile."
SAY_IT_AGAIN = " What you just said was lost: please say it again when the service is back."
BACK = "The voice service is back. Go on."
SLOW = "The answer takes long. It is being asked for again."
VOICE_FAILED = "The voice does not work just now. The answers come in writing; you can go on speaking or typing."
ANSWER_FAILED = "The answer failed. Say it once more, or type it."


def upstream_connected(call: Call) -> None:
    line = call.line
    call.purse.paid_until = call.elapsed
    if not line.answered(call.now):  # nobody wants it any more
        call.effects.append(Close(Peer.UPSTREAM, 1000, "the call is over"))
        return
    scenario, trust = call.scenario, call.stance.trust
    session = session_object(scenario, trust, call.about.transcription_model, voiced=not line.voiceless)
    line.asked_for = call.to_upstream({"type": "session.update", "session": session})


def upstream_ready(call: Call) -> None:
    """It accepted the scenario: it is told what was said so far, and then what the browser sent meanwhile."""
    was_told = call.line.told
    call.line.configured(call.now)
    if call.phase is Phase.CONNECTING:
        call.phase = Phase.LIVE
        call.start_clock()
    open_conversation(call)
    flush_waiting(call)
    watch_purse(call)
    if was_told:
        call.notice("info", "upstream_back", BACK)


def upstream_gone(call: Call, code: int, reason: str, retry_after: float | None) -> None:
    """It is lost, or was not reached. What only it knew is lost with it; the rest is in our record."""
    line = call.line
    if line.connected:
        call.pay_off()
    intended = line.state is LineState.CLOSING
    words_lost = call.phase in WORDS_COUNT and lose_conversation(call)
    may_try = line.gone(call.now, retry_after)
    if refuses(code, reason) and not intended:
        begin_ending(call, "provider_refused")
    elif not may_try:
        give_up(call)
    elif line.wanted and (words_lost or not intended) and call.phase in (Phase.CONNECTING, Phase.LIVE):
        tell_of_outage(call, busy=code == TOO_MANY_REQUESTS, words_lost=words_lost)
    settle(call)


def give_up(call: Call) -> None:
    """No upstream is to be had. Where nobody is there to be told, that is no reason to end: the call sleeps."""
    if call.browser.connected:
        begin_ending(call, "provider_unavailable")
    elif call.phase in (Phase.CONNECTING, Phase.LIVE):
        call.deadlines["rest"] = call.now


def tell_of_outage(call: Call, *, busy: bool = False, words_lost: bool = False) -> None:
    """Say once why nothing is heard."""
    if call.line.told and not words_lost:
        return
    call.line.told = True
    why = BUSY if busy else NOT_THERE if call.phase is Phase.CONNECTING else LOST
    call.notice("warning", "upstream_lost", why + SAY_IT_AGAIN if words_lost else why)


def replace_upstream(call: Call) -> None:
    """Take another upstream; it is dialled as soon as this one is gone."""
    if call.line.replace(call.now):
        call.pay_off()
        call.effects.append(Close(Peer.UPSTREAM, 1000, "another connection takes over"))


def line_due(call: Call) -> None:
    """A deadline of the line has come."""
    match call.line.step(call.now):
        case Step.DIAL:
            call.line.dial(call.now)
            call.effects.append(Dial())
        case Step.GIVE_UP:
            give_up(call)
        case Step.TELL:
            tell_of_outage(call)
        case Step.ASK_AGAIN:
            call.notice("info", "slow_answer", SLOW)
            if call.responses.active is not None:
                call.to_upstream({"type": "response.cancel"})
            call.responses.ask_again()
        case Step.REPLACE:
            tell_of_outage(call)
            replace_upstream(call)
        case None:
            pass


def watch_line(call: Call) -> None:
    """After every input: is an answer due, is it time for another upstream, when is the next look?"""
    line = call.line
    heeded = call.responses.due and call.phase is Phase.LIVE and call.browser.connected
    line.expect(heeded, call.now)
    if line.old and line.open and call.phase is Phase.LIVE and _nobody_speaks(call):
        replace_upstream(call)
    deadline = line.deadline
    if deadline is not None:
        call.deadlines["line"] = deadline
    else:
        call.deadlines.pop("line", None)


def answer_failed(call: Call, error: Event) -> None:
    """The upstream could not make an answer. If it is the upstream that is unwell, try what may help, in this order."""
    if not is_server_error(error):
        call.notice("warning", "answer_failed", ANSWER_FAILED)
        return
    call.line.failures += 1
    match call.line.failures:
        case n if n == ASK_AGAIN:
            call.responses.ask_again()
        case n if n == NEW_UPSTREAM:
            call.responses.ask_again()
            tell_of_outage(call)
            replace_upstream(call)
        case n if n == WITHOUT_VOICE:
            call.line.voiceless = True
            call.notice("warning", "voice_failed", VOICE_FAILED)
            call.to_upstream({"type": "session.update", "session": only_text()})
            call.responses.ask_again()
        case _:
            call.notice("warning", "answer_failed", ANSWER_FAILED)


def is_server_error(error: Event) -> bool:
    return "server_error" in (get_text(error, "code"), get_text(error, "type"))


def lose_conversation(call: Call) -> bool:
    """No upstream knows the conversation any more. Returns whether words of the learner's are lost with it.

    Typed words that it did not take yet will be sent to the next one, and what it was about to answer is owed.
    """
    browser = call.browser
    spoken = call.transcript.awaiting - browser.posted.keys()
    words_lost = call.hearing.speaking or bool(spoken)
    browser.waiting[:0] = browser.posted.values()
    browser.posted.clear()
    line = call.transcript.upstream_lost(call.elapsed)
    record_line(call, line)
    call.line.cut_off = call.line.cut_off or (line is not None and not words_lost)
    call.hearing = LearnerTimes(call.scenario.turn_detection)
    call.silence = Silence()
    call.functions.new_conversation()
    if words_lost:  # they would be answered without being known; they will be said again
        call.responses = ResponseOwner()
    else:
        call.responses.upstream_lost()
    return words_lost


def _nobody_speaks(call: Call) -> bool:
    return not call.outstanding and call.responses.idle and not call.functions.running
