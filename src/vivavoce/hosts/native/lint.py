"""What is wrong with lesson files, all of it in one run: each problem with file, line, field and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from vivavoce.hosts.native.json_lines import JSONLineError, Route, read_lined
from vivavoce.hosts.native.lessons import INDEX, index_fault, lesson_files
from vivavoce.hosts.native.lint_language import language_warnings, unmeasured
from vivavoce.hosts.native.paths import schema_file
from vivavoce.hosts.native.settings import Settings
from vivavoce.scenario.catalogue import Catalogue
from vivavoce.scenario.load import read_scenario
from vivavoce.scenario.model import Scenario
from vivavoce.scenario.reading import Fault
from vivavoce.scenario.sense import doubts

MAX_FILE_BYTES = 1_000_000


class Problem(NamedTuple):
    file: Path
    line: int
    field: str
    """Path of the field, for example rubric.criteria[0].weight; empty for the whole file."""
    reason: str
    warning: bool = False
    """Of something that is missing here, not of a mistake in the file."""

    def __str__(self) -> str:
        parts = (f"{self.file}:{self.line}", "warning" if self.warning else "", self.field, self.reason)
        return ": ".join(filter(None, parts))


def lint_paths(paths: Sequence[Path], settings: Settings | None = None) -> list[Problem]:
    """The problems of lesson files, and of all lessons and the index of folders, by file and line.

    With settings, also warnings of what their machine lacks for a lesson.
    """
    problems: list[Problem] = []
    for path in paths:
        problems += _lint_folder(path, settings) if path.is_dir() else _lint_file(path, settings)[1]
    return problems


def _lint_folder(folder: Path, settings: Settings | None) -> Iterator[Problem]:
    files = lesson_files(folder)
    if not files:
        yield Problem(folder, 1, "", "holds no lessons (*.json)")
        return
    lessons: dict[str, Scenario] = {}
    for file in files:
        scenario, problems = _lint_file(file, settings)
        yield from problems
        if scenario is not None:
            lessons[scenario.id] = scenario
    if len(lessons) == len(files) and (reason := index_fault(folder, Catalogue(lessons))):
        yield Problem(folder / INDEX, 1, "", reason)


def _lint_file(file: Path, settings: Settings | None) -> tuple[Scenario | None, list[Problem]]:
    """The scenario if it can be loaded, and the file's problems."""
    try:
        document = read_lined(_text(file))
    except JSONLineError as error:
        return None, [Problem(file, error.line, "", f"is not JSON: {error.reason}")]
    except (OSError, ValueError) as error:
        return None, [Problem(file, 1, "", f"cannot be read: {error}")]

    scenario, faults = read_scenario(document.value)
    loadable = not faults
    faults += [
        Fault(_field(route), "is given twice, and only the last would count; take one out")
        for route in document.repeated
    ]
    if scenario.id and file.name != f"{scenario.id}.json":
        faults.append(Fault("id", f"the file of this lesson must be named {scenario.id}.json"))
    faults += _beside(faults, _schema_faults(document.value))
    faults += _beside(faults, [*doubts(scenario), *unmeasured(scenario)])
    lacking = language_warnings(scenario, settings) if settings else []

    def placed(fault: Fault, warning: bool) -> Problem:
        return Problem(file, document.line(route_of(fault.field)), fault.field, fault.reason, warning)

    problems = [placed(fault, False) for fault in faults] + [placed(fault, True) for fault in lacking]
    return scenario if loadable else None, sorted(problems, key=lambda problem: problem.line)


def _text(file: Path) -> str:
    if file.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"it has more than {MAX_FILE_BYTES} bytes")
    return file.read_text(encoding="utf-8")


def _beside(faults: Iterable[Fault], more: Iterable[Fault]) -> list[Fault]:
    """Those of `more` that concern no field around or within which there is a fault already."""
    known = [route_of(fault.field) for fault in faults]
    return [fault for fault in more if not any(_overlap(route_of(fault.field), route) for route in known)]


def _overlap(a: Route, b: Route) -> bool:
    shared = min(len(a), len(b))
    return a[:shared] == b[:shared]


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_file("scenario.schema.json").read_text(encoding="utf-8")))


def _schema_faults(value: Any) -> Iterator[Fault]:
    """The loader says most of it in better words; the schema has the last word on what a file may hold."""
    for error in _validator().iter_errors(value):
        yield Fault(_field(tuple(error.absolute_path)), error.message)


def _field(route: Route) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in route).removeprefix(".")


def route_of(field: str) -> Route:
    return tuple(int(index) if index else name for index, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", field))
