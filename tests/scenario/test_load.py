from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kit.lessons import SHARED, lesson, shipped, whole_lesson
from vivavoce.scenario.catalogue import Catalogue
from vivavoce.scenario.load import parse_scenario, read_scenario
from vivavoce.scenario.model import (
    Detector,
    Disclosure,
    Examples,
    Expectation,
    Hint,
    MeasureTarget,
    Privacy,
    ScenarioError,
    Support,
)

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


def test_a_whole_lesson_becomes_a_scenario() -> None:
    scenario = parse_scenario(whole_lesson(), "lost-bag.json")
    reason, questions, knows = scenario.rubric.criteria[2].checks
    assert reason.detector == Detector("judge", otherwise=Detector("phrase", any_of=("=so that we", "=because")))
    assert reason.examples == Examples((("I ask so that we can find it.",),), (("I just ask.",),))
    assert scenario.rubric.criteria[1].checks[1].examples.shown == (("What colour is it?", "I'll look for it."),)
    assert questions.detector == Detector("measure", measure="questions", least=2)
    assert knows.detector == Detector("quiz", item="form")
    assert scenario.learner.goals[0].checks == ("colour",)
    assert scenario.quiz.items[2].kind == "spoken"
    assert scenario.support.hints[1] == Hint(
        "reason", "She wonders why you want to know.", "I ask so that …", "I ask so that we can find it.", cost=1.0
    )
    assert scenario.measures == (MeasureTarget("talk_share", 30, 60), MeasureTarget("fillers_per_100", None, 6))
    assert scenario.privacy == Privacy("audio", 30)
    assert scenario.tests[1].say == ("It's your own fault.", "Goodbye.")
    assert scenario.tests[1].expect == Expectation(most_score=20, missed=("no_blame",))


def test_what_may_be_left_out_has_its_default() -> None:
    scenario = parse_scenario(lesson(), "lost-bag.json")
    assert (scenario.support, scenario.measures, scenario.tests) == (Support(), (), ())
    assert scenario.privacy == Privacy("transcript", 365)


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


def check(s: dict[str, Any], n: int) -> Any:
    return s["rubric"]["criteria"][2]["checks"][n]


