"""Who was told what at which trust, from lines alone."""

from __future__ import annotations

import pytest

from kit.lessons import lesson
from vivavoce.lesson.transcript import Line, Role
from vivavoce.rehearsal.disclosure import in_prompt, tellings
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.model import Scenario
from vivavoce.scenario.prompt import instructions


def scenario() -> Scenario:
    return parse_scenario(lesson(), "lost-bag.json")


def lines(*said: str) -> list[Line]:
    """Each begins with > when the learner says it."""
    found = []
    for n, text in enumerate(said):
        role: Role = "user" if text.startswith(">") else "assistant"
        found.append(Line(f"item_{n}", role, text.lstrip("> "), float(n), float(n), float(n)))
    return found


def breaches(lesson: Scenario, *said: str) -> list[tuple[str, str]]:
    return [(telling.fact.id, telling.breach) for telling in tellings(lesson, lines(*said)) if telling.breach]


def test_what_is_earned_may_be_told() -> None:
    assert breaches(scenario(), "My bag is gone.", "> I'm sorry. What happened?", "I fell asleep on the train.") == []


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        (("> What happened?", "I fell asleep on the train."), "asleep"),
        (("> Sorry! It's your own fault. What happened?", "I fell asleep."), "asleep"),
        (("> Sorry.", "> It's your own fault.", "> Sorry.", "I fell asleep."), "asleep"),
        (("> Sorry.", "Thank you.", "> And the ticket?", "I was on the train without a ticket."), "ticket"),
    ],
)
def test_what_is_told_too_early_or_at_all_is_a_breach(said: tuple[str, ...], fact: str) -> None:
    """Once, the rule for an apology fires, whatever was said since."""
    assert [id for id, _ in breaches(scenario(), *said)] == [fact]


def test_a_line_counts_for_the_turns_before_it_only_and_in_the_order_of_the_conversation() -> None:
    told_first = lines("I fell asleep.", "> I'm sorry.")
    assert [telling.breach for telling in tellings(scenario(), list(reversed(told_first)))] == [
        "trust was 2 and must be 3"
    ]


def test_trust_that_is_full_from_the_start_is_earned_by_nobody() -> None:
    data = lesson()
    data["stance"]["start"] = 5
    full = parse_scenario(data, "lost-bag.json")
    assert [id for id, _ in breaches(full, "> What happened?", "I fell asleep.")] == ["asleep"]


def test_instructions_may_hold_what_is_due_and_nothing_else() -> None:
    lost_bag = scenario()
    assert list(in_prompt(lost_bag, [], instructions(lost_bag, 2))) == []
    assert list(in_prompt(lost_bag, ["I'm sorry."], instructions(lost_bag, 3))) == []
    early = list(in_prompt(lost_bag, [], instructions(lost_bag, 3) + " She travelled without a ticket."))
    assert [fact.id for fact in early] == ["asleep", "ticket"]
