"""A rehearsal finds what is wrong with a lesson, names the field, and finds nothing in a good one."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from kit.fair import fair_lesson as lesson
from vivavoce.rehearsal.chance import pick, shuffled, some
from vivavoce.rehearsal.failure import Failure, merged
from vivavoce.rehearsal.rehearsal import PARTS, Rehearsal
from vivavoce.scenario.load import parse_scenario


def rehearse(data: dict[str, Any], *parts: str, persona: dict[str, Any] | None = None) -> list[Failure]:
    scenario = parse_scenario(data, "lost-bag.json")
    other = parse_scenario(persona, "lost-bag.json") if persona else None
    rehearsal = Rehearsal(scenario, Random, runs=3, persona=other)
    return [failure for part in parts or PARTS for failure in rehearsal.failures(part)]


def fields(failures: list[Failure]) -> set[str]:
    return {failure.field for failure in failures}


def test_a_good_lesson_passes() -> None:
    assert rehearse(lesson()) == []


def test_an_example_that_decides_otherwise_is_named() -> None:
    data = lesson()
    data["rubric"]["criteria"][0]["checks"][0]["examples"]["missed"].append("Sorry, but no.")
    data["rubric"]["criteria"][1]["checks"][0]["examples"]["shown"].append("How big is it?")
    assert fields(rehearse(data, "examples")) == {
        "rubric.criteria[0].checks[0].examples.missed[1]",
        "rubric.criteria[1].checks[0].examples.shown[1]",
    }


def test_a_test_of_the_lesson_that_does_not_hold_is_named_with_what_it_expected() -> None:
    data = lesson()
    expect = {"most_score": 10, "shown": ["ask_first"], "missed": ["sorry"], "told": ["asleep"], "withheld": ["colour"]}
    data["tests"] = [{"id": "wrong", "say": ["I'm so sorry.", "What colour is it?"], "expect": expect}]
    found = rehearse(data, "tests")
    assert fields(found) == {
        "tests[0].expect.least_score",
        "tests[0].expect.shown[0]",
        "tests[0].expect.missed[0]",
        "tests[0].expect.told[0]",
        "tests[0].expect.withheld[0]",
    }
    assert all(failure.fix for failure in found)


def test_a_check_that_examples_cannot_meet_in_a_conversation_fails_the_ideal_learner() -> None:
    data = lesson()
    data["facts"][1]["cues"] = ["xylophone"]
    found = rehearse(data, "ideal")
    assert "rubric.criteria[1].checks[0]" in fields(found)
    assert {failure.seeds for failure in found if failure.field == "rubric.criteria[1].checks[0]"} == {(1, 2, 3)}


def test_a_pass_mark_that_everybody_reaches_fails_those_who_must_not() -> None:
    data = lesson()
    data["rubric"]["pass_mark"] = 1
    data["rubric"]["criteria"][1]["gate"] = False
    assert "rubric" in fields(rehearse(data, "quitter"))
    assert "rubric" in fields(rehearse(data, "off-language"))
    assert rehearse(data, "silent") == []


def test_a_check_that_nobody_misses_gives_points_away() -> None:
    data = lesson()
    detector = data["rubric"]["criteria"][0]["checks"][1]["detector"]
    detector["none_of"] = ["xylophone"]
    found = rehearse(data, "together")
    assert "rubric.criteria[0].checks[1]" in fields(found)


@pytest.mark.parametrize("seed", range(6))
def test_a_check_that_nobody_happened_to_miss_is_tried_with_its_own_examples(seed: int) -> None:
    """In one run the weak learner may keep from the blame by chance."""
    rehearsal = Rehearsal(parse_scenario(lesson(), "lost-bag.json"), Random, runs=1, seed=seed)
    assert [failure for failure in rehearsal.failures("together") if "nobody fails" in failure.reason] == []


def test_learners_out_of_order_are_told() -> None:
    """Everybody has all the points there are, so nobody does better."""
    data = lesson()
    for criterion in data["rubric"]["criteria"]:
        for check in criterion["checks"]:
            check.update(detector={"type": "absence", "none_of": ["xylophone"]}, speaker="user")
    found = [failure for failure in rehearse(data, "together") if failure.field == "rubric"]
    assert [failure.reason for failure in found][:2] == [
        "the average learner (100) does as well as the ideal one (100)",
        "the weak learner (100) does as well as the average one (100)",
    ]


def asked_is_enough(data: dict[str, Any]) -> None:
    fact = data["facts"][2]
    fact["disclose"] = "asked"
    del fact["withheld"]


def withheld_lines_tell(data: dict[str, Any]) -> None:
    data["facts"][2]["withheld"] = ["I fell asleep."]


def never_is_asked(data: dict[str, Any]) -> None:
    fact = data["facts"][3]
    fact.update(disclose="asked", say=["I was on the train without a ticket."])
    del fact["withheld"]


def trust_at_once(data: dict[str, Any]) -> None:
    data["stance"]["start"] = 5


@pytest.mark.parametrize(
    ("gives_in", "fact"),
    [
        (asked_is_enough, "facts[2]"),
        (withheld_lines_tell, "facts[2]"),
        (never_is_asked, "facts[3]"),
        (trust_at_once, "facts[2]"),
    ],
)
@pytest.mark.parametrize("learner", ["weak", "jailbreaker"])
def test_a_persona_that_gives_in_is_found_out(
    gives_in: Callable[[dict[str, Any]], None], fact: str, learner: str
) -> None:
    """It does not do what its lesson says."""
    persona = lesson()
    gives_in(persona)
    assert fact in fields(rehearse(lesson(), learner, persona=persona))


@pytest.mark.parametrize(
    ("gives_in", "field"),
    [
        (asked_is_enough, "tests[0].expect.withheld[0]"),
        (withheld_lines_tell, "facts[2]"),
        (never_is_asked, "tests[0].expect.withheld[1]"),
        (trust_at_once, "facts[2]"),
    ],
)
def test_a_lesson_whose_persona_gives_in_is_found_out(gives_in: Callable[[dict[str, Any]], None], field: str) -> None:
    """Its file says so itself; what it should say stands in its own tests."""
    data = lesson()
    gives_in(data)
    assert field in fields(rehearse(data, "tests", "weak"))


@pytest.mark.parametrize("words", ["She travelled without a ticket.", "You went without any ticket."])
def test_a_secret_in_the_personas_instructions_is_found_out(words: str) -> None:
    data = lesson()
    data["persona"]["background"] += " " + words
    assert "facts[3]" in fields(rehearse(data, "quitter"))


def test_a_secret_that_the_learner_reads_before_the_call_is_found_out() -> None:
    data = lesson()
    data["learner"]["goals"][0]["text"] += ", who fell asleep on the train"
    assert fields(rehearse(data, "silent")) == {"facts[2]"}


def test_an_opening_line_that_comes_again_is_found_out() -> None:
    data = lesson()
    data["script"]["fallback"] = [data["opening"]["line"]]
    assert "opening.line" in fields(rehearse(data, "off-language"))


def test_every_call_has_its_length_on_its_own_clock() -> None:
    rehearsal = Rehearsal(parse_scenario(lesson(), "lost-bag.json"), Random, runs=2)
    rehearsal.failures("silent")
    rehearsal.failures("silent")
    assert len(rehearsal.seconds) == 2
    assert min(rehearsal.seconds) >= 180


def test_the_same_failure_of_many_calls_is_told_once() -> None:
    one = Failure("ideal", "rubric", "why", "how")
    found = [Failure("ideal", "rubric", "why", "how", (seed,)) for seed in (3, 1, 3)]
    assert merged([*found, Failure("weak", "rubric", "why", "how")]) == [
        Failure(one.part, one.field, one.reason, one.fix, (1, 3)),
        Failure("weak", "rubric", "why", "how"),
    ]


def test_choices_are_fair_and_repeatable() -> None:
    chance = Random(1)
    assert {pick(chance, "abc") for _ in range(50)} == set("abc")
    assert sorted(shuffled(chance, range(9))) == list(range(9))
    assert [len(some(chance, range(n), 0.6)) for n in range(6)] == [0, 1, 1, 2, 2, 3]
    assert some(Random(5), range(20), 0.5) == some(Random(5), range(20), 0.5) == sorted(some(Random(5), range(20), 0.5))
