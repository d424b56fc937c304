"""What must hold in every call, whoever the learner is: said once, graded once, told only what was earned."""

from __future__ import annotations

from collections.abc import Iterator

from vivavoce.rehearsal.disclosure import holds, in_prompt, tellings
from vivavoce.rehearsal.failure import Failure
from vivavoce.rehearsal.material import is_guarded
from vivavoce.rehearsal.played import Played
from vivavoce.scenario.model import Fact, Scenario


def misconduct(scenario: Scenario, played: Played, part: str) -> Iterator[Failure]:
    yield from _order_of_service(scenario, played, part)
    yield from _leaks(scenario, played, part)


def _order_of_service(scenario: Scenario, played: Played, part: str) -> Iterator[Failure]:
    persona = [line.text for line in played.lines if line.role == "assistant"]
    openings = sum(scenario.opening in text for text in persona)
    if openings != 1 or scenario.opening not in persona[0]:
        yield Failure(
            part,
            "opening.line",
            f"was said {openings} times, or not first",
            "make sure that no other line of the script holds it",
        )
    graded = sum(grade["reason"] == "end" for grade in played.grades)
    due = 1 if played.learner_said else 0
    if graded != due:
        yield Failure(part, "rubric", f"the call was graded {graded} times, not {due}", _BUG)
    if played.quizzes > 1:
        yield Failure(part, "quiz", f"the quiz was asked {played.quizzes} times", _BUG)
    if len(played.ended) != 1:
        yield Failure(part, "limits.max_seconds", f"the call ended {len(played.ended)} times, not once", _BUG)
    for message in dict.fromkeys(played.errors):
        yield Failure(part, "", f"the call went wrong: {message}", _BUG)


def _leaks(scenario: Scenario, played: Played, part: str) -> Iterator[Failure]:
    for telling in tellings(scenario, played.lines):
        if telling.breach:
            yield Failure(
                part,
                _path(scenario, telling.fact),
                f"was told although {telling.breach}: {_quoted(telling.line.text)}",
                "look at its disclose, its withheld lines and stance.start, and at other lines that may tell it",
            )
    said = played.learner_said
    leaked = {fact: None for turns, text in played.prompts for fact in in_prompt(scenario, said[:turns], text)}
    for fact in leaked:
        yield Failure(
            part,
            _path(scenario, fact),
            "stood in the persona's instructions before it was due",
            "take it out of persona, setting and learner, and out of the texts of facts that may be told",
        )


def given_away(scenario: Scenario, played: Played, part: str) -> Iterator[Failure]:
    """What the page shows of a lesson before anybody has said a word."""
    for fact in scenario.facts:
        if is_guarded(fact) and (text := next((text for text in played.public if holds(text, fact)), None)):
            yield Failure(
                part,
                _path(scenario, fact),
                f"is read before the call: {_quoted(text)}",
                "take it out of title, summary, tags, learner and persona.role",
            )


def _path(scenario: Scenario, fact: Fact) -> str:
    return f"facts[{scenario.facts.index(fact)}]"


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= 80 else text[:79] + '…'}”"


_BUG = "this is a fault of the program and not of the lesson: report it with the lesson's file and the seed"
