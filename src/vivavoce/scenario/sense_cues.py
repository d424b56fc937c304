"""Cues that do not find what they are written for."""

from __future__ import annotations

from collections.abc import Iterator

from vivavoce.scenario.check import every_cue_list
from vivavoce.scenario.match import cue_fault, example, find, is_thin
from vivavoce.scenario.model import Scenario
from vivavoce.scenario.reading import Fault


def misread_cues(scenario: Scenario) -> Iterator[Fault]:
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


def ambiguous_cues(scenario: Scenario) -> Iterator[Fault]:
    """The same cue for two answers: only one of them can be given."""
    seen: dict[str, str] = {}
    lists = [(f"facts[{i}].cues", fact.cues) for i, fact in enumerate(scenario.facts)]
    lists += [(f"script.replies[{i}].cues", reply.cues) for i, reply in enumerate(scenario.script.replies)]
    for path, cues in lists:
        for i, cue in enumerate(cues):
            first = seen.setdefault(cue.casefold(), f"{path}[{i}]")
            if first != f"{path}[{i}]":
                yield Fault(f"{path}[{i}]", f"{cue!r} stands at {first} too")
