"""A grade rests on its record: what is not in it never counts, and the same record gives the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.lessons import shipped, whole_lesson
from kit.records import call, events_of, every_check, every_result, good_call, results
from vivavoce.lesson.detect import DecidedBy, Finding
from vivavoce.lesson.evidence import Evidence, quote
from vivavoce.lesson.grade import grade, verified
from vivavoce.lesson.record import HintGiven, Record, record_of
from vivavoce.lesson.transcript import Role, Transcript
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.model import Scenario

BAG = parse_scenario(whole_lesson(), "lost-bag.json")
GOOD = call(
    "Excuse me, can you help me, please?",
    ">I'm sorry to hear that. What colour is the bag? My colleague has many bags there.",
    "It's dark green.",
    ">Where did you last see it? Then I'll search for it.",
)
QUOTED = [check for check in every_check(BAG) if check.detector.type in ("phrase", "order", "fact", "judge")]
OTHER: dict[Role, Role] = {"user": "assistant", "assistant": "user"}


class Honest:
    """A judge that quotes what is there."""

    name = "honest"

    def ask(self, messages: list[dict[str, str]]) -> str:
        return json.dumps({"verdict": "yes", "quote": "My colleague has many bags there.", "item_id": "item_1"})


FULL = grade(BAG, Record(GOOD, marks={"form": True}), judge=Honest())


def test_the_good_call_is_full_so_that_any_loss_is_seen() -> None:
    assert FULL.score == 100


@st.composite
def forged(draw: st.DrawFn, genuine: Evidence) -> Evidence:
    """Evidence that was altered, shortened, moved, or put in another's mouth."""
    words = genuine.quote
    kind = draw(st.sampled_from(["altered", "shortened", "lengthened", "invented", "moved", "swapped", "item", "time"]))
    match kind:
        case "altered":
            at = draw(st.integers(0, len(words) - 1))
            return replace(genuine, quote=words[:at] + draw(st.characters()) + words[at + 1 :])
        case "shortened":
            return replace(genuine, quote=words[: draw(st.integers(0, len(words)))])
        case "lengthened":
            return replace(genuine, quote=words + draw(st.text()), end=genuine.end + draw(st.integers(0, 50)))
        case "invented":
            text = draw(st.text())
            return replace(genuine, quote=text, end=genuine.start + len(text))
        case "moved":
            return replace(genuine, start=draw(st.integers(-50, 90)), end=draw(st.integers(-50, 90)))
        case "swapped":
            return replace(genuine, role=OTHER[genuine.role])
        case "item":
            return replace(genuine, item_id=draw(st.sampled_from([*(line.item_id for line in GOOD), "item_9", ""])))
        case _:
            return replace(genuine, at=draw(st.floats(-10, 50)))


def stands_in(piece: Evidence, transcript: Transcript) -> bool:
    lines = [line for line in transcript if line.item_id == piece.item_id]
    return (
        bool(lines)
        and piece.end <= len(lines[0].text)
        and (lines[0].text[max(piece.start, 0) : piece.end], lines[0].role, lines[0].at)
        == (
            piece.quote,
            piece.role,
            piece.at,
        )
    )


@given(st.data())
def test_forged_evidence_shows_nothing(data: st.DataObject) -> None:
    """Whoever found it: what was shown stays shown only with quotes that stand in the record, one the speaker's."""
    check = data.draw(st.sampled_from(QUOTED))
    (genuine,) = (result.evidence for result in every_result(FULL) if result.id == check.id)
    evidence = list(genuine)
    at = data.draw(st.integers(0, len(evidence) - 1))
    evidence[at] = data.draw(forged(evidence[at]))
    decided_by: DecidedBy = data.draw(st.sampled_from(["words", "judge"]))
    found = verified(Finding("shown", tuple(evidence), decided_by), check, Record(GOOD))
    assert all(stands_in(piece, GOOD) and piece.quote for piece in found.evidence)
    proven = all(stands_in(piece, GOOD) and piece.start >= 0 and piece.quote.strip() for piece in evidence)
    by_speaker = any(piece.role == check.speaker for piece in evidence)
    assert found.result == ("shown" if proven and by_speaker else "unproven")


def test_what_needs_a_quote_and_has_none_is_unproven() -> None:
    for check in QUOTED:
        assert verified(Finding("shown"), check, Record(GOOD)).result == "unproven"
        assert verified(Finding("shown", (), "judge"), check, Record(GOOD)).result == "unproven"


def test_a_quote_of_the_other_speaker_is_no_proof() -> None:
    (sorry,) = [check for check in QUOTED if check.id == "sorry"]
    theirs = Finding("shown", (quote(GOOD[2], 0, 16),))
    assert verified(theirs, sorry, Record(GOOD)).result == "unproven"


