"""A lesson whose every secret is a word of its own, and a reader of both wires who knows when each is due."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from kit.scenes import scene
from vivavoce.scenario.model import (
    Check,
    Criterion,
    Detector,
    Disclosure,
    Examples,
    Expectation,
    Fact,
    Goal,
    Hint,
    LessonTest,
    Privacy,
    Quiz,
    QuizItem,
    Rubric,
    Scenario,
    Support,
)

GRADED: Final = frozenset({"canaryquestion", "canaryadvice"})
"""The learner sees them with the grade."""
MARKED: Final = {"q1": frozenset({"canaryexplain"}), "q2": frozenset({"canaryanswer", "canaryreason"})}
"""The learner sees them with the mark of the question."""
HELP: Final = ("canarynudge", "canaryphrase", "canaryscript")
"""The learner sees each when it is asked for."""
NEVER_SHOWN: Final = frozenset(
    {"canarycue", "canaryexample", "canaryaccept", "canarynever", "canarytrust", "canaryasked", "canarytest"}
)
"""The learner sees them never."""
TRUSTED: Final = "canarytrust"
"""The persona knows it from trust 3 on."""
KNOWN: Final = "canaryasked"
"""The persona knows it from the beginning."""
CANARIES: Final = frozenset().union(GRADED, *MARKED.values(), HELP, NEVER_SHOWN)


def lesson(quiz_when: str = "end", record: str = "audio") -> Scenario:
    """The small scene with goals, help, a rubric that counts the quiz, and a canary in each field that is nobody's."""
    plain = scene(quiz_when)
    sorry = Detector("phrase", any_of=("sorry", "canarycue"))
    number = Detector("fact", fact="room")
    right = Detector("quiz", item="q2")
    said = Examples((("Sorry, canaryexample.",),), (("Canaryexample, whatever.",),))
    return replace(
        plain,
        learner=replace(
            plain.learner,
            goals=(
                Goal("g1", "Say sorry", True, ("apologises",)),
                Goal("g2", "Learn the room's number", True, ("asks_number",)),
                Goal("g3", "Stay friendly", False),
            ),
        ),
        facts=(
            Fact(
                "room",
                "canaryasked room 214",
                Disclosure.ASKED,
                0,
                ("room number",),
                ("It is two one four.",),
                ("two one four",),
            ),
            Fact("past", "canarytrust complained before", Disclosure.TRUST, 3, ("before",), ("I called last night.",)),
            Fact("secret", "canarynever a critic", Disclosure.NEVER, 0, (), ()),
        ),
        rubric=Rubric(
            1,
            50,
            (
                Criterion(
                    "c1",
                    "Empathy",
                    1.0,
                    False,
                    (
                        Check("apologises", "canaryquestion one", 1.0, "user", sorry, "canaryadvice one", said),
                        Check("asks_number", "canaryquestion two", 1.0, "assistant", number, "canaryadvice two"),
                        Check("knows", "canaryquestion three", 1.0, "user", right, "canaryadvice three"),
                    ),
                ),
            ),
        ),
        quiz=Quiz(
            plain.quiz.when,
            (
                QuizItem("q1", "choice", "What first?", ("Sorry", "No"), "Sorry", (), "canaryexplain", "c1"),
                QuizItem(
                    "q2", "short", "And then?", (), "canaryanswer", ("help", "canaryaccept"), "canaryreason", "c1"
                ),
            ),
        ),
        support=Support((Hint("asks_number", "Ask canarynudge.", "What canaryphrase …", "What canaryscript?", 2.0),)),
        privacy=Privacy(record),  # type: ignore[arg-type]
        tests=(LessonTest("polite", ("Sorry, canarytest.",), Expectation()),),
    )


def leaks_to_browser(events: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """(event type, canary) for each that came before its time; `events` in the order in which they were sent."""
    due: set[str] = set()
    found = []
    for event in events:
        match event["type"]:
            case "vivavoce.hint":
                due.add(HELP[event["rung"] - 1])
            case "vivavoce.grade":
                due |= GRADED
            case "vivavoce.quiz.marked":
                due |= MARKED[event["item_id"]]
        found += [(event["type"], word) for word in sorted(_in(event) - due)]
    return found


def leaks_to_upstream(events: Iterable[dict[str, Any]], *, earned: bool) -> list[tuple[str, str]]:
    """The same for what the persona's model is told; `earned` says whether trust reached 3 at all."""
    due = {KNOWN, TRUSTED} if earned else {KNOWN}
    return [(event["type"], word) for event in events for word in sorted(_in(event) - due)]


def _in(event: dict[str, Any]) -> set[str]:
    text = json.dumps(event, ensure_ascii=False).lower()
    return {word for word in CANARIES if word in text}
