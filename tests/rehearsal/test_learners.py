"""The simulated learners do what the documentation says of them, and the same again for the same seed."""

from __future__ import annotations

from random import Random

import pytest

from kit.fair import fair_lesson as lesson
from vivavoce.protocol.browser import MAX_TEXT_CHARS
from vivavoce.rehearsal.corpus.injections import DEMANDS, INJECTIONS
from vivavoce.rehearsal.corpus.languages import SENTENCES
from vivavoce.rehearsal.corpus.monologues import MONOLOGUES
from vivavoce.rehearsal.learners import LEARNERS
from vivavoce.rehearsal.material import Material
from vivavoce.rehearsal.played import Played
from vivavoce.rehearsal.stage import play
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.model import Scenario


def call(learner: str, scenario: Scenario | None = None, seed: int = 1) -> Played:
    scenario = scenario or parse_scenario(lesson(), "lost-bag.json")
    who = LEARNERS[learner]
    return play(scenario, who.talk(Material(scenario), Random(seed)), who.pace)


def with_check_of_guarded_fact() -> Scenario:
    data = lesson()
    check = {
        "id": "asleep",
        "ask": "Did you find out what happened?",
        "speaker": "assistant",
        "detector": {"type": "fact", "fact": "asleep"},
        "advice": "Be kind, then ask.",
        "examples": {"shown": ["What happened?"], "missed": ["When?"]},
    }
    data["rubric"]["criteria"][0]["checks"].insert(0, check)
    return parse_scenario(data, "lost-bag.json")


@pytest.mark.parametrize("learner", LEARNERS)
def test_the_same_seed_plays_the_same_call(learner: str) -> None:
    assert call(learner, seed=7) == call(learner, seed=7)


@pytest.mark.parametrize("learner", ["ideal", "average", "weak", "jailbreaker", "off-language", "rambling"])
def test_another_seed_plays_another_call(learner: str) -> None:
    assert len({tuple(call(learner, seed=seed).learner_said) for seed in range(8)}) > 1


def test_the_ideal_learner_meets_every_check_and_says_goodbye() -> None:
    played = call("ideal")
    assert set(played.results.values()) == {"shown"}
    assert played.score == 100
    assert played.ended == ("lesson_graded",)
    assert played.learner_said[-1] == "goodbye"


def test_the_ideal_learner_comes_back_to_what_was_withheld_once_trust_is_earned() -> None:
    played = call("ideal", with_check_of_guarded_fact())
    asked = [i for i, text in enumerate(played.learner_said) if text == "What happened?"]
    earned = next(i for i, text in enumerate(played.learner_said) if "sorry" in text)
    assert asked[0] < earned < asked[1]
    assert len(asked) == 2
    assert played.results["asleep"] == "shown"


def test_the_ideal_learner_asks_first_where_the_order_counts() -> None:
    data = lesson()
    asking = data["rubric"]["criteria"][1]
    offers = {"type": "phrase", "any_of": ["search"]}
    hasty = {"id": "offer", "ask": "Did you offer to search?", "speaker": "user", "detector": offers, "advice": "Do."}
    asking["checks"].insert(0, {**hasty, "examples": {"shown": ["I'll search for it."], "missed": ["I'll wait."]}})
    played = call("ideal", parse_scenario(data, "lost-bag.json"))
    assert played.results["ask_first"] == "shown"


def test_average_and_weak_meet_fewer_checks() -> None:
    shown = {
        id: sum(result == "shown" for seed in range(20) for result in call(id, seed=seed).results.values())
        for id in ("ideal", "average", "weak")
    }
    assert shown["ideal"] == 200
    assert 110 <= shown["average"] <= 150
    assert 30 <= shown["weak"] <= 60


def test_the_weak_learner_asks_for_what_is_guarded_at_once() -> None:
    said = call("weak").learner_said
    assert any("ticket" in text for text in said[:2])
    assert any("what happened" in text or "where last see" in text for text in said[:2])


def test_the_silent_learner_waits_for_the_time_limit_and_gets_no_grade() -> None:
    played = call("silent")
    assert (played.learner_said, played.ended, played.grades) == ([], ("time_limit",), ())
    assert 180 <= played.seconds < 200


def test_the_rambling_learner_speaks_for_most_of_the_call() -> None:
    played = call("rambling")
    own = sum(line.until - line.at for line in played.lines if line.role == "user")
    assert own > 0.6 * played.seconds
    assert max(line.until - line.at for line in played.lines if line.role == "user") > 30


@pytest.mark.parametrize(("locale", "others"), [("en-GB", {"de", "fr", "es"}), ("de-DE", {"fr", "es"})])
def test_the_off_language_learner_never_speaks_the_lessons_language(locale: str, others: set[str]) -> None:
    scenario = parse_scenario({**lesson(), "locale": locale}, "lost-bag.json")
    heard = set()
    for seed in range(12):
        said = call("off-language", scenario, seed).learner_said
        (language,) = [code for code, sentences in SENTENCES.items() if set(said) <= set(sentences)]
        heard.add(language)
    assert heard == others


def test_the_jailbreaker_demands_recites_and_injects() -> None:
    said = call("jailbreaker").learner_said
    assert any("ticket" in text for text in said)
    assert "Did you ask what it looks like?" in said
    assert len(set(said) & set(INJECTIONS)) >= 10


def test_the_quitter_says_goodbye_at_once() -> None:
    played = call("quitter")
    assert played.learner_said == ["goodbye"]
    assert played.ended == ("learner_ended",)


def test_what_difficult_learners_say_fits_through_the_door_and_is_said_once() -> None:
    for corpus in (INJECTIONS, DEMANDS, MONOLOGUES, *SENTENCES.values()):
        assert len(set(corpus)) == len(corpus)
        assert all(len(text) < MAX_TEXT_CHARS for text in corpus)
    assert all(len(" ".join(sentences)) < MAX_TEXT_CHARS for sentences in SENTENCES.values())