@given(st.data())
def test_a_forged_earlier_grade_never_raises_a_score(data: st.DataObject) -> None:
    """After the quiz a judge's decisions stand, and are held against the record like new ones."""
    earlier = deepcopy(FULL.to_json())
    (reason,) = (c for criterion in earlier["criteria"] for c in criterion["checks"] if c["id"] == "reason")
    piece = data.draw(forged(Evidence(**reason["evidence"][0])))
    reason["evidence"] = data.draw(st.sampled_from([[piece.to_json()], [], [piece.to_json(), *reason["evidence"]]]))
    again = grade(BAG, Record(GOOD, marks={"form": True}, earlier=earlier), reason="quiz", revision=2)
    assert again.score <= FULL.score
    kept = bool(reason["evidence"]) and all(
        stands_in(Evidence(**piece), GOOD) and piece["start"] >= 0 and piece["quote"].strip()
        for piece in reason["evidence"]
    )
    assert results(again)["reason"] == ("shown" if kept else "unproven")


def test_an_answer_to_the_quiz_moves_nothing_that_a_judge_decided() -> None:
    before = grade(BAG, Record(GOOD), judge=Honest())
    assert results(before)["knows"] == "missed"
    record = Record(GOOD, marks={"form": True}, earlier=before.to_json())
    after = grade(BAG, record, reason="quiz", revision=2)
    changed = {id for id, result in results(after).items() if results(before)[id] != result}
    assert changed == {"knows"}
    assert (after.score, after.judge) == (100, before.judge)
    assert results(grade(BAG, record, reason="regrade", revision=3))["reason"] == "missed"


def test_what_a_judge_decided_about_other_words_does_not_stand() -> None:
    before = grade(BAG, Record(GOOD), judge=Honest()).to_json()
    shorter = Record(GOOD[:-1], earlier=before)
    assert results(grade(BAG, shorter, reason="quiz", revision=2))["reason"] == "missed"


@given(st.data())
def test_an_altered_record_never_gives_more(data: st.DataObject) -> None:
    """A word that was taken away, or given to the other speaker, shows nothing new."""
    at = data.draw(st.integers(0, len(GOOD) - 1))
    line = GOOD[at]
    words = line.text.split()
    alterations: list[Any] = [
        replace(line, role=OTHER[line.role]),
        replace(line, text=" ".join(words[: data.draw(st.integers(0, len(words)))])),
        replace(line, heard_chars=data.draw(st.integers(0, len(line.text))), interrupted=True),
        replace(line, text=data.draw(st.text())),
    ]
    altered = data.draw(st.sampled_from(alterations))
    record = Record((*GOOD[:at], altered, *GOOD[at + 1 :]), marks={"form": True})
    assert grade(BAG, record, judge=Honest()).score <= FULL.score


@pytest.mark.parametrize("scenario", shipped().values(), ids=shipped())
def test_swapped_speakers_show_nothing_of_what_was_said(scenario: Scenario) -> None:
    good = call(*good_call(scenario))
    swapped = tuple(replace(line, role=OTHER[line.role]) for line in good)
    before, after = (every_result(grade(scenario, Record(lines))) for lines in (good, swapped))
    assert sum(result.result == "shown" for result in before) >= len(before) / 2
    for result in after:
        assert all(piece.role == swapped[int(piece.item_id[5:])].role for piece in result.evidence)
    assert grade(scenario, Record(swapped)).points < grade(scenario, Record(good)).points


def regraded() -> str:
    """The grades of one record of every lesson, as bytes of the store would hold them."""
    grades = []
    for scenario in (*shipped().values(), BAG):
        hints = tuple(HintGiven(i, rung, 1.5) for i in range(len(scenario.support.hints)) for rung in (1, 2))
        marks = {item.id: i % 2 == 0 for i, item in enumerate(scenario.quiz.items)}
        record = Record(call(*good_call(scenario)), hints, marks, 90.0)
        events = json.loads(json.dumps(list(events_of(record))))
        once, again = (grade(scenario, each, reason="regrade") for each in (record, record_of(events)))
        assert json.dumps(once.to_json()) == json.dumps(again.to_json())
        grades.append(again.to_json())
    return json.dumps(grades)


def test_the_same_record_gives_the_same_bytes_in_every_process() -> None:
    here = Path(__file__).resolve()
    code = (
        "import importlib.util as u, sys; "
        f"spec = u.spec_from_file_location('proof', {str(here)!r}); "
        "proof = u.module_from_spec(spec); sys.modules['proof'] = proof; spec.loader.exec_module(proof); "
        "print(proof.regraded())"
    )
    path = os.pathsep.join([str(here.parents[1]), str(here.parents[2] / "src")])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert outputs == {regraded()}
