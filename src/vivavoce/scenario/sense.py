"""What a scenario must mean to be a fair lesson: nothing given away, every check passable, every fact within reach.

These doubts do not stop a scenario from being loaded; `vivavoce lint` tells them to its author.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from vivavoce.scenario.check import every_check, every_cue_list
from vivavoce.scenario.match import best, cue_fault, earliest, example, find, is_thin
from vivavoce.scenario.model import Check, Disclosure, Fact, QuizItem, Scenario
from vivavoce.scenario.reading import Fault

MAX_OPENING_WORDS = 25
MAX_LINE_WORDS = 45
"""About 18 s of speech: longer, and it is a lecture."""
_UNSPEAKABLE = re.compile(r"[^\w\s.,;:?!'\u2019\-\u2026]|[\d_]")


class _Spoken(NamedTuple):
    """A line of the scripted persona. `earned` is the trust it takes, `of` the fact it is there to tell."""

    path: str
    text: str
    asked: bool
    earned: int
    of: Fact | None


def doubts(scenario: Scenario) -> list[Fault]:
    lines = list(_spoken(scenario))
    return [
        *_given_away(scenario),
        *_told_unasked(scenario, lines),
        *_untold(scenario),
        *_out_of_reach(scenario),
        *_impassable(scenario, lines),
        *_misread_cues(scenario),
        *_ambiguous_cues(scenario),
        *_unspeakable(lines),
    ]


def _public_texts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield "title", scenario.title
    yield "summary", scenario.summary
    yield "learner.role", scenario.learner.role
    yield "learner.brief", scenario.learner.brief
    for i, goal in enumerate(scenario.learner.goals):
        yield f"learner.goals[{i}].text", goal.text
    yield "persona.role", scenario.persona.role


def _spoken(scenario: Scenario) -> Iterator[_Spoken]:
    yield _Spoken("opening.line", scenario.opening, False, 0, None)
    for i, fact in enumerate(scenario.facts):
        yield from (_Spoken(f"facts[{i}].say[{n}]", text, True, fact.trust, fact) for n, text in enumerate(fact.say))
        for n, text in enumerate(fact.withheld):
            yield _Spoken(f"facts[{i}].withheld[{n}]", text, True, 0, None)
    for i, rule in enumerate(scenario.stance.rules):
        yield from (_Spoken(f"stance.rules[{i}].say[{n}]", text, False, 0, None) for n, text in enumerate(rule.say))
    script = scenario.script
    for i, reply in enumerate(script.replies):
        for n, text in enumerate(reply.say):
            yield _Spoken(f"script.replies[{i}].say[{n}]", text, True, reply.trust, None)
    for name in ("fallback", "repeat", "role_break", "abuse", "silence"):
        for n, text in enumerate(getattr(script, name)):
            yield _Spoken(f"script.{name}[{n}]", text, False, 0, None)
    for name in ("say", "early"):
        for n, text in enumerate(getattr(script.farewell, name)):
            yield _Spoken(f"script.farewell.{name}[{n}]", text, False, 0, None)


def _given_away(scenario: Scenario) -> Iterator[Fault]:
    """Facts, answers and the rubric's words in what the learner reads before the call."""
    for path, text in _public_texts(scenario):
        for fact in scenario.facts:
            if fact.disclosure is not Disclosure.OPEN and (match := best(_usable(fact.told), text)):
                said = text[match.start : match.end]
                yield Fault(path, f"gives away the fact {fact.id!r} ({said!r}); leave it for the conversation")
        for item in scenario.quiz.items:
            if _holds(text, item):
                yield Fault(path, f"gives away the answer to the question {item.id!r}; reword one of them")
        for _, check in every_check(scenario.rubric):
            if check.ask and check.ask.casefold() in text.casefold():
                yield Fault(path, f"holds the check {check.id!r} word for word; say what to reach, not what is graded")


def _holds(text: str, item: QuizItem) -> bool:
    if not item.answer.strip():
        return False
    return item.answer.casefold() in text.casefold() or (
        cue_fault(item.answer) is None and find(item.answer, text) is not None
    )


def _told_unasked(scenario: Scenario, lines: list[_Spoken]) -> Iterator[Fault]:
    """Lines of the scripted persona that tell what should not be told there."""
    for line in lines:
        for fact in scenario.facts:
            if line.of is fact or best(_usable(fact.told), line.text) is None:
                continue
            if fact.disclosure is Disclosure.NEVER:
                yield Fault(line.path, f"tells the fact {fact.id!r}, which must never be told")
            elif fact.disclosure is Disclosure.TRUST and line.earned < fact.trust:
                yield Fault(line.path, f"tells the fact {fact.id!r} before trust has reached {fact.trust}")
            elif fact.disclosure is Disclosure.ASKED and not line.asked:
                yield Fault(line.path, f"tells the fact {fact.id!r} although nobody asked for it")


