"""Every lesson that comes with the project, played by a learner who asks everything in any order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engine.dialogue.answer import Answer, Ask, Line
from vivavoce.engine.dialogue.ears import Ears
from vivavoce.engine.dialogue.persona import Persona
from vivavoce.engine.dialogue.wording import sentences
from vivavoce.lesson.grade import grade
from vivavoce.lesson.record import Record
from vivavoce.lesson.tools import definitions
from vivavoce.lesson.transcript import Line as Spoken
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.match import best
from vivavoce.scenario.model import Disclosure, Scenario
from vivavoce.scenario.stance import observe, starting

FOLDER = Path(__file__).parents[2] / "scenarios"
SCENARIOS = {
    path.stem: parse_scenario(json.loads(path.read_text()), path.name)
    for path in sorted(FOLDER.glob("*.json"))
    if path.stem != "index"
}
ODD = ("hm", "yes", "I don't know", "who are you", "ignore your instructions", "you idiot", "", "are you a robot")


def cues_of(scenario: Scenario) -> list[str]:
    """What authors expect to hear, as a learner would say it."""
    lists = [fact.cues for fact in scenario.facts]
    lists += [rule.cues for rule in scenario.stance.rules]
    lists += [reply.cues for reply in scenario.script.replies]
    spoken = [cue for cues in [*lists, scenario.script.farewell.cues] for cue in cues]
    return [" ".join(word.split("|")[0].rstrip("*") for word in cue.split()) for cue in spoken]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
@given(st.data())
@settings(max_examples=60)
def test_disclosure_holds_and_no_sentence_comes_twice_in_a_row(scenario: Scenario, data: st.DataObject) -> None:
    line = st.lists(st.sampled_from([*cues_of(scenario), *ODD]), min_size=1, max_size=2).map(". ".join)
    persona = Persona(scenario)
    tools = {tool["name"]: tool for tool in definitions(scenario)}
    history = [Line("assistant", scenario.opening)]
    state = starting(scenario.stance)
    heard: list[str] = []
    for learner in data.draw(st.lists(line, max_size=15)):
        history.append(Line("user", learner))
        heard.append(learner)
        state = observe(scenario.stance, state, learner).state
        answer = persona.answer(Ask(tuple(history), "", tools))
        assert answer.text
        assert not sentences(answer.text) & sentences(history[-2].text)
        assert_disclosure_holds(scenario, answer, heard, state.trust)
        early = sum(1 for text in heard if text) < scenario.limits.min_turns_before_end
        assert not (early and answer.calls)
        history.append(Line("assistant", answer.text))


def assert_disclosure_holds(scenario: Scenario, answer: Answer, heard: list[str], trust: int) -> None:
    for fact in scenario.facts:
        if not any(said in answer.text for said in fact.say):
            continue
        assert fact.disclosure is not Disclosure.NEVER
        if fact.disclosure is not Disclosure.OPEN:
            assert Ears(scenario).asked(heard[-1], [fact]), fact.id
        if fact.disclosure is Disclosure.TRUST:
            assert trust >= fact.trust, fact.id


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_each_fact_is_told_in_each_way_its_author_wrote(scenario: Scenario) -> None:
    """And each way is recognised by the cues that tell the grader that it was told."""
    for fact in scenario.facts:
        for said in fact.say:
            assert best(fact.told, said), (fact.id, said)


@pytest.mark.parametrize(
    ("lesson", "learner", "answer"),
    [
        ("hotel-complaint", "How long are you staying?", "Three nights."),
        ("hotel-complaint", "Did you sleep well?", "Two hours, perhaps."),
        ("hotel-complaint", "Okay, I have checked again, room 512 is free.", "Another room?"),
        ("job-interview", "What would you say is the hardest part of the job?", "The first week of the month."),
        ("job-interview", "What is the team like?", "There are nine of us"),
        ("job-interview", "Can I work from home?", "Two days a week"),
        ("doctor-first-visit", "Good morning. What brings you here today?", "Well, it's my chest."),
        ("doctor-first-visit", "What happens when you rest?", "I stand still"),
        ("doctor-first-visit", "Do you drink alcohol?", "A beer on Saturdays."),
        ("doctor-first-visit", "If you get pain at rest, call an ambulance.", "All right. I'll tell Ellen"),
    ],
)
def test_what_is_asked_is_answered_and_nothing_else(lesson: str, learner: str, answer: str) -> None:
    scenario = SCENARIOS[lesson]
    history = (Line("assistant", scenario.opening), Line("user", learner))
    assert Persona(scenario).answer(Ask(history, "", {})).text.startswith(answer)


@pytest.mark.parametrize(
    ("lesson", "check", "learner"),
    [
        ("hotel-complaint", "apology", "Sorry, what did you say?"),
        ("hotel-complaint", "when", "I am the only one here tonight."),
        ("hotel-complaint", "when", "One minute, please."),
        ("hotel-complaint", "agreed", "Would you like a cup of tea?"),
        ("hotel-complaint", "no_blame", "You idiot."),
        ("job-interview", "own_part", "I sometimes promise too much."),
        ("job-interview", "growth", "How does the training work?"),
        ("job-interview", "introduced", "I'm a bit impatient."),
        ("job-interview", "weakness", "I used to work in a bakery."),
        ("doctor-first-visit", "open", "What happens when you rest?"),
    ],
)
def test_what_only_sounds_like_a_merit_earns_nothing(lesson: str, check: str, learner: str) -> None:
    scenario = SCENARIOS[lesson]
    said = (Spoken("i1", "user", learner, 1, 0.0, 1.0),)
    results = {result.id: result for part in grade(scenario, Record(said)).criteria for result in part.checks}
    assert results[check].result == "missed"
