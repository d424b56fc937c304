"""How a call ends: the learner's last words are awaited, the lesson is graded, the record is closed.

The End button, the time limit and the model's `grade_lesson` lead to the same grade, and there is one per call; where
the rubric counts the quiz, its last answer leads to a second one.
"""

from __future__ import annotations

import json

from vivavoce.lesson.tools import QUIZ_ANSWERED, ToolCall, ToolOutcome
from vivavoce.protocol.coming_back import LINGER_SECONDS
from vivavoce.session.call import Call, Phase
from vivavoce.session.effects import Close, Finish, Forget, NoteEnd
from vivavoce.session.inputs import Peer
from vivavoce.session.quiz_rules import ask_quiz, count_quiz, note_asked, quiz_counted

SETTLE_SECONDS = 4.0
"""How long the transcription of the last words may take after the call was ended."""
GRADE_SECONDS = 20.0
CLOSING_SECONDS = 25.0
"""How long the persona's last words may take after the model had the lesson graded."""

FAILED = (1011, "this call failed on the server")
TAKEN_OVER = (4001, "taken_over")
"""Close codes, and their words, of a browser that gets nothing more of its call here."""

GRADE_CALL_ID = "vv_grade"
"""The call id of the server's own `grade_lesson`; the lesson never refuses it."""

MESSAGES = {
    "learner_ended": "You ended the call.",
    "learner_left": "The connection was gone for too long, so the call was ended.",
    "lesson_graded": "The conversation came to its end.",
    "time_limit": "The time for this call is up.",
    "taken_over": "This call was taken over in another tab or window.",
    "server_error": "Something went wrong on the server. Start the call again.",
    "provider_unavailable": "The voice service could not be reached. Try again in a minute.",
    "provider_refused": "The voice service refused the call. Tell whoever runs this server: the key, the model or "
    "the account needs attention.",
    "policy_flood": "The page sent more than a call can hold, so the call was ended.",
    "budget_spent": "What may be spent on calls is spent, so the call was ended. What was said is kept.",
    "operator_stopped": "Whoever runs this server has ended the call. What was said is kept.",
}

LEARNERS_ENDS = frozenset(
    {"learner_ended", "learner_left", "lesson_graded", "time_limit", "budget_spent", "operator_stopped"}
)
"""After these a learner expects a grade."""


def begin_ending(call: Call, reason: str) -> None:
    """End the call in good order: settle, grade, quiz, `vivavoce.ended`. The first reason stands.

    That it ends is on record from now on: the grade is given even if this process is not there to do it.
    """
    if call.phase not in (Phase.CONNECTING, Phase.LIVE, Phase.ASLEEP):
        return
    call.phase = Phase.SETTLING
    call.drowsy = False
    call.ended_reason = reason
    call.record({"type": "vivavoce.ending", "reason": reason})
    call.deadlines = {name: at for name, at in call.deadlines.items() if name in ("grace", "regrade")}
    call.deadlines["settle"] = call.now + SETTLE_SECONDS
    if call.responses.active is not None:
        call.to_upstream({"type": "response.cancel"})
    if call.hearing.speaking:
        call.to_upstream({"type": "input_audio_buffer.commit"})
    settle(call)


def settle(call: Call) -> None:
    """Go on to the grade once nothing that was said is outstanding, or nothing more can come."""
    if call.phase is not Phase.SETTLING:
        return
    may_wait = call.dismissal is None and call.line.connected and call.now < call.deadlines["settle"]
    if call.outstanding and may_wait:
        return
    call.deadlines.pop("settle")
    call.close_upstream()
    call.phase = Phase.GRADING
    _grade(call)


def go_on_ending(call: Call) -> None:
    """The call was put together again in the middle of its end."""
    if call.phase is Phase.GRADING:
        _grade(call)
        return
    count_quiz(call)
    if not call.browser.connected:
        finish(call)


def _grade(call: Call) -> None:
    if call.lesson.graded or call.transcript.learner_turns == 0:
        _finish(call)
    else:
        call.deadlines["grade"] = call.now + GRADE_SECONDS
        call.run_tool(ToolCall(GRADE_CALL_ID, "grade_lesson", json.dumps({"reason": call.ended_reason})))


