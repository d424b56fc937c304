"""The lesson's two tools, as the model sees them and as they run.

Arguments come from a model that has listened to a learner, so they are checked like anything from outside. What is
wrong is said to the model in words, and the call goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vivavoce.lesson.grade import grade
from vivavoce.lesson.judge import Judge
from vivavoce.lesson.quiz import quiz_items
from vivavoce.lesson.record import Record
from vivavoce.protocol.json_text import parse_json
from vivavoce.scenario.model import Scenario

SERVER_CALLS = "vv_"
"""How the call ids of the server's own calls begin (End button, time limit); `grade_lesson` never refuses those."""
QUIZ_ANSWERED = "vv_quiz_answered"
"""The server's own `grade_lesson` once the quiz is answered, for rubrics that count it: the call's second grade."""
MAX_ARGUMENTS = 4096
"""Characters; a sentence of reason needs far less."""

_GRADE_LESSON = {
    "type": "function",
    "name": "grade_lesson",
    "description": "End the conversation. Call it once, after saying goodbye, when the other person has said goodbye "
    "or the matter is settled.",
    "parameters": {
        "type": "object",
        "properties": {"reason": {"type": "string", "description": "Why the conversation is over, in a few words."}},
        "required": ["reason"],
        "additionalProperties": False,
    },
}
_TRIGGER_QUIZ = {
    "type": "function",
    "name": "trigger_quiz",
    "description": "Show the other person a few questions on their screen. Call it once, when the matter is settled.",
    "parameters": {
        "type": "object",
        "properties": {"reason": {"type": "string", "description": "Why now, in a few words."}},
        "required": [],
        "additionalProperties": False,
    },
}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call of the model, or of the server itself (End button, time limit)."""

    call_id: str
    name: str
    arguments: str
    """JSON text as the model sent it; not trusted."""


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool did: `output` goes to the model, `events` to the record and then to the browser.

    Events are bodies without `event_id` and `seq`: {"type": "vivavoce.grade", "grade": …} or
    {"type": "vivavoce.quiz", "items": […]}.
    """

    output: dict[str, Any]
    events: tuple[dict[str, Any], ...] = ()


class Refusal(Exception):
    """Why a call is not carried out, in words for the model."""


def definitions(scenario: Scenario) -> list[dict[str, Any]]:
    """The `tools` of the Realtime session; the quiz is the model's to trigger only when the scenario says so."""
    return [_GRADE_LESSON, _TRIGGER_QUIZ] if scenario.quiz.when == "tool" else [_GRADE_LESSON]


def run(scenario: Scenario, call: ToolCall, record: Record, judge: Judge | None = None) -> ToolOutcome:
    """Carry out a call; every fault of it is an outcome, none is an exception."""
    try:
        match call.name:
            case "grade_lesson":
                _check_arguments(_GRADE_LESSON, call.arguments)
                return _grade_lesson(scenario, call, record, judge)
            case "trigger_quiz":
                _check_arguments(_TRIGGER_QUIZ, call.arguments)
                return _trigger_quiz(scenario)
            case _:
                raise Refusal(f"There is no tool {call.name[:64]!r}.")
    except Refusal as refusal:
        return ToolOutcome({"ok": False, "error": str(refusal)})


def _grade_lesson(scenario: Scenario, call: ToolCall, record: Record, judge: Judge | None) -> ToolOutcome:
    least = scenario.limits.min_turns_before_end
    if record.learner_turns < least and not call.call_id.startswith(SERVER_CALLS):
        raise Refusal("It is too early to end. Stay in your role and go on with the conversation.")
    if call.call_id == QUIZ_ANSWERED:
        before = record.earlier.get("revision", 1) if record.earlier else 1
        graded = grade(scenario, record, judge=judge, reason="quiz", revision=before + 1)
    else:
        graded = grade(scenario, record, judge=judge)
    return ToolOutcome(
        {"ok": True, "score": graded.score, "closing": graded.closing},
        ({"type": "vivavoce.grade", "grade": graded.to_json()},),
    )


def _trigger_quiz(scenario: Scenario) -> ToolOutcome:
    items = quiz_items(scenario)
    return ToolOutcome({"ok": True, "questions": len(items)}, ({"type": "vivavoce.quiz", "items": items},))


def _check_arguments(tool: dict[str, Any], arguments: str) -> None:
    """Hold arguments to the tool's own schema, which knows only texts."""
    if len(arguments) > MAX_ARGUMENTS:
        raise Refusal(f"The arguments have {len(arguments)} characters; at most {MAX_ARGUMENTS} are read.")
    try:
        values = parse_json(arguments or "{}")
    except ValueError:
        raise Refusal("The arguments are not JSON.") from None
    if not isinstance(values, dict):
        raise Refusal("The arguments must be a JSON object.")
    parameters = tool["parameters"]
    for name in parameters["required"]:
        if name not in values:
            raise Refusal(f"The argument {name!r} is missing.")
    for name, value in values.items():
        if name not in parameters["properties"]:
            raise Refusal(f"There is no argument {name[:64]!r}.")
        if not isinstance(value, str):
            raise Refusal(f"The argument {name!r} must be a string.")
