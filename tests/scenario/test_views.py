"""Who sees what: the learner's view and the persona's, and nothing of the rubric in either."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from kit.lessons import FOLDER, SHARED, lesson, shipped, whole_lesson
from vivavoce.scenario.check import every_check
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.model import Scenario
from vivavoce.scenario.prompt import instructions, opening_item_text
from vivavoce.scenario.public import public_view

EVENTS = json.loads((SHARED / "events.schema.json").read_text())
LESSONS = [*shipped().values(), parse_scenario(lesson(), "lost-bag.json")]
each_lesson = pytest.mark.parametrize("scenario", LESSONS, ids=lambda scenario: scenario.id)


def graded(scenario: Scenario) -> list[str]:
    """Every text of rubric and quiz."""
    texts = []
    for criterion in scenario.rubric.criteria:
        texts += [criterion.name]
        for check in criterion.checks:
            texts += [check.ask, check.advice]
    for item in scenario.quiz.items:
        texts += [item.prompt, item.answer, item.explain, *item.options]
    return texts


def said(scenario: Scenario) -> list[str]:
    """Every line of the scripted persona but the first."""
    script = scenario.script
    lines = [*script.fallback, *script.repeat, *script.role_break, *script.abuse, *script.silence]
    lines += [*script.farewell.say, *script.farewell.early]
    lines += [line for fact in scenario.facts for line in (*fact.say, *fact.withheld)]
    lines += [line for rule in scenario.stance.rules for line in rule.say]
    return lines + [line for reply in script.replies for line in reply.say]


def helped(scenario: Scenario) -> list[str]:
    """Every text of hints, examples and tests."""
    hints = [text for hint in scenario.support.hints for text in (hint.nudge, hint.phrase, hint.script)]
    checks = [check for _, check in every_check(scenario.rubric)]
    turns = [turn for check in checks for said in (*check.examples.shown, *check.examples.missed) for turn in said]
    return hints + turns + [turn for test in scenario.tests for turn in test.say]


def hidden(scenario: Scenario) -> list[str]:
    return [*graded(scenario), *said(scenario), *(fact.text for fact in scenario.facts), scenario.persona.agenda]


@each_lesson
def test_the_public_view_fits_its_schema(scenario: Scenario) -> None:
    schema = {"$ref": "#/$defs/PublicScenario", "$defs": EVENTS["$defs"]}
    assert [error.message for error in Draft202012Validator(schema).iter_errors(public_view(scenario))] == []


@each_lesson
def test_the_public_view_gives_nothing_away(scenario: Scenario) -> None:
    shown = json.dumps(public_view(scenario), ensure_ascii=False).casefold()
    assert [text for text in hidden(scenario) if text.casefold() in shown] == []


def test_the_menu_gives_nothing_away_and_is_up_to_date() -> None:
    index = (FOLDER / "index.json").read_text()
    lessons = shipped()
    shown = json.dumps(json.loads(index), ensure_ascii=False).casefold()
    assert [text for scenario in lessons.values() for text in hidden(scenario) if text.casefold() in shown] == []
    assert json.loads(index) == [public_view(lessons[entry["id"]]) for entry in json.loads(index)]
    assert {entry["id"] for entry in json.loads(index)} == set(lessons)


@each_lesson
def test_neither_view_depends_on_what_it_must_not_show(scenario: Scenario) -> None:
    """Words may coincide by chance, so each part is exchanged for another's: what is not read cannot leak."""
    other = parse_scenario(whole_lesson(), "lost-bag.json")
    graded = {name: getattr(other, name) for name in ("rubric", "support", "measures", "tests", "script")}
    graded["quiz"] = replace(other.quiz, when=scenario.quiz.when)
    exchanged = replace(scenario, **graded)
    for trust in range(scenario.stance.minimum, scenario.stance.maximum + 1):
        assert instructions(exchanged, trust) == instructions(scenario, trust)
    persona = replace(other.persona, name=scenario.persona.name, role=scenario.persona.role)
    learner = replace(scenario.learner, goals=tuple(replace(goal, checks=()) for goal in scenario.learner.goals))
    exchanged = replace(
        scenario,
        **graded | {"support": scenario.support},
        facts=other.facts,
        stance=other.stance,
        opening=other.opening,
        setting=other.setting,
        keywords=other.keywords,
        persona=persona,
        learner=learner,
    )
    assert public_view(exchanged) == public_view(scenario)


def test_a_line_of_the_script_or_the_rubric_is_not_in_the_prompt() -> None:
    scenario = parse_scenario(whole_lesson(), "lost-bag.json")
    told = instructions(scenario, scenario.stance.maximum).casefold()
    assert [text for text in [*graded(scenario), *said(scenario), *helped(scenario)] if text.casefold() in told] == []


@each_lesson
def test_the_persona_knows_what_its_trust_allows(scenario: Scenario) -> None:
    for trust in range(scenario.stance.minimum, scenario.stance.maximum + 1):
        told = instructions(scenario, trust)
        for fact in scenario.facts:
            allowed = fact.disclosure.value != "never" and trust >= fact.trust
            assert (fact.text in told) == allowed, (trust, fact.id)


def test_what_is_told_only_when_asked_stands_under_that_heading() -> None:
    told = instructions(parse_scenario(lesson(), "lesson"), 3)
    freely, asked = told.split("# What you say only when asked about it")
    assert "Her bag is gone." in freely
    assert "The bag is dark green." in asked
    assert "She fell asleep on the train." in asked


def test_the_prompt_names_the_tools_that_there_are() -> None:
    data = lesson()
    assert "trigger_quiz" in instructions(parse_scenario(data, "lesson"), 2)
    data["quiz"]["when"] = "end"
    told = instructions(parse_scenario(data, "lesson"), 2)
    assert "trigger_quiz" not in told
    assert "grade_lesson" in told


def test_the_prompt_says_the_language() -> None:
    assert "Speak English (en-GB)" in instructions(parse_scenario(lesson(), "lesson"), 2)
    other = instructions(parse_scenario({**lesson(), "locale": "sw"}, "lesson"), 2)
    assert "Speak the language with the code sw" in other


def test_the_opening_is_to_be_said_word_for_word() -> None:
    scenario = parse_scenario(lesson(), "lesson")
    assert opening_item_text(scenario) == "Begin by saying exactly: Excuse me, can you help me, please?"
