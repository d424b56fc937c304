"""Whether a rehearsal notices when a lesson is spoilt: each shipped lesson is spoilt in every way below, one at a time.

A mutant is caught when its file no longer passes `vivavoce rehearse`. Those that only lint can see are counted apart.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from kit.lessons import FOLDER
from vivavoce.hosts.native.rehearse import LINT, Lesson, Options
from vivavoce.rehearsal.rehearsal import Rehearsal
from vivavoce.scenario.load import parse_scenario

UNRELATED = "xylophone"
FILES = sorted(file for file in FOLDER.glob("*.json") if file.name != "index.json")
QUICKEST_FIRST = ("silent", "tests", "weak", "examples", "together", "ideal", "jailbreaker")
LEAK = "leaks into the brief"
ASKED = "told when asked"
TOLD = "told instead of withheld"
TRUSTED = "trust is full from the start"
GIVES_IN = (ASKED, TOLD, TRUSTED)


class Mutant(NamedTuple):
    kind: str
    of: str
    lesson: dict[str, Any]


def mutants(lesson: dict[str, Any]) -> Iterator[Mutant]:
    yield from of_checks(lesson)
    yield from of_facts(lesson)
    yield spoilt(lesson, TRUSTED, "stance", trust_at_once)


def of_checks(lesson: dict[str, Any]) -> Iterator[Mutant]:
    for c, criterion in enumerate(lesson["rubric"]["criteria"]):
        for i, check in enumerate(criterion["checks"]):

            def at(copy: dict[str, Any], c: int = c, i: int = i) -> dict[str, Any]:
                found: dict[str, Any] = copy["rubric"]["criteria"][c]["checks"][i]
                return found

            yield spoilt(lesson, "no detector", check["id"], lambda copy, at=at: at(copy).pop("detector"))
            yield spoilt(lesson, "blind detector", check["id"], lambda copy, at=at: blind(at(copy)))


def blind(check: dict[str, Any]) -> None:
    """The detector finds nothing of what it is there to find."""
    detector = check["detector"]
    while detector["type"] == "judge":
        detector = detector["otherwise"]
    match detector["type"]:
        case "phrase":
            detector["any_of"] = [UNRELATED]
        case "absence":
            detector["none_of"] = [UNRELATED]
        case "order":
            detector["first"] = [UNRELATED]
        case "fact":
            check["detector"] = {"type": "phrase", "any_of": [UNRELATED]}
        case "measure":
            check["detector"] = {"type": "measure", "measure": detector["measure"], "least": 0}
        case "quiz":
            check["detector"] = {"type": "measure", "measure": "questions", "least": 0}


def of_facts(lesson: dict[str, Any]) -> Iterator[Mutant]:
    for i, fact in enumerate(lesson["facts"]):
        if fact["disclose"] in ("open", "asked"):
            continue

        def change(copy: dict[str, Any], i: int = i, **fields: object) -> None:
            fact = copy["facts"][i]
            fact.update(fields)
            if fact["disclose"] == "asked":  # such facts are never withheld, and the loader would refuse the lines
                del fact["withheld"]

        telling = fact.get("say") or [fact["text"]]
        brief = f"{lesson['learner']['brief']} {fact['text']}"
        yield spoilt(lesson, LEAK, fact["id"], lambda copy, brief=brief: copy["learner"].update(brief=brief))
        yield spoilt(lesson, ASKED, fact["id"], partial(change, disclose="asked", say=telling))
        yield spoilt(lesson, TOLD, fact["id"], partial(change, withheld=telling))


def trust_at_once(lesson: dict[str, Any]) -> None:
    lesson["stance"]["start"] = lesson["stance"]["maximum"]


def spoilt(lesson: dict[str, Any], kind: str, of: str, spoil: Callable[..., object]) -> Mutant:
    copy = deepcopy(lesson)
    spoil(copy)
    return Mutant(kind, of, copy)


def caught_by(file: Path, parts: tuple[str, ...]) -> str | None:
    """The part that finds something wrong first."""
    lesson = Lesson(file, Options(runs=2))
    if LINT in parts and lesson.run(LINT).failures:
        return LINT
    rehearsal = lesson.rehearsal
    if rehearsal is None:
        return LINT
    return next((part for part in parts if part != LINT and next(rehearsal.found(part), None)), None)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_spoilt_lesson_is_caught(
    file: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    original = json.loads(file.read_text("utf-8"))
    made, missed, unheard, by = 0, [], [], Counter[str]()
    copy = tmp_path / file.name
    assert caught_by(file, (LINT, *QUICKEST_FIRST)) is None, "it does not even pass unspoilt"
    for mutant in mutants(original):
        copy.write_text(json.dumps(mutant.lesson), encoding="utf-8")
        made += 1
        heard = caught_by(copy, QUICKEST_FIRST)
        found = heard or caught_by(copy, (LINT,))
        if found is None:
            missed.append((mutant.kind, mutant.of))
        if heard is None:
            unheard.append((mutant.kind, mutant.of))
        by[found or "nothing"] += 1
    record_property("mutants caught", f"{made - len(missed)} of {made}: {dict(by.most_common())}")
    assert missed == []
    assert unheard == [], "these are seen by lint alone: no simulated learner notices"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_persona_that_gives_in_although_its_lesson_is_right_is_caught(
    file: Path, record_property: Callable[[str, object], None]
) -> None:
    """The persona plays the spoilt lesson, and is judged by the one that its author wrote."""
    original = json.loads(file.read_text("utf-8"))
    made = [mutant for mutant in mutants(original) if mutant.kind in GIVES_IN]
    missed = []
    for mutant in made:
        spoilt_persona = parse_scenario(mutant.lesson, file.name)
        rehearsal = Rehearsal(parse_scenario(original, file.name), Random, runs=2, persona=spoilt_persona)
        if not any(next(rehearsal.found(learner), None) for learner in ("weak", "jailbreaker")):
            missed.append((mutant.kind, mutant.of))
    record_property("personas caught", f"{len(made) - len(missed)} of {len(made)}")
    assert missed == []