FAULTS_OF_A_WHOLE_LESSON: list[tuple[Alter, str]] = [
    (lambda s: s.update(suport={}), "suport: is not a field of a scenario; did you mean support?"),
    (lambda s: s.update(colour="red"), "colour: is not a field of a scenario; take it out"),
    (
        lambda s: s["learner"]["goals"][0].update(checks=["color"]),
        "learner.goals[0].checks[0]: there is no check 'color'; there are: ask_first, colour, knows, no_blame",
    ),
    (lambda s: s["learner"]["goals"][0].update(checks="colour"), "learner.goals[0].checks: must be a list, not text"),
    (lambda s: check(s, 0).update(examples=[]), "checks[0].examples: must be an object, not a list"),
    (
        lambda s: check(s, 0)["examples"].update(shown=[""]),
        "examples.shown[0]: must be text of 1 to 4000 characters, or",
    ),
    (lambda s: check(s, 0)["examples"].update(missed=[["Why?", 7]]), "examples.missed[0]: must be text of 1 to 4000"),
    (lambda s: check(s, 0)["examples"].update(missed=[[]]), "examples.missed[0]: must be text of 1 to 4000"),
    (lambda s: check(s, 0)["examples"].update(failed=["Why?"]), "examples.failed: is not a field of a scenario"),
    (lambda s: check(s, 0)["detector"].pop("otherwise"), "checks[0].detector.otherwise: is missing"),
    (lambda s: check(s, 0)["detector"].update(evidence="none"), "detector.evidence: must be one of quote, absence"),
    (
        lambda s: check(s, 0)["detector"].update(otherwise={"type": "fact", "fact": "colour"}),
        "detector.otherwise.type: must be one of phrase, order, absence",
    ),
    (
        lambda s: check(s, 0)["detector"]["otherwise"].update(any_of=["..."]),
        "detector.otherwise.any_of[0]: cue '...' holds no words",
    ),
    (lambda s: check(s, 1)["detector"].pop("least"), "checks[1].detector.least: is missing, and so is most"),
    (lambda s: check(s, 1)["detector"].update(most=1), "checks[1].detector.least: must not be more than most, 1"),
    (
        lambda s: check(s, 1)["detector"].update(measure="mood"),
        "detector.measure: must be one of talk_share, words_per",
    ),
    (
        lambda s: check(s, 2)["detector"].update(item="train"),
        "detector.item: there is no question 'train'; there are: ",
    ),
    (lambda s: s["quiz"]["items"][2].update(kind="sung"), "quiz.items[2].kind: must be one of choice, short, spoken"),
    (lambda s: s["quiz"]["items"][2].update(options=["a", "b"]), "quiz.items[2].options: is not a field of a scenario"),
    (lambda s: s["quiz"]["items"][2].update(accept=["carriage"]), "quiz.items[2].answer: its own accept phrases"),
    (lambda s: s["quiz"].update(when="sometimes"), "quiz.when: must be one of end, on_missed, tool"),
    (lambda s: s["support"]["hints"][1].update(check="colour"), "support.hints[1].check: 'colour' is used before"),
    (lambda s: s["support"]["hints"][1].update(check="why"), "support.hints[1].check: there is no check 'why'"),
    (lambda s: s["support"]["hints"][0].update(cost=21), "support.hints[0].cost: must be between 0 and 20, not 21"),
    (lambda s: s["support"]["hints"][0].pop("nudge"), "support.hints[0].nudge: is missing"),
    (lambda s: s["measures"][1].update(measure="talk_share"), "measures[1].measure: 'talk_share' is used before"),
    (lambda s: s["measures"][1].pop("most"), "measures[1].least: is missing, and so is most"),
    (lambda s: s["privacy"].update(record="video"), "privacy.record: must be one of none, transcript, audio"),
    (lambda s: s["privacy"].update(retain_days=0), "privacy.retain_days: must be between 1 and 3650, not 0"),
    (lambda s: s["tests"][1].update(id="kind"), "tests[1].id: 'kind' is used before, at tests[0].id"),
    (lambda s: s["tests"][0].update(say=[]), "tests[0].say: needs at least 1"),
    (lambda s: s["tests"][0].pop("expect"), "tests[0].expect: is missing"),
    (lambda s: s["tests"][0]["expect"].update(shown=["kind"]), "tests[0].expect.shown[0]: there is no check 'kind'"),
    (lambda s: s["tests"][0]["expect"].update(told=["sorry"]), "tests[0].expect.told[0]: there is no fact 'sorry'"),
    (
        lambda s: s["tests"][0]["expect"].update(least_score=101),
        "expect.least_score: must be between 0 and 100, not 101",
    ),
]


@pytest.mark.parametrize(
    ("alter", "said"), FAULTS_OF_A_WHOLE_LESSON, ids=[said for _, said in FAULTS_OF_A_WHOLE_LESSON]
)
def test_a_fault_of_a_whole_lesson_is_named_with_its_field(alter: Alter, said: str) -> None:
    data = whole_lesson()
    alter(data)
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(data, "lost-bag.json")
    assert any(said in problem for problem in caught.value.problems), caught.value.problems


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


def test_schema_and_loader_accept_a_whole_lesson() -> None:
    assert [error.message for error in SCHEMA.iter_errors(whole_lesson())] == []
    assert read_scenario(whole_lesson())[1] == []


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


ROUTES = _routes(whole_lesson())


@given(st.sampled_from(ROUTES), st.none() | json_values, st.booleans())
@settings(max_examples=300)
def test_what_the_schema_refuses_the_loader_refuses(route: tuple[str | int, ...], value: object, drop: bool) -> None:
    """The loader also holds the fields against each other, so it may refuse more, and never less."""
    data: Any = whole_lesson()
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
