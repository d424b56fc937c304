"""What a learner reads too early: facts, answers and the rubric's words in the brief, in hints, in other questions."""

from __future__ import annotations

from collections.abc import Iterator

from vivavoce.scenario.check import every_check, usable
from vivavoce.scenario.match import best, content, cue_fault, find
from vivavoce.scenario.model import Disclosure, QuizItem, Scenario
from vivavoce.scenario.reading import Fault


def _public_texts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield "title", scenario.title
    yield "summary", scenario.summary
    yield from ((f"tags[{i}]", tag) for i, tag in enumerate(scenario.tags))
    yield "learner.role", scenario.learner.role
    yield "learner.brief", scenario.learner.brief
    for i, goal in enumerate(scenario.learner.goals):
        yield f"learner.goals[{i}].text", goal.text
    yield "persona.role", scenario.persona.role


def _hint_texts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for i, hint in enumerate(scenario.support.hints):
        for name in ("nudge", "phrase", "script"):
            yield f"support.hints[{i}].{name}", getattr(hint, name)


def given_away(scenario: Scenario) -> Iterator[Fault]:
    """What the learner reads before the call, and in hints: any of them may come before the fact was told.

    An answer of one word stands in many a good hint, so that is left to the author.
    """
    texts = [(path, text, 1.0) for path, text in _public_texts(scenario)]
    texts += [(path, text, 2.0) for path, text in _hint_texts(scenario)]
    for path, text, least in texts:
        for fact in scenario.facts:
            if fact.disclosure is not Disclosure.OPEN and (match := best(usable(fact.told), text)):
                said = text[match.start : match.end]
                yield Fault(path, f"gives away the fact {fact.id!r} ({said!r}); leave it for the conversation")
        for item in scenario.quiz.items:
            if _holds(text, item, least):
                yield Fault(path, f"gives away the answer to the question {item.id!r}; reword one of them")
        for _, check in every_check(scenario.rubric):
            if check.ask and check.ask.casefold() in text.casefold():
                yield Fault(path, f"holds the check {check.id!r} word for word; say what to reach, not what is graded")
        for criterion in scenario.rubric.criteria:
            if " " in criterion.name.strip() and criterion.name.casefold() in text.casefold():
                yield Fault(path, f"holds the name of the criterion {criterion.id!r}; reword one of them")


def answered_by_another(scenario: Scenario) -> Iterator[Fault]:
    """Questions are shown together: what one asks must not answer another."""
    for i, item in enumerate(scenario.quiz.items):
        for other in scenario.quiz.items:
            if other is not item and _holds(item.prompt, other):
                yield Fault(
                    f"quiz.items[{i}].prompt", f"gives away the answer to the question {other.id!r}; reword one of them"
                )


def _holds(text: str, item: QuizItem, least: float = 1.0) -> bool:
    """Whether a text holds the answer, if that asks for so much."""
    if not item.answer.strip():
        return False
    if cue_fault(item.answer) or find(item.answer, text) is None:
        return item.answer.casefold() in text.casefold()
    return content(item.answer) >= least
