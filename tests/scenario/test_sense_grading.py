"""What lint says of the graded part: examples, weights, goals, hints, measures, judge, quiz, privacy, tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.lessons import shipped, whole_lesson
from vivavoce.lesson.detect import detect
from vivavoce.lesson.record import Record
from vivavoce.lesson.transcript import Line
from vivavoce.scenario.check import every_check
from vivavoce.scenario.load import parse_scenario, read_scenario
from vivavoce.scenario.meeting import decided_by, met
from vivavoce.scenario.model import Detector, Disclosure, Scenario
from vivavoce.scenario.sense import doubts
from vivavoce.scenario.sense_examples import unproven_checks
from vivavoce.scenario.sense_secrets import given_away

Data = dict[str, Any]
Alter = Callable[[Data], object]

PLACES = {
    "sorry": (0, 0),
    "no_blame": (0, 1),
    "colour": (1, 0),
    "ask_first": (1, 1),
    "reason": (2, 0),
    "questions": (2, 1),
    "knows": (2, 2),
}


def at(id: str) -> str:
    criterion, check = PLACES[id]
    return f"rubric.criteria[{criterion}].checks[{check}]"


def check(data: Data, id: str) -> Data:
    criterion, check = PLACES[id]
    found: Data = data["rubric"]["criteria"][criterion]["checks"][check]
    assert found["id"] == id
    return found


def example(data: Data, id: str, kind: str, *turns: str) -> None:
    check(data, id)["examples"].setdefault(kind, []).append(list(turns) if len(turns) > 1 else turns[0])


def drop(data: Data, id: str, *kinds: str) -> None:
    for kind in kinds:
        del check(data, id)["examples"][kind]


def hint(data: Data, n: int = 0, **fields: Any) -> None:
    data["support"]["hints"][n].update(fields)


def measure(data: Data, name: str, least: float) -> Data:
    check(data, "questions")["detector"].update(measure=name, least=least)
    return data


def expect(data: Data, n: int = 0, **fields: Any) -> Data:
    data["tests"][n]["expect"].update(fields)
    return data


EXAMPLES: list[tuple[Alter, str]] = [
    (lambda s: drop(s, "sorry", "shown"), f"{at('sorry')}.examples.shown: is missing: give at least one thing to say"),
    (lambda s: drop(s, "colour", "missed"), f"{at('colour')}.examples.missed: is missing"),
    (lambda s: drop(s, "reason", "shown"), f"{at('reason')}.examples.shown: is missing"),
    (lambda s: drop(s, "no_blame", "missed"), "at least one thing to say that breaks it"),
    (
        lambda s: example(s, "sorry", "shown", "What a pity."),
        f"{at('sorry')}.examples.shown[1]: 'What a pity.' is found by",
    ),
    (
        lambda s: example(s, "sorry", "missed", "Hello.", "I do apologise."),
        f"{at('sorry')}.examples.missed[1]: 'Hello. / I do apologise.' is found by the cue 'apolog*' of",
    ),
    (lambda s: example(s, "no_blame", "shown", "It's your own fault."), "is found by the cue '=your own fault'"),
    (lambda s: example(s, "no_blame", "missed", "Be careful."), "is found by no cue of detector.none_of"),
    (
        lambda s: example(s, "ask_first", "shown", "I'll look for it.", "What colour is it?"),
        "does not say one of detector.first and then one of detector.then",
    ),
    (
        lambda s: example(s, "ask_first", "missed", "What colour?", "I'll look."),
        "says one of detector.first before one of detector.then",
    ),
    (lambda s: example(s, "colour", "shown", "Is it big?"), "is found by no cue of the fact 'colour'; add one"),
    (
        lambda s: example(s, "colour", "missed", "And what colour?"),
        "gets the fact 'colour' told, by its cue 'what colour'",
    ),
    (
        lambda s: example(s, "reason", "shown", "That's why I ask."),
        f'{at("reason")}.examples.shown[1]: "That\'s why I ask." is found by no cue of detector.otherwise.any_of',
    ),
    (
        lambda s: check(s, "questions").update(examples={"shown": ["Why? Where?"]}),
        f"{at('questions')}.examples: words do not decide a measure; leave the examples out",
    ),
]

RUBRIC: list[tuple[Alter, str]] = [
    (lambda s: check(s, "sorry").update(weight=0.01), f"{at('sorry')}.weight: decides 0.2% of the score, too little"),
    (lambda s: s["rubric"]["criteria"][1].update(weight=30), f"{at('colour')}.weight: decides 61% of the score alone"),
    (
        lambda s: (s["rubric"].update(pass_mark=8), s["rubric"]["criteria"][1].update(gate=False)),
        "rubric.pass_mark: whoever says hello and no more has 8 points for what was not said",
    ),
    (lambda s: check(s, "questions").update(speaker="assistant"), f"{at('questions')}.speaker: must be user"),
    (lambda s: check(s, "knows").update(speaker="assistant"), f"{at('knows')}.speaker: must be user"),
    (
        lambda s: s["quiz"]["items"][2].update(criterion="manner"),
        f"{at('knows')}.detector.item: this question belongs to the criterion 'manner', and the check to 'talk'",
    ),
    (
        lambda s: check(s, "reason")["detector"].update(evidence="absence"),
        f"{at('reason')}.detector.otherwise: looks for what meets the check",
    ),
    (
        lambda s: check(s, "reason")["detector"].update(otherwise={"type": "absence", "none_of": ["whatever"]}),
        f"{at('reason')}.detector.otherwise: an absence quotes nothing",
    ),
    (
        lambda s: s["learner"]["goals"][0].pop("checks"),
        "learner.goals[0].checks: is missing, so the goal is never ticked",
    ),
    (lambda s: s["learner"]["goals"][0].update(checks=["knows"]), "learner.goals[0].checks: names a check of the quiz"),
    (
        lambda s: s["learner"]["goals"][0].update(checks=["no_blame", "questions"]),
        "learner.goals[0].checks: is met as soon as the learner speaks",
    ),
    (lambda s: s["privacy"].update(retain_days=365), "privacy.retain_days: keeps voices for 365 days"),
    (lambda s: s["privacy"].pop("retain_days"), "privacy.retain_days: keeps voices for 365 days"),
]

HINTS: list[tuple[Alter, str]] = [
    (lambda s: hint(s, script="How big is it?"), "support.hints[0].script: is found by no cue of the fact 'colour'"),
    (lambda s: hint(s, 1, script="Why not?"), "support.hints[1].script: does not meet the check 'reason'"),
    (lambda s: hint(s, check="ask_first", script="I'll search. What colour?"), "does not begin with one of `first`"),
    (lambda s: hint(s, check="knows"), "support.hints[0].check: is decided by the quiz, after the call"),
    (lambda s: hint(s, check="no_blame"), "support.hints[0].check: holds until it is broken"),
    (lambda s: hint(s, nudge="Is it green?"), "support.hints[0].nudge: gives away the fact 'colour' ('green')"),
    (lambda s: hint(s, nudge="She came without a ticket."), "support.hints[0].nudge: gives away the fact 'ticket'"),
    (
        lambda s: hint(s, phrase="The number of the train"),
        "hints[0].phrase: gives away the answer to the question 'form'",
    ),
    (
        lambda s: hint(s, nudge="Did you say why you ask?"),
        "support.hints[0].nudge: holds the check 'reason' word for word",
    ),
    (
        lambda s: s["quiz"]["items"][0].update(prompt="Who needs the number of the train?"),
        "quiz.items[0].prompt: gives away",
    ),
    (lambda s: s.update(tags=["green bag"]), "tags[0]: gives away the fact 'colour'"),
]

MEASURES: list[tuple[Alter, str]] = [
    (
        lambda s: s["measures"][0].update(least=0.3, most=0.6),
        "measures[0].most: no call has talk_share below 1; raise it",
    ),
    (
        lambda s: s["measures"][0].update(least=100, most=100),
        "measures[0].least: no call has talk_share above 99; lower it",
    ),
    (lambda s: s["measures"][1].update(most=100), "measures[1]: every call is within this range: fillers_per_100 is"),
    (lambda s: check(s, "questions")["detector"].update(least=0), f"{at('questions')}.detector: every call is within"),
    (
        lambda s: s["measures"].append({"measure": "longest_turn_s", "least": 181}),
        "measures[2].least: no call has longest_turn_s above 180",
    ),
    (
        lambda s: s["measures"].append({"measure": "questions", "most": 1}),
        f"measures[2]: no call can be within this range and within that of {at('questions')}.detector",
    ),
]

TYPING: list[tuple[Alter, str]] = [
    (
        lambda s: (s["rubric"]["criteria"][2].update(gate=True), measure(s, "talk_share", 30)),
        f"{at('questions')}.detector.measure: whoever types has no such measure, and could never pass this gate",
    ),
    (
        lambda s: (s["rubric"].update(pass_mark=90), measure(s, "words_per_minute", 60)),
        "rubric.pass_mark: whoever types has no measures of speech and gets 89 points at most",
    ),
]

TESTS: list[tuple[Alter, str]] = [
    (lambda s: s["tests"][1].update(expect={}), "tests[1].expect: expects nothing, so it cannot fail"),
    (
        lambda s: expect(s, least_score=80, most_score=70),
        "tests[0].expect.least_score: must not be more than most_score",
    ),
    (
        lambda s: expect(s, most_score=50, least_score=0),
        "tests[0].expect.most_score: the checks that must be shown make 58",
    ),
    (
        lambda s: expect(s, 1, least_score=95, most_score=100),
        "tests[1].expect.least_score: with the checks that must be missed",
    ),
    (lambda s: expect(s, missed=["sorry"]), "tests[0].expect.missed[0]: the check 'sorry' cannot be missed and shown"),
    (
        lambda s: expect(s, shown=["reason"], missed=[]),
        "tests[0].expect.shown[0]: the turns of `say` do not meet the check",
    ),
    (lambda s: expect(s, 1, shown=["no_blame"], missed=[]), "tests[1].expect.shown[0]: the turns of `say` do not meet"),
    (
        lambda s: expect(s, shown=[], missed=["sorry"]),
        "tests[0].expect.missed[0]: the turns of `say` do meet the check",
    ),
    (lambda s: expect(s, shown=["knows"]), "tests[0].expect.shown[0]: the check 'knows' is decided by the quiz"),
    (
        lambda s: expect(s, told=["colour", "asleep"]),
        "tests[0].expect.told[1]: the fact 'asleep' cannot be told and withheld",
    ),
    (lambda s: expect(s, 1, told=["ticket"]), "tests[1].expect.told[0]: the fact 'ticket' is never told"),
    (
        lambda s: expect(s, told=[], withheld=["colour"]),
        "tests[0].expect.shown[1]: the check 'colour' says the opposite",
    ),
    (lambda s: expect(s, 1, missed=["colour"], told=["colour"]), "tests[1].expect.missed[0]: the check 'colour' says"),
    (
        lambda s: (s["facts"][2].update(disclose="trust>=5"), expect(s, 1, told=["asleep"])),
        "tests[1].expect.told[0]: the fact 'asleep' needs trust 5, and trust never gets past 3",
    ),
]

ALL = EXAMPLES + RUBRIC + HINTS + MEASURES + TYPING + TESTS


@pytest.mark.parametrize(("alter", "said"), ALL, ids=[said for _, said in ALL])
def test_a_doubt_is_named_with_its_field(alter: Alter, said: str) -> None:
    data = whole_lesson()
    alter(data)
    scenario, faults = read_scenario(data)
    assert faults == []
    found = [str(doubt) for doubt in doubts(scenario)]
    assert any(said in doubt for doubt in found), found


def test_what_another_line_answers_better_does_not_speak_against_a_missed_example() -> None:
    data = whole_lesson()
    data["script"]["replies"].append({"id": "hat", "cues": ["what colour hat"], "say": ["Black."]})
    example(data, "colour", "missed", "What colour is your hat?")
    assert doubts(parse_scenario(data, "x")) == []


def test_a_fact_that_the_example_has_not_earned_is_missed() -> None:
    data = whole_lesson()
    check(data, "colour")["detector"]["fact"] = "asleep"
    check(data, "colour")["examples"] = {"shown": ["What happened?"], "missed": ["What happened?"]}
    hint(data, script="What happened?")
    data["tests"] = []
    assert doubts(parse_scenario(data, "x")) == []
    example(data, "colour", "missed", "I'm sorry.", "What happened?")
    assert [doubt.field for doubt in doubts(parse_scenario(data, "x"))] == [f"{at('colour')}.examples.missed[1]"]


@pytest.mark.parametrize("scenario", [parse_scenario(whole_lesson(), "x"), *shipped().values()], ids=lambda s: s.id)
def test_lint_and_grader_decide_examples_alike(scenario: Scenario) -> None:
    compared = 0
    for _, check in every_check(scenario.rubric):
        detector = decided_by(check)
        for turns in (*check.examples.shown, *check.examples.missed) if detector else ():
            lines = tuple(Line(f"item_{n}", "user", text, float(n), float(n), float(n)) for n, text in enumerate(turns))
            assert detector is not None
            assert met(detector, turns) == (detect(check, scenario, Record(lines)).result == "shown"), (check.id, turns)
            compared += 1
    assert compared > 3


@pytest.mark.parametrize("scenario", shipped().values(), ids=lambda scenario: scenario.id)
def test_no_guarded_fact_can_slip_into_a_brief_unnoticed(scenario: Scenario) -> None:
    for fact in scenario.facts:
        if fact.disclosure is not Disclosure.OPEN:
            learner = replace(scenario.learner, brief=f"{scenario.learner.brief} {fact.text}")
            found = [doubt.reason for doubt in given_away(replace(scenario, learner=learner))]
            assert any(f"gives away the fact {fact.id!r}" in reason for reason in found), fact.id


@pytest.mark.parametrize("scenario", shipped().values(), ids=lambda scenario: scenario.id)
def test_no_check_of_words_can_lose_its_cues_unnoticed(scenario: Scenario) -> None:
    lost = ("no such thing",)
    for c, criterion in enumerate(scenario.rubric.criteria):
        for i, check in enumerate(criterion.checks):
            if (detector := decided_by(check)) is None:
                continue
            broken = replace(check, detector=Detector(detector.type, any_of=lost, first=lost, then=lost, none_of=lost))
            checks = (*criterion.checks[:i], broken, *criterion.checks[i + 1 :])
            criteria = list(scenario.rubric.criteria)
            criteria[c] = replace(criterion, checks=checks)
            rubric = replace(scenario.rubric, criteria=tuple(criteria))
            at = f"rubric.criteria[{c}].checks[{i}].examples"
            found = [doubt.field for doubt in unproven_checks(replace(scenario, rubric=rubric))]
            assert any(field.startswith(at) for field in found), check.id


def _routes(node: object, route: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [route] * bool(route) + [deep for key, child in children for deep in _routes(child, (*route, key))]


@given(
    st.lists(st.sampled_from(_routes(whole_lesson())), min_size=1, max_size=3),
    st.sampled_from([None, 0, -1, 1e9, "", "x", "...", "a|b-c", [], {}, [[]], True]),
)
@settings(max_examples=200, deadline=None)
def test_lint_says_something_of_any_broken_lesson_and_never_breaks(
    routes: list[tuple[str | int, ...]], value: object
) -> None:
    data: Any = whole_lesson()
    for route in routes:
        holder = data
        try:
            for step in route[:-1]:
                holder = holder[step]
            holder[route[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue  # an earlier route took this place away
    scenario, faults = read_scenario(data)
    assert all(str(doubt) for doubt in [*faults, *doubts(scenario)])
