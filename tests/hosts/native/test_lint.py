from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kit.lessons import FOLDER, lesson, shipped
from vivavoce.hosts.native.lessons import load_catalogue, write_index
from vivavoce.hosts.native.lint import Problem, lint_paths
from vivavoce.hosts.native.paths import scenario_folder, schema_file
from vivavoce.scenario.model import ScenarioError


def write(folder: Path, data: dict[str, Any], name: str = "lost-bag.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(data, indent=2), encoding="utf-8")
    return file


def line_of(file: Path, text: str) -> int:
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def test_the_lessons_that_come_with_the_project_have_no_problem() -> None:
    assert lint_paths([scenario_folder()]) == []
    assert scenario_folder() == FOLDER


def test_a_sound_file_has_no_problem(tmp_path: Path) -> None:
    assert lint_paths([write(tmp_path, lesson())]) == []


def test_ten_mistakes_are_ten_problems_with_their_lines(tmp_path: Path) -> None:
    data = lesson()
    del data["title"]
    data["sumary"] = data["summary"]
    data["est_minutes"] = "three"
    data["learner"]["brief"] = "Find the dark green bag."
    data["facts"][0]["say"] = ["It has vanished."]
    data["stance"]["rules"][1]["delta"] = 0
    data["limits"]["warn_at"] = [500]
    data["script"]["fallback"] = ["And my bag @ home?"]
    data["rubric"]["criteria"][0]["checks"][1]["id"] = "sorry"
    data["quiz"]["items"][0]["answer"] = "The smell"
    file = write(tmp_path, data)
    problems = lint_paths([file])
    assert {problem.field: problem.line for problem in problems} == {
        "title": 1,
        "sumary": line_of(file, '"sumary"'),
        "est_minutes": line_of(file, '"est_minutes"'),
        "learner.brief": line_of(file, '"brief"'),
        "facts[0].say[0]": line_of(file, "vanished"),
        "stance.rules[1].delta": line_of(file, '"delta": 0'),
        "limits.warn_at[0]": line_of(file, "500"),
        "script.fallback[0]": line_of(file, "@ home"),
        "rubric.criteria[0].checks[1].id": line_of(file, "blaming") - 1,
        "quiz.items[0].answer": line_of(file, "The smell"),
    }
    assert len(problems) == 10
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)


def test_a_problem_reads_as_one_line() -> None:
    problem = Problem(Path("lessons/x.json"), 7, "rubric.pass_mark", "must be between 0 and 100, not 101")
    assert str(problem) == "lessons/x.json:7: rubric.pass_mark: must be between 0 and 100, not 101"
    assert str(Problem(Path("x.json"), 1, "", "is not JSON")) == "x.json:1: is not JSON"


def test_a_field_given_twice_is_a_problem(tmp_path: Path) -> None:
    file = write(tmp_path, lesson())
    file.write_text(file.read_text().replace('"level": "A2",', '"level": "A2",\n  "level": "B1",'))
    (problem,) = lint_paths([file])
    reason = "is given twice, and only the last would count; take one out"
    assert problem == (file, line_of(file, '"B1"'), "level", reason, False)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b'{"id":\n\n nothing}', 3, "is not JSON: a value is expected here"),
        (b"\xff\xfe", 1, "cannot be read"),
        (b"[" * 200_000, 1, "is not JSON: nested more than 64 deep"),
        (b" " * 1_000_001, 1, "it has more than 1000000 bytes"),
    ],
)
def test_a_file_that_is_no_lesson_at_all(tmp_path: Path, content: bytes, line: int, said: str) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)
    (problem,) = lint_paths([file])
    assert problem.line == line
    assert said in problem.reason


def test_no_object_is_one_problem(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text("[]")
    (problem,) = lint_paths([file])
    assert problem.reason == "must be an object, not a list"


def test_missing_files_and_empty_folders_are_problems(tmp_path: Path) -> None:
    reasons = [problem.reason for problem in lint_paths([tmp_path / "none.json", tmp_path])]
    assert "cannot be read" in reasons[0]
    assert reasons[1] == "holds no lessons (*.json)"


def test_a_file_is_named_after_its_lesson(tmp_path: Path) -> None:
    (problem,) = lint_paths([write(tmp_path, lesson(), "bag.json")])
    assert (problem.field, problem.reason) == ("id", "the file of this lesson must be named lost-bag.json")


class TestIndex:
    def test_it_is_written_checked_and_served(self, tmp_path: Path) -> None:
        write(tmp_path, lesson())
        write_index(tmp_path)
        assert lint_paths([tmp_path]) == []
        catalogue = load_catalogue(tmp_path)
        assert json.loads((tmp_path / "index.json").read_text()) == catalogue.public()

    @pytest.mark.parametrize("index", [None, "[]", "{", "7", '[{"id": "lost-bag"}]'])
    def test_a_stale_index_says_what_to_run(self, tmp_path: Path, index: str | None) -> None:
        write(tmp_path, lesson())
        if index is not None:
            (tmp_path / "index.json").write_text(index)
        (problem,) = lint_paths([tmp_path])
        assert f"run: vivavoce lint --write-index {tmp_path}" in problem.reason
        with pytest.raises(ScenarioError, match="vivavoce lint --write-index"):
            load_catalogue(tmp_path)

    def test_it_keeps_the_order_of_the_menu(self, tmp_path: Path) -> None:
        write(tmp_path, lesson())
        write_index(tmp_path)
        write(tmp_path, {**lesson(), "id": "a-first"}, "a-first.json")
        write_index(tmp_path)
        assert list(load_catalogue(tmp_path)) == ["lost-bag", "a-first"]

    def test_a_folder_with_a_broken_lesson_is_not_loaded(self, tmp_path: Path) -> None:
        write(tmp_path, {**lesson(), "title": ""})
        with pytest.raises(ScenarioError, match="title: must not be empty"):
            load_catalogue(tmp_path)
        with pytest.raises(ScenarioError, match="title"):
            write_index(tmp_path)

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ScenarioError, match="there is no such folder"):
            load_catalogue(tmp_path / "none")

    def test_the_project_has_its_lessons(self) -> None:
        assert set(load_catalogue(FOLDER)) == set(shipped())


def test_the_schema_is_found() -> None:
    assert json.loads(schema_file("scenario.schema.json").read_text())["title"] == "Scenario"
