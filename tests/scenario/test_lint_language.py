"""What lint says of a lesson in another language than English on a machine that lacks something for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.lessons import lesson, whole_lesson
from kit.server import vivavoce
from vivavoce.hosts.native.lint import lint_paths
from vivavoce.hosts.native.settings import read_settings


def warned(folder: Path, data: dict[str, Any], **environment: str) -> list[str]:
    file = folder / "lost-bag.json"
    file.write_text(json.dumps(data, indent=2), "utf-8")
    settings = read_settings({"HOME": str(folder), "VIVAVOCE_MODELS": str(folder / "models"), **environment})
    found = lint_paths([file], settings)
    assert all(problem.warning and problem.field == "locale" and problem.line == 8 for problem in found), found
    return [problem.reason for problem in found]


def in_german() -> dict[str, Any]:
    return {**lesson(), "locale": "de-DE"}


CHAT = {"VIVAVOCE_CHAT_URL": "http://127.0.0.1:11434/v1", "VIVAVOCE_CHAT_MODEL": "llama"}


def test_each_part_that_is_missing_is_named_with_what_to_do(tmp_path: Path) -> None:
    ears, voice, words = warned(tmp_path, in_german())
    assert ears.startswith(
        "de-DE: the recogniser in use, tiny.en, hears English only; install one for 99 languages with: "
    )
    assert "vivavoce models --fetch whisper-base" in ears
    assert "the voice in use, hibari, speaks English only" in voice
    assert "let a chat model answer with VIVAVOCE_CHAT_URL and VIVAVOCE_CHAT_MODEL" in words
    assert all("OPENAI_API_KEY" in reason for reason in (ears, voice, words))


def test_what_is_there_is_not_named(tmp_path: Path) -> None:
    assert warned(tmp_path, lesson()) == []
    assert warned(tmp_path, in_german(), OPENAI_API_KEY="sk-test") == []
    assert not any("scripted persona" in reason for reason in warned(tmp_path, in_german(), **CHAT))


def test_a_recogniser_that_was_chosen_and_is_not_here(tmp_path: Path) -> None:
    ears = warned(tmp_path, in_german(), VIVAVOCE_WHISPER="base")[0]
    assert ears == "de-DE: the recogniser base is not installed: vivavoce models --fetch whisper-base"


def test_a_voice_that_cannot_be_used(tmp_path: Path) -> None:
    (reason,) = warned(tmp_path, in_german(), VIVAVOCE_TTS="piper:/nowhere.onnx")
    assert reason.startswith("de-DE: what is installed here cannot be used: ")


@pytest.mark.parametrize(("locale", "fields"), [("pl-PL", ["measures[1].measure"]), ("de-DE", [])])
def test_fillers_that_nobody_counts_are_an_error(tmp_path: Path, locale: str, fields: list[str]) -> None:
    file = tmp_path / "lost-bag.json"
    file.write_text(json.dumps({**whole_lesson(), "locale": locale}))
    assert [problem.field for problem in lint_paths([file])] == fields


def test_a_check_of_fillers_that_nobody_counts_is_an_error(tmp_path: Path) -> None:
    data = {**whole_lesson(), "locale": "pl", "measures": []}
    data["rubric"]["criteria"][2]["checks"][1]["detector"] = {
        "type": "measure",
        "measure": "fillers_per_100",
        "most": 5,
    }
    file = tmp_path / "lost-bag.json"
    file.write_text(json.dumps(data))
    (problem,) = lint_paths([file])
    assert problem.field == "rubric.criteria[2].checks[1].detector.measure"
    assert problem.reason == "the fillers of pl are not known, so there is no such measure; leave it out"


def test_a_warning_is_no_failure_of_the_command(tmp_path: Path) -> None:
    file = tmp_path / "lost-bag.json"
    file.write_text(json.dumps(in_german(), indent=2), "utf-8")
    done = vivavoce("lint", str(file), home=tmp_path, VIVAVOCE_MODELS=str(tmp_path / "models"))
    *warnings, last = done.stdout.splitlines()
    assert [line.startswith(f"{file}:8: warning: locale: de-DE: ") for line in warnings] == [True, True, True]
    assert (last, done.stderr, done.returncode) == ("No problems, 3 warnings.", "", 0)


def test_settings_that_cannot_be_used_do_not_stop_lint(tmp_path: Path) -> None:
    file = tmp_path / "lost-bag.json"
    file.write_text(json.dumps({**in_german(), "est_minutes": 0}), "utf-8")
    done = vivavoce("lint", str(file), home=tmp_path, VIVAVOCE_MODLE="x")
    assert "est_minutes" in done.stdout
    assert "what is installed here was not looked at" in done.stderr
    assert done.returncode == 1
