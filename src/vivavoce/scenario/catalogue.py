"""The scenarios of one server, by id, in the order of the menu."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vivavoce.protocol.json_text import NestedTooDeeply, parse_json
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.model import Scenario, ScenarioError
from vivavoce.scenario.public import public_view


class Catalogue(Mapping[str, Scenario]):
    """Immutable; iterates over the ids in menu order."""

    def __init__(self, scenarios: Mapping[str, Scenario]) -> None:
        self._scenarios = dict(scenarios)

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Catalogue:
        """From file name to JSON text, in menu order. A ScenarioError names the faults of all files at once."""
        scenarios: dict[str, Scenario] = {}
        problems: list[str] = []
        for name, text in texts.items():
            try:
                scenario = parse_scenario(decode(text), name)
            except ScenarioError as error:
                problems += [f"{name}: {problem}" for problem in error.problems]
                continue
            except ValueError as error:
                problems.append(f"{name}: {error}")
                continue
            if name != f"{scenario.id}.json":
                problems.append(f"{name}: id: the file of {scenario.id!r} must be named {scenario.id}.json")
            scenarios[scenario.id] = scenario
        if problems:
            raise ScenarioError("scenarios", problems)
        return cls(scenarios)

    def public(self) -> list[dict[str, Any]]:
        """What GET /api/scenarios answers."""
        return [public_view(scenario) for scenario in self._scenarios.values()]

    def __getitem__(self, id: str) -> Scenario:
        return self._scenarios[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scenarios)

    def __len__(self) -> int:
        return len(self._scenarios)


def decode(text: str) -> object:
    """JSON that may be hostile; ValueError says what is wrong with it."""
    try:
        return parse_json(text)
    except NestedTooDeeply:
        raise ValueError("is nested too deeply to be read") from None
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None
