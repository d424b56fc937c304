"""What a scenario must mean to be a fair lesson: nothing given away, every check passable and failable, every fact
within reach, and the author's own examples and tests true.

These doubts do not stop a scenario from being loaded; `vivavoce lint` tells them to its author.
"""

from __future__ import annotations

from vivavoce.scenario.model import Scenario
from vivavoce.scenario.reading import Fault
from vivavoce.scenario.sense_cues import ambiguous_cues, misread_cues
from vivavoce.scenario.sense_examples import unproven_checks
from vivavoce.scenario.sense_hints import useless_hints
from vivavoce.scenario.sense_lines import spoken, told_unasked, unspeakable, untold
from vivavoce.scenario.sense_measures import empty_ranges, unreachable_by_typing
from vivavoce.scenario.sense_reach import impassable, out_of_reach
from vivavoce.scenario.sense_rubric import careless_privacy, unclear_judges, unticked_goals, unweighed, wrong_speakers
from vivavoce.scenario.sense_secrets import answered_by_another, given_away
from vivavoce.scenario.sense_tests import contradictions


def doubts(scenario: Scenario) -> list[Fault]:
    lines = list(spoken(scenario))
    return [
        *given_away(scenario),
        *answered_by_another(scenario),
        *told_unasked(scenario, lines),
        *untold(scenario),
        *out_of_reach(scenario),
        *impassable(scenario, lines),
        *misread_cues(scenario),
        *ambiguous_cues(scenario),
        *unspeakable(lines),
        *unweighed(scenario),
        *wrong_speakers(scenario),
        *unclear_judges(scenario),
        *unproven_checks(scenario),
        *unticked_goals(scenario),
        *useless_hints(scenario),
        *empty_ranges(scenario),
        *unreachable_by_typing(scenario),
        *careless_privacy(scenario),
        *contradictions(scenario),
    ]
