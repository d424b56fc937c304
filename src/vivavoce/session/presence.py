"""The browser comes, goes, stays away, and comes back.

Who leaves does not hear the persona any more: what was being said is cut off there, and when somebody is back it is
said what was missed, and the persona answers anew. Who stays away loses nothing: the call sleeps.
"""

from __future__ import annotations

from vivavoce.lesson.hints import rungs_left
from vivavoce.protocol.audio import duration_ms
from vivavoce.protocol.coming_back import LINGER_SECONDS, RESUMABLE_SECONDS
from vivavoce.protocol.message import Event
from vivavoce.scenario.public import privacy_view, public_view
from vivavoce.session.call import Call, Phase
from vivavoce.session.ending import begin_ending, finish
from vivavoce.session.lesson_rules import record_line
from vivavoce.session.line_rules import LOST
from vivavoce.session.rest import come_to_rest, wake

GRACE_SECONDS = 30.0
"""How long the upstream is kept for a browser that left (promise P7)."""
LEFT_ON_PURPOSE = 1000
"""The close code of a page that has everything."""


def browser_came(call: Call, after: int | None, resume_token: str) -> None:
    """A browser is there: the first one, or one that comes back, also in the place of one that still seemed there."""
    browser = call.browser
    if browser.connected and call.phase is Phase.LIVE:
        _stop_talking(call)
    resumed, browser.seen, browser.connected = browser.seen, True, True
    call.deadlines.pop("grace", None)
    if call.dismissal is None:
        call.deadlines.pop("rest", None)
    call.preview_event(_hello(call, resumed, resume_token))
    if resumed:
        call.replay(after or 0)
        _tell_what_was_missed(call)
        if call.line.told:
            call.notice("warning", "upstream_lost", LOST)
    if call.phase is Phase.ASLEEP:
        wake(call)
    elif not resumed:
        call.want_upstream()
    elif call.phase is Phase.ENDED:
        call.deadlines.setdefault("linger", call.now + LINGER_SECONDS)


def browser_left(call: Call, code: int) -> None:
    call.browser.connected = False
    if call.phase is Phase.ENDED and code == LEFT_ON_PURPOSE:
        finish(call)
        return
    if call.phase is Phase.LIVE:
        _stop_talking(call)
    if call.phase is not Phase.ASLEEP:
        call.deadlines["grace"] = call.now + GRACE_SECONDS


def browser_stays_away(call: Call) -> None:
    """The grace is over."""
    if call.phase is Phase.ENDED:
        finish(call)
    elif call.lesson.graded:
        begin_ending(call, "lesson_graded")
    elif call.phase in (Phase.CONNECTING, Phase.LIVE):
        come_to_rest(call)


def persona_sounds(call: Call, size: int) -> None:
    """`size` bytes of the persona's voice go to the browser, if that is there to hear them."""
    if call.browser.connected:
        call.transcript.audio_sent([size], [call.elapsed])
    else:
        call.browser.missed_seconds += duration_ms(size) / 1000
        record_line(call, call.transcript.audio_lost(call.elapsed))


def break_off(call: Call) -> None:
    """The response that is being made reaches nobody: the persona answers when somebody is there again."""
    call.to_upstream({"type": "response.cancel"})
    call.responses.owe("vv_back", landed=True)


def _stop_talking(call: Call) -> None:
    """What the persona is saying is heard no further than now."""
    missed = call.transcript.playing_until - call.elapsed
    if missed > 0:
        call.browser.missed_seconds += missed
        call.responses.owe("vv_back", landed=True)
    cut = call.transcript.cut_off(call.elapsed, speaking=call.responses.active is not None)
    for item_id, heard_ms, line in cut:
        if call.transcript.in_upstream(item_id):
            truncate: Event = {"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0}
            call.to_upstream({**truncate, "audio_end_ms": heard_ms})
        record_line(call, line)
    if call.responses.active is not None:
        break_off(call)


def _tell_what_was_missed(call: Call) -> None:
    missed, call.browser.missed_seconds = round(call.browser.missed_seconds, 1), 0.0
    if missed > 0:
        message = "The connection was gone for a moment, and with it a part of what was said."
        call.notice("info", "audio_gap", message, seconds=missed)


def _hello(call: Call, resumed: bool, resume_token: str) -> Event:
    return {
        "type": "vivavoce.hello",
        "session_id": call.about.session_id,
        "scenario": public_view(call.scenario),
        "user": call.about.user,
        "upstream": call.about.upstream,
        "model": call.about.model,
        "elapsed_seconds": round(call.elapsed, 3),
        "max_seconds": call.scenario.limits.max_seconds,
        "hints": rungs_left(call.scenario, call.so_far),
        "hint_cost": max((hint.cost for hint in call.scenario.support.hints), default=0.0),
        "privacy": privacy_view(call.scenario),
        "retry_of": call.about.retry_of,
        "resumed": resumed,
        "resume_token": resume_token,
        "resumable_seconds": RESUMABLE_SECONDS,
        "seq": call.seq,
    }