def _untold(scenario: Scenario) -> Iterator[Fault]:
    """Tellings that the grader would not notice."""
    for i, fact in enumerate(scenario.facts):
        told = _usable(fact.told)
        for path, text in [("text", fact.text), *((f"say[{n}]", text) for n, text in enumerate(fact.say))]:
            if told and text and best(told, text) is None:
                yield Fault(f"facts[{i}].{path}", "no cue of `told` finds the fact in it; add one, or reword it")


def _out_of_reach(scenario: Scenario) -> Iterator[Fault]:
    highest = _highest_trust(scenario)
    for i, fact in enumerate(scenario.facts):
        if fact.trust > highest:
            yield Fault(f"facts[{i}].disclose", f"trust never gets past {highest}, so nobody can be told this")
    for i, reply in enumerate(scenario.script.replies):
        if reply.trust > highest:
            yield Fault(f"script.replies[{i}].trust", f"trust never gets past {highest}, so this is never said")


def _highest_trust(scenario: Scenario) -> int:
    stance = scenario.stance
    gains = [rule for rule in stance.rules if rule.delta > 0]
    if any(not rule.once for rule in gains):
        return stance.maximum
    return min(stance.maximum, stance.start + sum(rule.delta for rule in gains))


def _impassable(scenario: Scenario, lines: list[_Spoken]) -> Iterator[Fault]:
    """Checks that nobody can pass, or not together with another."""
    highest = _highest_trust(scenario)
    facts = {fact.id: fact for fact in scenario.facts}
    checks = list(every_check(scenario.rubric))
    for path, check in checks:
        detector = check.detector
        if detector.type == "fact" and detector.fact in facts and facts[detector.fact].trust > highest:
            yield Fault(
                f"{path}.detector.fact", f"fact {detector.fact!r} is out of reach, so nobody can pass this check"
            )
        if detector.type in ("phrase", "order") and check.speaker == "assistant":
            for name in ("any_of", "first", "then"):
                cues = _usable(getattr(detector, name))
                if cues and not any(best(cues, line.text) for line in lines):
                    yield Fault(f"{path}.detector.{name}", "no line of the script holds one of these")
        if detector.type == "order" and not _orderable(check):
            yield Fault(f"{path}.detector", "whatever says one of `first` says one of `then` no later")
        for _, other in checks:
            if _excludes(other, check):
                yield Fault(f"{path}.detector", f"whoever passes this check fails {other.id!r}")


def _orderable(check: Check) -> bool:
    first, then = _usable(check.detector.first), _usable(check.detector.then)
    for cue in first:
        words = example(cue)
        before, after = earliest(first, words), earliest(then, words)
        if before and (after is None or before.start < after.start):
            return True
    return not first


def _excludes(absence: Check, phrase: Check) -> bool:
    if absence.detector.type != "absence" or phrase.detector.type != "phrase" or absence.speaker != phrase.speaker:
        return False
    wanted, banned = _usable(phrase.detector.any_of), _usable(absence.detector.none_of)
    return bool(wanted) and all(best(banned, example(cue)) for cue in wanted)


def _misread_cues(scenario: Scenario) -> Iterator[Fault]:
    for path, cues in every_cue_list(scenario):
        for i, cue in enumerate(cues):
            if cue_fault(cue):
                continue
            if find(cue, example(cue)) is None:
                yield Fault(f"{path}[{i}]", f"{cue!r} does not find its own words; use fewer or plainer ones")
            elif is_thin(cue):
                yield Fault(
                    f"{path}[{i}]",
                    f"only one word of {cue!r} is compared; write that alone, or = in front if every word counts",
                )


def _ambiguous_cues(scenario: Scenario) -> Iterator[Fault]:
    """The same cue for two answers: only one of them can be given."""
    seen: dict[str, str] = {}
    lists = [(f"facts[{i}].cues", fact.cues) for i, fact in enumerate(scenario.facts)]
    lists += [(f"script.replies[{i}].cues", reply.cues) for i, reply in enumerate(scenario.script.replies)]
    for path, cues in lists:
        for i, cue in enumerate(cues):
            first = seen.setdefault(cue.casefold(), f"{path}[{i}]")
            if first != f"{path}[{i}]":
                yield Fault(f"{path}[{i}]", f"{cue!r} stands at {first} too")


def _unspeakable(lines: list[_Spoken]) -> Iterator[Fault]:
    for line in lines:
        if sign := _UNSPEAKABLE.search(line.text):
            yield Fault(line.path, f"holds {sign.group()!r}; write what is spoken, numbers as words")
        words, most = len(line.text.split()), MAX_OPENING_WORDS if line.path == "opening.line" else MAX_LINE_WORDS
        if words > most:
            yield Fault(line.path, f"has {words} words; more than {most} are a speech, not a turn")


def _usable(cues: tuple[str, ...]) -> list[str]:
    return [cue for cue in cues if cue_fault(cue) is None]
