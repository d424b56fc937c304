from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kit.lessons import SHARED, lesson, shipped
from vivavoce.scenario.catalogue import Catalogue
from vivavoce.scenario.load import parse_scenario, read_scenario
from vivavoce.scenario.model import Detector, Disclosure, ScenarioError

SCHEMA = Draft202012Validator(json.loads((SHARED / "scenario.schema.json").read_text()))
Alter = Callable[[dict[str, Any]], object]


def test_a_lesson_becomes_a_scenario() -> None:
    scenario = parse_scenario(lesson(), "lost-bag.json")
    assert scenario.opening == "Excuse me, can you help me, please?"
    assert [(fact.disclosure, fact.trust) for fact in scenario.facts] == [
        (Disclosure.OPEN, 0),
        (Disclosure.ASKED, 0),
        (Disclosure.TRUST, 3),
        (Disclosure.NEVER, 0),
    ]
    assert scenario.rubric.criteria[1].gate
    assert scenario.rubric.criteria[1].checks[0].detector == Detector("fact", fact="colour")
    assert scenario.voice.speed == 1.0
    assert scenario.turn_detection.silence_duration_ms == 700


FAULTS: list[tuple[Alter, str]] = [
    (lambda s: s.pop("title"), "title: is missing"),
    (lambda s: s.update(title=7), "title: must be text, not a number"),
    (lambda s: s.update(title=" "), "title: must not be empty"),
    (lambda s: s.update(tilte="x"), "tilte: is not a field of a scenario"),
    (lambda s: s.update(id="Lost Bag"), "id: 'Lost Bag' must match ^[a-z0-9-]{1,64}$"),
    (lambda s: s.update(schema="vivavoce.scenario/v9"), "schema: must be one of vivavoce.scenario/v1"),
    (lambda s: s.update(est_minutes=True), "est_minutes: must be a number, not true or false"),
    (lambda s: s.update(est_minutes=2.5), "est_minutes: must be a whole number, not 2.5"),
    (lambda s: s.update(tags=None), "tags: must not be null"),
    (lambda s: s.update(facts={}), "facts: must be a list, not an object"),
    (lambda s: s["facts"].append("x"), "facts[4]: must be an object, not text"),
    (lambda s: s["facts"][1].update(id="lost"), "facts[1].id: 'lost' is used before, at facts[0].id"),
    (lambda s: s["facts"][1].update(cues=[]), "facts[1].cues: needs at least 1"),
    (lambda s: s["facts"][1].update(cues=["..."]), "facts[1].cues[0]: cue '...' holds no words"),
    (lambda s: s["facts"][2].update(disclose="trust"), "facts[2].disclose: must be open, asked, trust>=N or never"),
    (lambda s: s["facts"][2].update(disclose="trust>=6"), "facts[2].disclose: trust 6 must be above the minimum 1"),
    (lambda s: s["facts"][3].update(say=["I had none."]), "facts[3].say: a fact that is never told has no way"),
    (lambda s: s["facts"][1].update(withheld=["No."]), "facts[1].withheld: only facts of trust>=N or never"),
    (lambda s: s["stance"].update(start=9), "stance.start: must be between minimum 1 and maximum 5"),
    (lambda s: s["stance"]["rules"][0].update(delta=0), "stance.rules[0].delta: must not be 0"),
    (lambda s: s["limits"].update(warn_at=[300]), "limits.warn_at[0]: must be less than limits.max_seconds"),
    (lambda s: s["rubric"].update(pass_mark=101), "rubric.pass_mark: must be between 0 and 100, not 101"),
    (lambda s: s["rubric"]["criteria"][0].update(weight=0), "rubric.criteria[0].weight: must be more than 0"),
    (
        lambda s: s["rubric"]["criteria"][1]["checks"][0]["detector"].update(fact="colours"),
        "rubric.criteria[1].checks[0].detector.fact: there is no fact 'colours'",
    ),
    (
        lambda s: s["rubric"]["criteria"][1]["checks"][0]["detector"].update(fact="ticket"),
        "detector.fact: fact 'ticket' is never told, so nobody can pass",
    ),
    (
        lambda s: s["rubric"]["criteria"][1]["checks"][0].update(speaker="user"),
        "rubric.criteria[1].checks[0].speaker: must be assistant",
    ),
    (
        lambda s: s["rubric"]["criteria"][0]["checks"][1].update(id="colour"),
        "rubric.criteria[1].checks[0].id: 'colour' is used before",
    ),
    (
        lambda s: s["rubric"]["criteria"][0]["checks"][0]["detector"].update(none_of=["x"]),
        "rubric.criteria[0].checks[0].detector.none_of: is not a field of a scenario",
    ),
    (lambda s: s["quiz"]["items"][0].update(criterion="x"), "quiz.items[0].criterion: there is no criterion 'x'"),
    (lambda s: s["quiz"]["items"][0].update(answer="Blue"), "quiz.items[0].answer: must be one of the options"),
    (lambda s: s["quiz"]["items"][1].update(accept=["thanks"]), "quiz.items[1].answer: its own accept phrases"),
]


