from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kit.lessons import lesson
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.stance import StanceState, observe, starting

STANCE = parse_scenario(lesson(), "lesson").stance


def test_a_rule_moves_trust_and_says_which_it_was() -> None:
    observed = observe(STANCE, starting(STANCE), "I'm sorry to hear that.")
    assert observed.state.trust == STANCE.start + 1
    assert [rule.id for rule in observed.fired] == ["sorry"]


def test_a_rule_that_works_once_does_not_fire_again() -> None:
    first = observe(STANCE, starting(STANCE), "Sorry!").state
    again = observe(STANCE, first, "Sorry, sorry, sorry.")
    assert again.fired == ()
    assert again.state.trust == first.trust


def test_trust_stays_within_its_range() -> None:
    state = starting(STANCE)
    for _ in range(10):
        state = observe(STANCE, state, "That's your own fault.").state
    assert state.trust == STANCE.minimum


@given(st.lists(st.sampled_from(["sorry", "your own fault", "hm", ""])), st.integers(1, 5))
def test_any_talk_keeps_the_range(lines: list[str], start: int) -> None:
    state = StanceState(start)
    for line in lines:
        state = observe(STANCE, state, line).state
        assert STANCE.minimum <= state.trust <= STANCE.maximum
