"""What of the lesson happens while people speak: the record grows, goals are reached, help and consent are given."""

from __future__ import annotations

from collections.abc import Iterable

from vivavoce.lesson.hints import hint_kind, hint_text, next_hint
from vivavoce.lesson.transcript import Line
from vivavoce.protocol.browser import BrowserError, Consent, HintRequest
from vivavoce.session.call import Call
from vivavoce.session.effects import KeepAudio


def record_line(call: Call, line: Line | None) -> None:
    """Record a line that is new or changed, and what it reached; None changes nothing."""
    if line is None:
        return
    call.record({"type": "vivavoce.transcript", "line": line.to_json()})
    note_goals(call, [line])


def note_goals(call: Call, lines: Iterable[Line]) -> None:
    """Record the goals that are reached with these lines, which are new or changed since the last look."""
    for goal_id in call.lesson.goals.reached(lines, lambda: call.so_far):
        call.record({"type": "vivavoce.goal", "goal_id": goal_id})


def give_hint(call: Call, event: HintRequest) -> None:
    """The next rung of help, if there is one."""
    given = next_hint(call.scenario, call.so_far)
    if given is None:
        call.notice("info", "no_hint", "There is no more help for this call. You can do it.")
        return
    call.lesson.hints = (*call.lesson.hints, given)
    call.record(
        {
            "type": "vivavoce.hint",
            "hint": given.hint,
            "rung": given.rung,
            "kind": hint_kind(given),
            "text": hint_text(call.scenario, given),
            "cost": call.scenario.support.hints[given.hint].cost,
        }
    )


def note_consent(call: Call, event: Consent) -> None:
    """The learner agreed to their sound being kept, or changed their mind: recorded first, then done."""
    if call.scenario.privacy.record != "audio":
        message = "This lesson keeps no sound, so there is nothing to agree to."
        raise BrowserError("invalid_value", message, "type", event.event_id)
    if event.audio != call.lesson.may_keep_audio:
        call.lesson.may_keep_audio = event.audio
        call.record({"type": "vivavoce.consent", "audio": event.audio})
        call.when_committed(KeepAudio(event.audio))