@pytest.mark.parametrize(("alter", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_a_fault_is_named_with_its_field(alter: Alter, said: str) -> None:
    data = lesson()
    alter(data)
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(data, "lost-bag.json")
    assert any(said in problem for problem in caught.value.problems)
    assert str(caught.value).startswith("lost-bag.json: ")


def test_all_faults_are_named_at_once() -> None:
    data = lesson()
    independent = FAULTS[:1] + FAULTS[7:9] + FAULTS[11:12] + FAULTS[18:22]
    for alter, _ in independent:
        alter(data)
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(data, "lost-bag.json")
    for _, said in independent:
        assert any(said in problem for problem in caught.value.problems)


@pytest.mark.parametrize("id", shipped())
def test_schema_and_loader_accept_the_lessons(id: str) -> None:
    data = json.loads((SHARED.parent / "scenarios" / f"{id}.json").read_text())
    assert [error.message for error in SCHEMA.iter_errors(data)] == []
    assert parse_scenario(data, id).id == id


def test_every_field_is_described_in_the_schema() -> None:
    def undescribed(node: object, path: str) -> list[str]:
        if not isinstance(node, dict):
            return []
        missing = []
        for name, child in node.get("properties", {}).items():
            if isinstance(child, dict) and "description" not in child and "const" not in child:
                missing.append(f"{path}.{name}")
        for name, child in node.get("$defs", {}).items():
            missing += undescribed(child, name)
        return missing

    assert undescribed(SCHEMA.schema, "Scenario") == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
@example({"facts": [[]], "rubric": {"criteria": [{"checks": [{"detector": 1}]}]}})
def test_any_json_is_refused_in_words(data: object) -> None:
    with pytest.raises(ScenarioError):
        parse_scenario(data, "junk.json")


def _routes(node: object, route: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [route] * bool(route) + [deep for key, child in children for deep in _routes(child, (*route, key))]


ROUTES = _routes(lesson())


@given(st.sampled_from(ROUTES), st.none() | json_values, st.booleans())
@settings(max_examples=300)
def test_what_the_schema_refuses_the_loader_refuses(route: tuple[str | int, ...], value: object, drop: bool) -> None:
    """The loader also holds the fields against each other, so it may refuse more, and never less."""
    data: Any = lesson()
    holder = data
    for step in route[:-1]:
        holder = holder[step]
    if drop:
        del holder[route[-1]]
    else:
        holder[route[-1]] = value
    _, faults = read_scenario(data)
    if not SCHEMA.is_valid(data):
        assert faults


class TestCatalogue:
    def test_it_keeps_the_order_of_its_files(self) -> None:
        other = {**lesson(), "id": "another-bag"}
        catalogue = Catalogue.from_texts({"lost-bag.json": json.dumps(lesson()), "another-bag.json": json.dumps(other)})
        assert list(catalogue) == ["lost-bag", "another-bag"]
        assert catalogue["another-bag"].title == "A lost bag"
        assert [entry["id"] for entry in catalogue.public()] == ["lost-bag", "another-bag"]
        assert catalogue.get("nothing") is None

    def test_the_faults_of_all_files_come_together(self) -> None:
        texts = {
            "broken.json": "{",
            "deep.json": "[" * 100_000,
            "wrong-name.json": json.dumps(lesson()),
            "empty.json": "{}",
        }
        with pytest.raises(ScenarioError) as caught:
            Catalogue.from_texts(texts)
        problems = caught.value.problems
        assert any(problem.startswith("broken.json: is not JSON") for problem in problems)
        assert "deep.json: is nested too deeply to be read" in problems
        assert any("must be named lost-bag.json" in problem for problem in problems)
        assert "empty.json: title: is missing" in problems
