"""What each event of the upstream does, before it is relayed. What is not listed is relayed as it came, redacted."""

from __future__ import annotations

from collections.abc import Callable

from vivavoce.protocol.audio import delta_size
from vivavoce.protocol.beta import GA_NAMES
from vivavoce.protocol.message import Event, MalformedFrame, event_type, get_object, get_text, read, write
from vivavoce.protocol.redact import is_plain, redact
from vivavoce.scenario.prompt import instructions
from vivavoce.scenario.stance import observe
from vivavoce.session.call import Call, Phase
from vivavoce.session.configuration import turn_detection
from vivavoce.session.ending import begin_ending, settle
from vivavoce.session.landing import pay_response, pay_transcription, touch_down
from vivavoce.session.lesson_rules import record_line
from vivavoce.session.line import FATAL_CODES, LineState
from vivavoce.session.line_rules import (
    answer_failed,
    is_server_error,
    replace_upstream,
    tell_of_outage,
    upstream_ready,
)
from vivavoce.session.presence import break_off, persona_sounds
from vivavoce.session.rebuild import PLANTED
from vivavoce.session.transcript import typed_text

TEXT_DELTAS = frozenset({"response.output_audio_transcript.delta", "response.output_text.delta"})
OUTPUT_DELTAS = TEXT_DELTAS | {"response.output_audio.delta"}

OWN_PREFIX = "vivavoce."
"""Of the events that only this server may send."""

PREVIEWS = frozenset(
    {
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.output_text.delta",
        "conversation.item.input_audio_transcription.delta",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
    }
)
"""Relayed at once as the bytes that came: they prove nothing, and a barge-in must not wait for a disk."""


def from_upstream(call: Call, frame: bytes) -> bool:
    """Apply and relay one frame. False when it only flows through, and decides nothing by itself.

    The upstream is trusted to mean well, not to be well made: a frame that cannot be read is dropped, unless it is a
    preview, and a field of an odd type counts as missing.
    """
    call.line.heard(call.now)
    try:
        kind = event_type(frame)
        if kind in GA_NAMES:
            frame = write({**read(frame), "type": GA_NAMES[kind]})
            kind = GA_NAMES[kind]
        if kind in PREVIEWS:
            return _preview(call, kind, frame)
        if kind.startswith(OWN_PREFIX):
            return False
        event = read(frame)
    except MalformedFrame:
        return False
    rule = _RULES.get(kind)
    if rule is not None:
        rule(call, event)
    if call.about.raw:
        call.relay(frame)
    elif not (_is_about_the_relay(event) or _is_planted(event) or call.silence.hides(event)):
        _show(call, event, frame)
    return rule is not None


def _show(call: Call, event: Event, frame: bytes) -> None:
    if is_plain(frame):
        call.relay(frame)
    elif (shown := redact(event)) is not None:
        call.relay(write(shown))


def _preview(call: Call, kind: str, frame: bytes) -> bool:
    live, moved = call.phase is Phase.LIVE, True
    if kind in OUTPUT_DELTAS:
        moved = not call.browser.connected or call.resting
        call.line.useful()
        call.responses.expected = False
        if live and kind in TEXT_DELTAS:
            call.transcript.persona_says([frame])
        elif live:
            persona_sounds(call, delta_size(frame))
    elif kind == "input_audio_buffer.speech_started":
        call.hearing.started(read(frame).get("audio_start_ms"), call.elapsed)
    elif kind == "input_audio_buffer.speech_stopped":
        call.hearing.stopped(read(frame).get("audio_end_ms"), call.elapsed)
    else:  # what the learner is being heard to say: a guess, until it is final
        moved = False
    if live:
        call.preview(frame)
    return moved


def _session_updated(call: Call, event: Event) -> None:
    if call.line.state is LineState.CONFIGURING:
        upstream_ready(call)


def _response_created(call: Call, event: Event) -> None:
    response = get_object(event, "response")
    call.transcript.persona_begins()
    call.responses.created(get_text(response, "id"), get_text(get_object(response, "metadata"), "vivavoce"))
    if call.phase is Phase.SETTLING or call.resting:  # nobody will hear it
        call.to_upstream({"type": "response.cancel"})
    elif not call.browser.connected:
        break_off(call)


def _response_done(call: Call, event: Event) -> None:
    response = get_object(event, "response")
    call.responses.done(get_text(response, "id"))
    pay_response(call, response)
    if response.get("status") == "failed":
        error = get_object(get_object(response, "status_details"), "error")
        if get_text(error, "code") in FATAL_CODES:
            begin_ending(call, "provider_refused")
            return
        answer_failed(call, error)
    elif response.get("status") == "completed":
        call.line.failures = 0
    if call.responses.idle and not call.functions.running:
        touch_down(call)
        if call.lesson.graded:
            begin_ending(call, "lesson_graded")
    settle(call)


def _item_added(call: Call, event: Event) -> None:
    item = get_object(event, "item")
    item_id = get_text(item, "id")
    call.responses.landed(item_id)
    call.browser.posted.pop(item_id, None)
    if item_id.startswith(PLANTED):
        return
    record_line(call, call.transcript.added(item, get_text(event, "previous_item_id"), call.elapsed))
    if item.get("role") == "user" and item.get("status") != "in_progress":
        _learner_said(call, typed_text(item))
    settle(call)


