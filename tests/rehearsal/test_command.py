"""`vivavoce rehearse` and the pytest plugin, as people and CI run them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from kit.fair import fair_lesson as lesson
from kit.lessons import FOLDER
from kit.server import clean_environment, vivavoce
from vivavoce.rehearsal.learners import LEARNERS

PLUGIN = "vivavoce.hosts.native.rehearsal_plugin"


def written(folder: Path, **changes: Any) -> Path:
    file = folder / "lost-bag.json"
    file.write_text(json.dumps({**lesson(), **changes}, indent=1), encoding="utf-8")
    return file


def unfair(folder: Path) -> Path:
    """A lesson whose apology nobody can make."""
    data = lesson()
    data["rubric"]["criteria"][0]["checks"][0]["detector"]["any_of"] = ["xylophone"]
    return written(folder, rubric=data["rubric"])


def test_a_good_lesson_passes_with_a_table(tmp_path: Path) -> None:
    ran = vivavoce("rehearse", str(written(tmp_path)), "--runs", "2", home=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Every lesson passed." in ran.stdout
    assert "times faster than aloud" in ran.stdout


def test_the_shipped_lessons_pass(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "vivavoce", "rehearse", str(FOLDER), "--json"],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    outcome = json.loads(ran.stdout)
    record_property("times faster than aloud", outcome["times_real_time"])
    assert [failure for found in outcome["lessons"] for failure in found["failures"]] == []
    assert ran.returncode == 0
    assert len(outcome["lessons"]) == len(list(FOLDER.glob("*.json"))) - 1


def test_a_failure_names_lesson_learner_seed_file_line_field_and_fix(tmp_path: Path) -> None:
    file = unfair(tmp_path)
    ran = vivavoce("rehearse", str(tmp_path), "--runs", "2", "--seed", "4", home=tmp_path)
    assert ran.returncode == 1
    lines = file.read_text("utf-8").splitlines()
    line = next(n for n, text in enumerate(lines) if "Did you say that you are sorry" in text) - 1
    assert "lost-bag, ideal, seed 4, 5" in ran.stdout
    assert f"{file}:{line}: rubric.criteria[0].checks[0]: the check 'sorry' is missed" in ran.stdout
    assert "--learner ideal --seed 4 --runs 1 --show" in ran.stdout


def test_the_conversation_of_one_call_is_shown(tmp_path: Path) -> None:
    arguments = ("--learner", "ideal", "--runs", "1", "--seed", "3", "--show")
    ran = vivavoce("rehearse", str(written(tmp_path)), *arguments, home=tmp_path)
    assert ran.returncode == 0
    assert "persona Excuse me, can you help me, please?" in ran.stdout
    assert "(tells colour at trust 3)" in ran.stdout
    assert "shown: sorry, no_blame, name, thanks, colour, ask_first, size, form, call, hope" in ran.stdout
    assert "weak" not in ran.stdout


def test_the_outcome_can_be_had_as_json(tmp_path: Path) -> None:
    ran = vivavoce("rehearse", str(unfair(tmp_path)), "--runs", "2", "--json", home=tmp_path)
    assert ran.returncode == 1
    outcome = json.loads(ran.stdout)
    (found,) = outcome["lessons"]
    assert not outcome["passed"] and not found["passed"]
    assert [learner["id"] for learner in found["learners"]] == list(LEARNERS)
    assert [call["seed"] for call in found["learners"][0]["calls"]] == [1, 2]
    assert found["learners"][0]["calls"][0]["checks"]["sorry"] == "missed"
    assert {"examples", "ideal"} <= {failure["part"] for failure in found["failures"]}
    assert all(failure["where"].startswith(f"{tmp_path}/lost-bag.json:") for failure in found["failures"])


def test_ci_gets_junit(tmp_path: Path) -> None:
    report = tmp_path / "rehearsal.xml"
    ran = vivavoce("rehearse", str(unfair(tmp_path)), "--runs", "1", "--junit", str(report), home=tmp_path)
    assert ran.returncode == 1
    (suite,) = ElementTree.parse(report).getroot()
    cases = {case.get("name"): case for case in suite}
    assert set(cases) == {"lint", "examples", "tests", "together", *LEARNERS}
    assert suite.get("failures") == str(sum(case.find("failure") is not None for case in suite))
    failure = cases["ideal"].find("failure")
    assert failure is not None and "rubric.criteria[0].checks[0]" in str(failure.text)
    assert cases["silent"].find("failure") is None


def test_what_lint_finds_counts_and_a_file_that_cannot_be_read_is_only_linted(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text('{"schema": "vivavoce.scenario/v1", "id": \x07}', encoding="utf-8")
    report = tmp_path / "rehearsal.xml"
    ran = vivavoce("rehearse", str(file), "--junit", str(report), home=tmp_path)
    assert ran.returncode == 1
    assert "broken.json:1: is not JSON" in ran.stdout
    assert [case.get("name") for case in next(iter(ElementTree.parse(report).getroot()))] == ["lint"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere.json",), "nowhere.json"),
        (("empty",), "holds no lessons"),
        (("lost-bag.json", "--learner", "genius"), "There is no learner 'genius'. There are: ideal, average"),
        (("lost-bag.json", "--runs", "0"), "--runs"),
        (("lost-bag.json", "--show", "--json"), "leave one out"),
        (("lost-bag.json", "--learner", "silent", "--junit", "no/such/folder.xml"), "cannot be written"),
    ],
)
def test_wrong_use_is_told_from_a_lesson_that_fails(
    arguments: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path)
    (tmp_path / "empty").mkdir()
    ran = vivavoce("rehearse", *arguments, home=tmp_path)
    assert ran.returncode == 2
    assert says in " ".join(ran.stderr.split())


def test_what_was_played_is_told_though_its_report_cannot_be_written(tmp_path: Path) -> None:
    file, report = str(unfair(tmp_path)), str(tmp_path / "no" / "report.xml")
    ran = vivavoce("rehearse", file, "--runs", "1", "--learner", "silent", "--junit", report, home=tmp_path)
    assert (ran.returncode, "cannot be written" in ran.stderr) == (2, True)
    assert "silent" in ran.stdout


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**clean_environment(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_pytest_collects_an_item_for_each_lesson_and_learner(tmp_path: Path) -> None:
    unfair(tmp_path)
    (tmp_path / "other.json").write_text('{"not": "a lesson"}', encoding="utf-8")
    ran = run_pytest(tmp_path, "--rehearse", "--rehearse-runs", "1", "-v", ".")
    assert ran.returncode == 1
    assert "lost-bag.json::ideal FAILED" in ran.stdout
    for learner in LEARNERS:
        assert f"lost-bag.json::{learner} " in ran.stdout
    assert "the check 'sorry' is missed" in ran.stdout
    assert "other.json" not in ran.stdout


def test_pytest_leaves_lessons_alone_unless_asked(tmp_path: Path) -> None:
    written(tmp_path)
    assert run_pytest(tmp_path, ".").returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_pytest_says_that_no_runs_prove_nothing(tmp_path: Path) -> None:
    written(tmp_path)
    ran = run_pytest(tmp_path, "--rehearse", "--rehearse-runs", "0", ".")
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--rehearse-runs" in ran.stderr


def test_a_lesson_that_cannot_be_read_fails_in_pytest_too(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"schema": "vivavoce.scenario/v1",', encoding="utf-8")
    ran = run_pytest(tmp_path, "--rehearse", ".")
    assert ran.returncode == 1
    assert "broken.json::lint" in ran.stdout
