"""The pytest plugin: `pytest --rehearse scenarios/` makes an item of each lesson and each of its learners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from vivavoce.hosts.native.rehearse import Lesson

SIGN = '"vivavoce.scenario/'
"""What tells a lesson from other JSON files, even when it cannot be read otherwise."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("vivavoce")
    group.addoption("--rehearse", action="store_true", help="rehearse the vivavoce lessons among the given paths")
    group.addoption(
        "--rehearse-runs", type=_at_least_one, default=5, metavar="N", help="calls of each simulated learner"
    )
    group.addoption("--rehearse-seed", type=int, default=1, metavar="N", help="seed of the first call")


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError
    return number


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix != ".json" or not parent.config.getoption("--rehearse"):
        return None
    if SIGN not in file_path.read_text(encoding="utf-8", errors="replace"):
        return None
    return LessonFile.from_parent(parent, path=file_path)


class LessonFile(pytest.File):
    def collect(self) -> Iterator[PartItem]:
        from vivavoce.hosts.native.rehearse import Lesson, Options

        options = Options(self.config.getoption("--rehearse-runs"), self.config.getoption("--rehearse-seed"))
        lesson = Lesson(self.path, options)
        for part in lesson.parts:
            yield PartItem.from_parent(self, name=part, lesson=lesson)


class PartItem(pytest.Item):
    def __init__(self, *, lesson: Lesson, **more: Any) -> None:
        super().__init__(**more)
        self.lesson = lesson

    def runtest(self) -> None:
        part = self.lesson.run(self.name)
        if part.failures:
            pytest.fail("\n".join(f"{self.lesson.where(each)}: {each}" for each in part.failures), pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.lesson.name}: {self.name}"
