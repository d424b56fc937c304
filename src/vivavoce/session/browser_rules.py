"""What each event of the browser does. They were checked by `protocol.browser`; everything sent on is written anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vivavoce.protocol.browser import (
    Append,
    BrowserError,
    BrowserEvent,
    CancelResponse,
    Clear,
    Commit,
    Consent,
    CreateResponse,
    End,
    HintRequest,
    QuizAnswer,
    Truncate,
    UserText,
)
from vivavoce.protocol.message import Event
from vivavoce.session.call import Call, Phase
from vivavoce.session.effects import Send
from vivavoce.session.ending import begin_ending
from vivavoce.session.inputs import Peer
from vivavoce.session.lesson_rules import give_hint, note_consent, record_line
from vivavoce.session.quiz_rules import answer_quiz

MAX_WAITING_EVENTS = 50
MAX_WAITING_AUDIO_BYTES = 3 * 48_000
"""Three seconds: speech from while there was no upstream that is worth keeping."""


def from_browser(call: Call, event: BrowserEvent) -> None:
    """Apply one event. Raises BrowserError when it does not fit the moment."""
    if isinstance(event, End | QuizAnswer | Consent) or (call.phase is Phase.LIVE and _may_act(call, event)):
        _RULES[type(event)](call, event)
    elif call.phase in (Phase.CONNECTING, Phase.LIVE):
        _keep(call, event)
    elif not isinstance(event, Append | Truncate | CancelResponse):  # these come late by nature
        raise BrowserError("invalid_value", "The call is over.", "type", event.event_id)


def flush_waiting(call: Call) -> None:
    """The upstream is there: what the browser sent before counts now."""
    waiting, call.browser.waiting = call.browser.waiting, []
    call.browser.waiting_audio_bytes = 0
    for event in waiting:
        try:
            from_browser(call, event)
        except BrowserError as error:
            call.refuse(error)


def _may_act(call: Call, event: BrowserEvent) -> bool:
    """What is for the upstream waits until that is there."""
    return call.line.open or isinstance(event, HintRequest | Truncate)


def _keep(call: Call, event: BrowserEvent) -> None:
    browser = call.browser
    if isinstance(event, CancelResponse):  # nothing is being said
        return
    if isinstance(event, Append):
        browser.waiting_audio_bytes += event.size
        while browser.waiting_audio_bytes > MAX_WAITING_AUDIO_BYTES:
            oldest = next(kept for kept in [*browser.waiting, event] if isinstance(kept, Append))
            browser.waiting_audio_bytes -= oldest.size
            if oldest is event:
                return
            browser.waiting.remove(oldest)
    elif sum(not isinstance(kept, Append) for kept in browser.waiting) >= MAX_WAITING_EVENTS:
        message = "Too many events while the voice service was away."
        raise BrowserError("rate_limit_exceeded", message, None, event.event_id)
    browser.waiting.append(event)


def _append(call: Call, event: Append) -> None:
    call.hearing.sent([event.size], [call.elapsed])
    call.effects.append(Send(Peer.UPSTREAM, event.frame))


def _commit(call: Call, event: Commit) -> None:
    call.to_upstream({"type": "input_audio_buffer.commit"}, event.event_id)


def _clear(call: Call, event: Clear) -> None:
    call.to_upstream({"type": "input_audio_buffer.clear"}, event.event_id)


def _cancel(call: Call, event: CancelResponse) -> None:
    if call.responses.active is None:
        message = "Cancellation failed: no active response found"
        raise BrowserError("response_cancel_not_active", message, None, event.event_id)
    call.to_upstream({"type": "response.cancel"}, event.event_id)


def _create(call: Call, event: CreateResponse) -> None:
    if call.responses.idle:
        call.responses.owe("browser", landed=True)


def _user_text(call: Call, event: UserText) -> None:
    if call.responses.active is not None:  # who types does not want to hear the rest
        call.to_upstream({"type": "response.cancel"})
    content = [{"type": "input_text", "text": event.text}]
    item_id = call.post_item({"type": "message", "role": "user", "content": content}, event.event_id)
    call.transcript.awaiting.add(item_id)
    call.browser.posted[item_id] = event


def _truncate(call: Call, event: Truncate) -> None:
    if not call.transcript.is_persona_item(event.item_id):
        message = f"Error truncating item: the item with id '{event.item_id}' does not exist."
        raise BrowserError("item_truncate_invalid_item_id", message, "item_id", event.event_id)
    audio_end_ms = min(event.audio_end_ms, call.transcript.audio_ms(event.item_id))
    truncate: Event = {"type": "conversation.item.truncate", "item_id": event.item_id, "content_index": 0}
    if call.transcript.in_upstream(event.item_id):
        call.to_upstream({**truncate, "audio_end_ms": audio_end_ms}, event.event_id)
    record_line(call, call.transcript.truncated(event.item_id, audio_end_ms, call.elapsed))


def _end(call: Call, event: End) -> None:
    begin_ending(call, "learner_ended")


_RULES: dict[type[Any], Callable[[Call, Any], None]] = {
    Append: _append,
    Commit: _commit,
    Clear: _clear,
    CancelResponse: _cancel,
    CreateResponse: _create,
    UserText: _user_text,
    Truncate: _truncate,
    End: _end,
    QuizAnswer: answer_quiz,
    HintRequest: give_hint,
    Consent: note_consent,
}
