"""A call pays for what it uses, and one that may go on no longer is brought to its end softly.

Softly: the learner is told, the persona says its goodbye, and the grade is given as after any other end.
"""

from __future__ import annotations

from vivavoce.protocol.message import Event
from vivavoce.protocol.usage import response_usage, transcription_usage
from vivavoce.scenario.prompt import closing_item_text
from vivavoce.session.call import Call, Phase
from vivavoce.session.ending import CLOSING_SECONDS, begin_ending

NOTICES = {
    "budget_spent": (
        "budget_low",
        "What this call may cost is nearly used up, so it comes to its end now. You still get your grade.",
    ),
    "operator_stopped": (
        "operator_stopped",
        "Whoever runs this server is ending the calls. This one comes to its end now, and you still get your grade.",
    ),
}
"""By the reason for the end: the code of the notice before it, and its words."""


def pay_response(call: Call, response: Event) -> None:
    call.spend(call.purse.answered(call.about.model, response_usage(response), call.elapsed))
    watch_purse(call)


def pay_transcription(call: Call, event: Event) -> None:
    call.spend(call.purse.written_down(call.about.transcription_model, transcription_usage(event)))
    watch_purse(call)


def pay_time(call: Call) -> None:
    """A model that is billed by the minute has used up what there was."""
    if call.line.connected:
        call.pay_time()
        watch_purse(call)


def watch_purse(call: Call) -> None:
    """Land while there is still enough for a goodbye; without one when there is not."""
    if call.phase is not Phase.LIVE:
        return
    if call.purse.empty:
        begin_ending(call, "budget_spent")
    elif call.purse.low:
        land(call, "budget_spent")
    elif (lasts := call.purse.lasts) is not None:
        call.deadlines["purse"] = call.now + lasts


def land(call: Call, reason: str) -> None:
    """Have the persona say goodbye, then end the call for this reason; at once where nobody would hear it."""
    if call.landing is not None:
        return
    heard = call.phase is Phase.LIVE and call.line.open and call.browser.connected and not call.resting
    if not heard:
        begin_ending(call, reason)
        return
    call.landing = reason
    code, message = NOTICES[reason]
    call.notice("warning", code, message)
    content = [{"type": "input_text", "text": closing_item_text(call.scenario)}]
    call.post_item({"type": "message", "role": "system", "content": content})
    call.deadlines["landing"] = call.now + CLOSING_SECONDS


def touch_down(call: Call) -> None:
    """The goodbye is said, or has taken too long."""
    if call.landing is not None:
        begin_ending(call, call.landing)
