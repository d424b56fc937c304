"""`vivavoce new`, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.server import vivavoce

TITLE = 'A "blue" coat, naïve \\ and plain'


def test_a_new_lesson_passes_lint_and_rehearsal(tmp_path: Path) -> None:
    folder = tmp_path / "my lessons"
    done = vivavoce("new", "lost-coat", "--title", TITLE, "--folder", str(folder), home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lesson = json.loads((folder / "lost-coat.json").read_text("utf-8"))
    assert (lesson["id"], lesson["title"]) == ("lost-coat", TITLE)
    assert f"vivavoce lint --write-index '{folder}'" in done.stdout
    assert f"vivavoce rehearse '{folder}/lost-coat.json'" in done.stdout
    assert f"VIVAVOCE_SCENARIOS='{folder}' vivavoce serve" in done.stdout
    checked = vivavoce("lint", "--write-index", str(folder), home=tmp_path)
    assert (checked.returncode, checked.stdout) == (0, "No problems.\n")
    rehearsed = vivavoce("rehearse", str(folder / "lost-coat.json"), home=tmp_path)
    assert rehearsed.returncode == 0, rehearsed.stdout
    (entry,) = json.loads((folder / "index.json").read_text("utf-8"))
    assert entry["title"] == TITLE


def test_it_goes_where_the_server_looks(tmp_path: Path) -> None:
    folder = tmp_path / "served"
    done = vivavoce("new", "lost-coat", home=tmp_path, VIVAVOCE_SCENARIOS=str(folder))
    assert done.returncode == 0
    assert (folder / "lost-coat.json").is_file()
    assert "speak        vivavoce serve" in done.stdout


def test_it_never_writes_over_a_lesson(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("years of work")
    done = vivavoce("new", "mine", "--folder", str(tmp_path), home=tmp_path)
    assert done.returncode == 2
    assert "Take another ID" in done.stderr
    assert (tmp_path / "mine.json").read_text() == "years of work"


def test_a_file_where_the_folder_should_be_is_not_taken_for_the_lesson(tmp_path: Path) -> None:
    (tmp_path / "lessons").write_text("a note")
    done = vivavoce("new", "mine", home=tmp_path, VIVAVOCE_SCENARIOS=str(tmp_path / "lessons"))
    assert done.returncode == 2
    assert "is no folder. Choose another --folder" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Lost Coat",), "lower case letters, digits and hyphens"),
        (("../escape",), "lower case letters, digits and hyphens"),
        (("index",), "index.json is the menu"),
        (("x" * 65,), "1 to 64"),
        (("coat", "--title", " "), "title: must not be empty"),
        (("coat", "--title", "x" * 4001), "at most 4000"),
        (("coat", "--title", "Bought five weeks ago"), "title: gives away the fact 'bought'"),
        (("coat", "--title", "\udcff"), "not UTF-8"),
        (("coat", "--folder", "/dev/null/x"), "Choose another --folder"),
    ],
)
def test_what_cannot_be_written_is_said_and_leaves_nothing(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    folder = tmp_path / "lessons"
    more = () if "--folder" in arguments else ("--folder", str(folder))
    done = vivavoce("new", *arguments, *more, home=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert not list(tmp_path.rglob("*.json"))