def tool_finished(call: Call, call_id: str, outcome: ToolOutcome) -> None:
    """A tool came back, for the model or for the end of the call."""
    if call_id == QUIZ_ANSWERED:
        _quiz_counted(call, outcome)
        return
    if call_id not in call.functions.running or call.phase is Phase.ENDED:  # the record of the call is closed
        return
    outcome = _once(call, call_id, outcome)
    if call_id != GRADE_CALL_ID:
        call.answer_tool(call_id, outcome)
        if call.lesson.graded:
            call.deadlines.setdefault("closing", call.now + CLOSING_SECONDS)
        return
    call.functions.running.discard(call_id)
    for event in outcome.events:
        call.record(event)
    if not call.lesson.graded:
        call.notice("error", "not_graded", "The call could not be graded; the transcript is kept.")
    _finish(call)


def _quiz_counted(call: Call, outcome: ToolOutcome) -> None:
    if not call.lesson.regrading:
        return
    quiz_counted(call, outcome)
    if call.phase is Phase.ENDED and call.dismissal is not None:
        _close_for_good(call, *call.dismissal)


def _once(call: Call, call_id: str, outcome: ToolOutcome) -> ToolOutcome:
    """One grade and one quiz per call, whoever asked for it: the End button and the model may race."""
    for event in outcome.events:
        if event["type"] == "vivavoce.grade":
            if call.lesson.graded:
                return ToolOutcome({"ok": False, "error": "The lesson was graded already."})
            call.lesson.grade = event["grade"]
            call.lesson.marks_counted = call.lesson.marks_seen.get(call_id, 0)
        elif event["type"] == "vivavoce.quiz":
            if call.lesson.quiz_asked:
                return ToolOutcome({"ok": False, "error": "The quiz was asked already."})
            note_asked(call, event["items"])
    return outcome


def grade_timed_out(call: Call, call_id: str = GRADE_CALL_ID) -> None:
    tool_finished(call, call_id, ToolOutcome({"ok": False, "error": "timed out"}))


def end_at_once(call: Call, reason: str, code: int) -> None:
    """End without grade and quiz: another tab, a flood. A call that has ended already keeps its reason."""
    if call.phase not in (Phase.SETTLING, Phase.GRADING, Phase.ENDED):
        call.ended_reason = reason
        call.close_upstream()
        _record_ended(call)
    dismiss(call, code, reason)


def dismiss(call: Call, code: int, reason: str) -> None:
    """Send the browser of a call that ends away, once it is graded."""
    if call.phase is Phase.ENDED:
        _close_for_good(call, code, reason)
    else:
        call.dismissal = code, reason
        settle(call)


def _finish(call: Call) -> None:
    call.deadlines.pop("grade", None)
    if call.lesson.graded:
        ask_quiz(call)  # at the latest now, whenever the scenario wanted it
    _record_ended(call)
    count_quiz(call)
    call.deadlines["linger"] = call.now + LINGER_SECONDS
    if call.dismissal is not None:
        _close_for_good(call, *call.dismissal)
    elif not call.browser.connected and "grace" not in call.deadlines:
        finish(call)


def finish(call: Call) -> None:
    """The browser has everything or is gone for good."""
    _close_for_good(call, 1000, "the call is over")


def fenced(call: Call) -> None:
    """Another process has the call: whatever this one did not write is none of its business any more."""
    call.close_upstream()
    call.forget_unwritten()
    call.finished = True
    call.deadlines.clear()
    call.effects += [Close(Peer.BROWSER, *TAKEN_OVER), Finish()]


def _close_for_good(call: Call, code: int, reason: str) -> None:
    if call.lesson.regrading:
        call.dismissal = code, reason
        return
    call.finished = True
    call.deadlines.clear()
    call.when_committed(Close(Peer.BROWSER, code, reason))
    if call.scenario.privacy.record == "none":
        call.when_committed(Forget())
    call.when_committed(Finish())


def _record_ended(call: Call) -> None:
    call.phase = Phase.ENDED
    call.seconds = call.elapsed
    reason = call.ended_reason or "server_error"
    message = MESSAGES[reason]
    if reason in LEARNERS_ENDS and call.transcript.learner_turns == 0:
        message += " Nothing was said, so there is no grade."
    call.record(
        {
            "type": "vivavoce.ended",
            "reason": reason,
            "message": message,
            "seconds": round(call.seconds, 1),
        }
    )
    call.effects.append(NoteEnd(reason))
