"""Puts a call together again from what is committed of it. What never came on disk was shown to nobody."""

from __future__ import annotations

from collections.abc import Iterable

from vivavoce.lesson.hints import rungs_left
from vivavoce.lesson.record import record_of
from vivavoce.lesson.transcript import Line
from vivavoce.protocol.message import Event, write
from vivavoce.scenario.stance import observe
from vivavoce.session.call import Call, Phase
from vivavoce.session.effects import KeepAudio, NoteEnd
from vivavoce.session.flow import moment
from vivavoce.session.opening import earn_again
from vivavoce.session.past import Past
from vivavoce.session.quiz_rules import note_asked


def restore(call: Call, past: Past) -> None:
    """Bring a new call to where the record leaves it: asleep, or in the middle of its end.

    All that was said is held against the lesson once more, which takes a while for a long call.
    An end goes on by itself, as soon as the deadline is handed in that is due from the beginning.
    """
    events = [dict(event.body) for event in past.events]
    known = record_of({"at": event.at, **event.body} for event in past.events)
    newest = past.events[-1].seq if past.events else 0
    heard_until = (line.until for line in known.transcript)
    call.wake_up_to(newest, moment(max([*(event.at for event in past.events), *heard_until], default=0.0)))
    call.browser.seen = True
    call.browser.durable = [(event.seq, write(body)) for event, body in zip(past.events, events, strict=True)]
    call.functions.answers.update(past.tools)
    call.transcript.restore(known.transcript)
    call.lesson.hints, call.lesson.marks = known.hints, dict(known.marks)
    _restore_lesson(call, events)
    earn_again(call)
    if known.transcript and call.ended_reason is None:
        _restore_debt(call, known.lines[-1])
    rungs_left(call.scenario, call.so_far)  # matching is remembered, so the browser's hello need not wait for it
    call.phase = Phase.ASLEEP
    if call.ended_reason is not None:
        call.phase = Phase.GRADING if call.seconds is None else Phase.ENDED
        call.deadlines["awake"] = 0.0


def _restore_debt(call: Call, last: Line) -> None:
    """The persona was cut off in what was said last: it says it again to who comes back."""
    if last.role == "assistant" and last.interrupted:
        call.line.cut_off = bool(last.heard.strip())
        call.responses.owe(last.item_id, landed=True)
        missed_ms = call.transcript.audio_ms(last.item_id) - (last.heard_ms or 0)
        call.browser.missed_seconds = max(0, missed_ms) / 1000  # its length is only reckoned


def _restore_lesson(call: Call, events: Iterable[Event]) -> None:
    lesson = call.lesson
    said: dict[str, str] = {}
    answered = answered_before_end = 0
    for event in events:
        match event:
            case {"type": "vivavoce.transcript", "line": {"role": "user", "item_id": item_id, "text": text}}:
                if said.get(item_id) != text:
                    said[item_id] = text
                    call.stance = observe(call.scenario.stance, call.stance, text).state
            case {"type": "vivavoce.goal", "goal_id": goal_id}:
                lesson.goals.tick_off(goal_id)
            case {"type": "vivavoce.consent", "audio": bool(audio)}:
                lesson.may_keep_audio = audio
            case {"type": "vivavoce.quiz", "items": items}:
                note_asked(call, items)
            case {"type": "vivavoce.quiz.marked"}:
                answered += 1
            case {"type": "vivavoce.grade", "grade": grade}:
                # What the model had graded may not hold the answers of that moment; it is counted again.
                lesson.marks_counted = answered if grade.get("reason") == "quiz" else answered_before_end
                lesson.grade = grade
                call.ended_reason = call.ended_reason or "lesson_graded"
            case {"type": "vivavoce.ending", "reason": reason}:
                call.ended_reason = reason
                answered_before_end = answered
            case {"type": "vivavoce.ended", "reason": reason, "seconds": seconds}:
                call.ended_reason, call.seconds = reason, seconds
                call.effects.append(NoteEnd(reason))
    may = lesson.may_keep_audio
    if may is False or (may and call.seconds is None):  # nothing more is kept of a call that is over
        call.effects.append(KeepAudio(may))