def _committed(call: Call, event: Event) -> None:
    began, ended = call.hearing.committed(call.elapsed)
    call.responses.expected = not call.silence.hides(event)
    call.transcript.committed(get_text(event, "item_id"), get_text(event, "previous_item_id"), began, ended)


def _timed_out(call: Call, event: Event) -> None:
    if call.silence.timed_out(get_text(event, "item_id")):
        _ask_after_silence(call, False)


def _ask_after_silence(call: Call, ask: bool) -> None:
    detection = turn_detection(call.scenario.turn_detection, ask_after=ask)
    session = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
    call.to_upstream({"type": "session.update", "session": session})


def _cleared(call: Call, event: Event) -> None:
    call.hearing.cleared()
    settle(call)


def _transcribed(call: Call, event: Event) -> None:
    text = get_text(event, "transcript")
    record_line(call, call.transcript.transcribed(get_text(event, "item_id"), text, call.elapsed))
    call.responses.expected = call.responses.expected and bool(text.strip())
    _learner_said(call, text)
    pay_transcription(call, event)
    settle(call)


def _transcription_failed(call: Call, event: Event) -> None:
    call.responses.expected = False
    call.transcript.transcription_failed(get_text(event, "item_id"))
    settle(call)


def _persona_said(call: Call, event: Event) -> None:
    text = get_text(event, "transcript") or get_text(event, "text")
    record_line(call, call.transcript.persona_said(get_text(event, "item_id"), text, call.elapsed))


def _part_added(call: Call, event: Event) -> None:
    if get_object(event, "part").get("type") == "audio":
        call.transcript.audio_part_added(get_text(event, "item_id"))


def _audio_done(call: Call, event: Event) -> None:
    record_line(call, call.transcript.audio_done(get_text(event, "item_id")))


def _arguments_delta(call: Call, event: Event) -> None:
    call.functions.arguments_delta(get_text(event, "call_id"), get_text(event, "delta"))


def _arguments_done(call: Call, event: Event) -> None:
    call.functions.arguments_done(get_text(event, "call_id"), get_text(event, "arguments"))


def _output_item_done(call: Call, event: Event) -> None:
    tool_call = call.functions.item_done(get_object(event, "item"))
    if tool_call is not None and call.phase is Phase.LIVE:
        call.line.useful()
        call.run_tool(tool_call)


def _error(call: Call, event: Event) -> None:
    detail = get_object(event, "error")
    code, ours = get_text(detail, "code"), get_text(detail, "event_id")
    call.responses.refused(ours, retry=code == "conversation_already_has_active_response")
    theirs = call.browser.event_id(ours)
    if theirs is not None:
        detail["event_id"] = theirs
    if code in FATAL_CODES:
        begin_ending(call, "provider_refused")
    elif code == "session_expired":
        tell_of_outage(call)
        replace_upstream(call)
    elif ours and ours == call.line.asked_for and not call.line.open:  # it does not want the scenario
        begin_ending(call, "provider_refused")
    elif call.responses.active is None and call.phase is Phase.LIVE and is_server_error(detail):
        answer_failed(call, detail)


def _is_about_the_relay(event: Event) -> bool:
    """An error about an event that the browser did not send: it would only puzzle its reader."""
    return event["type"] == "error" and get_text(get_object(event, "error"), "event_id").startswith("vv_")


def _is_planted(event: Event) -> bool:
    """What we told the upstream of the conversation so far."""
    return get_text(get_object(event, "item"), "id").startswith(PLANTED)


def _learner_said(call: Call, text: str) -> None:
    """Words may move the persona's trust, and with it what the persona may know."""
    if not text:
        return
    if call.silence.broken():
        _ask_after_silence(call, True)
    before, call.stance = call.stance, observe(call.scenario.stance, call.stance, text).state
    if call.stance.trust == before.trust or call.phase is not Phase.LIVE:
        return
    now = instructions(call.scenario, call.stance.trust)
    if now != instructions(call.scenario, before.trust):
        call.to_upstream({"type": "session.update", "session": {"type": "realtime", "instructions": now}})


_RULES: dict[str, Callable[[Call, Event], None]] = {
    "session.updated": _session_updated,
    "response.created": _response_created,
    "response.content_part.added": _part_added,
    "response.function_call_arguments.delta": _arguments_delta,
    "response.function_call_arguments.done": _arguments_done,
    "response.output_audio.done": _audio_done,
    "response.output_audio_transcript.done": _persona_said,
    "response.output_text.done": _persona_said,
    "response.output_item.done": _output_item_done,
    "response.done": _response_done,
    "conversation.item.added": _item_added,
    "conversation.item.input_audio_transcription.completed": _transcribed,
    "conversation.item.input_audio_transcription.failed": _transcription_failed,
    "input_audio_buffer.committed": _committed,
    "input_audio_buffer.cleared": _cleared,
    "input_audio_buffer.timeout_triggered": _timed_out,
    "error": _error,
}
