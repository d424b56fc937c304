"""A small scenario whose every secret is a canary."""

from __future__ import annotations

from vivavoce.scenario.model import (
    Check,
    Criterion,
    Detector,
    Disclosure,
    Fact,
    Farewell,
    Goal,
    Learner,
    Limits,
    Persona,
    Quiz,
    QuizItem,
    Reply,
    Rubric,
    Scenario,
    Script,
    Stance,
    StanceRule,
    TurnDetection,
    Voice,
)

SECRETS = ("CANARY-FACT", "CANARY-NEVER", "CANARY-AGENDA", "CANARY-ASK", "CANARY-ADVICE", "CANARY-EXPLAIN")
"""Words that stand only in what neither learner nor browser may see before it is due."""


def scene(quiz_when: str = "end", max_seconds: int = 300, min_turns: int = 2) -> Scenario:
    """A guest whose room is too loud."""
    phrase = Detector("phrase", any_of=("sorry",))
    return Scenario(
        id="scene",
        version=1,
        title="A loud room",
        summary="A guest cannot sleep.",
        level="B1",
        locale="en",
        tags=("test",),
        est_minutes=3,
        setting="A hotel lobby.",
        learner=Learner("Receptionist", "Help the guest.", (Goal("g1", "Say sorry", True),)),
        persona=Persona("Ana", "Guest", "Tired.", "CANARY-AGENDA", ("Wants a name",), ("Short sentences",)),
        facts=(
            Fact("room", "CANARY-FACT room 214", Disclosure.ASKED, 0, ("room number",), ("It is two one four.",)),
            Fact("past", "CANARY-FACT complained before", Disclosure.TRUST, 3, ("before",), ("I called last night.",)),
            Fact("secret", "CANARY-NEVER a critic", Disclosure.NEVER, 0, (), ()),
        ),
        stance=Stance(1, 5, 2, (StanceRule("sorry", ("sorry",), 1, ("Thank you.",), False),)),
        opening="My room is too loud.",
        voice=Voice("marin", 1.0),
        turn_detection=TurnDetection("server_vad", 0.5, 300, 500, "auto"),
        limits=Limits(max_seconds, (60,), min_turns),
        script=Script(
            replies=(Reply("move", ("quiet room",), ("That would help.",), False, 0),),
            fallback=("And what will you do about it?", "I still cannot sleep."),
            repeat=("Pardon?",),
            role_break=("I am Ana, and I want to sleep.",),
            abuse=("There is no need for that.",),
            silence=("Hello?",),
            farewell=Farewell(("goodbye",), ("Good night.",), ("We are not done.",)),
        ),
        rubric=Rubric(
            1,
            50,
            (
                Criterion(
                    "c1", "Empathy", 1.0, False, (Check("k1", "CANARY-ASK", 1.0, "user", phrase, "CANARY-ADVICE"),)
                ),
            ),
        ),
        quiz=Quiz(
            "tool" if quiz_when == "tool" else "end",
            (QuizItem("q1", "choice", "What first?", ("Sorry", "No"), "Sorry", (), "CANARY-EXPLAIN", "c1"),),
        ),
    )
