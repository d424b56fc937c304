from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kit.lessons import lesson, shipped, whole_lesson
from vivavoce.scenario.load import read_scenario
from vivavoce.scenario.model import Scenario
from vivavoce.scenario.sense import doubts

Alter = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize("data", [lesson(), whole_lesson()], ids=["lesson", "whole_lesson"])
def test_a_sound_lesson_raises_no_doubt(data: dict[str, Any]) -> None:
    scenario, faults = read_scenario(data)
    assert faults == []
    assert doubts(scenario) == []


@pytest.mark.parametrize("scenario", shipped().values(), ids=shipped())
def test_the_lessons_that_come_with_the_project_are_sound(scenario: Scenario) -> None:
    assert [str(doubt) for doubt in doubts(scenario)] == []


DOUBTS: list[tuple[Alter, str]] = [
    (lambda s: s["learner"].update(brief="Look for a dark green bag."), "learner.brief: gives away the fact 'colour'"),
    (lambda s: s.update(summary="She fell asleep."), "summary: gives away the fact 'asleep'"),
    (lambda s: s["learner"]["goals"][0].update(text="Ask the colour"), "text: gives away the answer to the question"),
    (
        lambda s: s["learner"].update(brief="did you ask what it looks like?"),
        "learner.brief: holds the check 'colour' word for word",
    ),
    (lambda s: s["opening"].update(line="My green bag is gone!"), "opening.line: tells the fact 'colour' although"),
    (lambda s: s["script"].update(fallback=["I fell asleep."]), "script.fallback[0]: tells the fact 'asleep' before"),
    (
        lambda s: s["facts"][1].update(say=["It's green. I came without a ticket."]),
        "facts[1].say[0]: tells the fact 'ticket', which must never be told",
    ),
    (lambda s: s["facts"][1].update(say=["I don't remember."]), "facts[1].say[0]: no cue of `told` finds the fact"),
    (
        lambda s: s["facts"][2].update(disclose="trust>=5"),
        "facts[2].disclose: trust never gets past 3, so nobody can be told this",
    ),
    (
        lambda s: s["script"]["replies"][0].update(trust=4),
        "script.replies[0].trust: trust never gets past 3, so this is never said",
    ),
    (
        lambda s: s["rubric"]["criteria"][0]["checks"][0].update(
            speaker="assistant", detector={"type": "phrase", "any_of": ["umbrella"]}
        ),
        "checks[0].detector.any_of: no line of the script holds one of these",
    ),
    (
        lambda s: s["rubric"]["criteria"][1]["checks"][1]["detector"].update(first=["search"]),
        "checks[1].detector: whatever says one of `first` says one of `then` no later",
    ),
    (
        lambda s: s["rubric"]["criteria"][0]["checks"][1]["detector"].update(none_of=["sorry", "apolog*"]),
        "checks[0].detector: whoever passes this check fails 'no_blame'",
    ),
    (lambda s: s["facts"][1].update(cues=["do you have a colour"]), "facts[1].cues[0]: only one word of"),
    (lambda s: s["facts"][1].update(cues=["colour. Which one"]), "does not find its own words"),
    (lambda s: s["facts"][1].update(cues=["ticket"]), "facts[3].cues[0]: 'ticket' stands at facts[1].cues[0] too"),
    (lambda s: s["facts"][1].update(say=["It's green & costs 20."]), "facts[1].say[0]: holds '&'"),
    (lambda s: s["opening"].update(line="please " * 30), "opening.line: has 30 words"),
]


@pytest.mark.parametrize(("alter", "said"), DOUBTS, ids=[said for _, said in DOUBTS])
def test_a_doubt_is_named_with_its_field(alter: Alter, said: str) -> None:
    data = lesson()
    alter(data)
    scenario, faults = read_scenario(data)
    assert faults == []
    assert any(said in str(doubt) for doubt in doubts(scenario)), [str(doubt) for doubt in doubts(scenario)]


def test_a_fact_out_of_reach_makes_its_check_impassable() -> None:
    data = lesson()
    data["facts"][2]["disclose"] = "trust>=5"
    data["rubric"]["criteria"][1]["checks"][0]["detector"]["fact"] = "asleep"
    assert any("fact 'asleep' is out of reach" in str(doubt) for doubt in doubts(read_scenario(data)[0]))
