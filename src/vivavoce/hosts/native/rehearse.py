"""Rehearses lesson files: brings the disk, chance and the machine's clock to the rehearsal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter

from vivavoce.hosts.native.json_lines import JSONLineError, LinedJSON, read_lined
from vivavoce.hosts.native.lessons import lesson_files
from vivavoce.hosts.native.lint import lint_paths, route_of
from vivavoce.rehearsal.failure import Failure
from vivavoce.rehearsal.learners import LEARNERS
from vivavoce.rehearsal.rehearsal import PARTS, RUNS, SEED, Rehearsal
from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.model import Scenario, ScenarioError

LINT = "lint"


@dataclass(frozen=True)
class Options:
    runs: int = RUNS
    seed: int = SEED
    learners: tuple[str, ...] = ()
    """Only these; none: all of them, and everything else that is rehearsed."""


@dataclass
class Part:
    """What one part of a lesson's rehearsal came to."""

    name: str
    failures: list[Failure]
    seconds: float
    """How long it took, on the machine's clock."""


@dataclass
class Lesson:
    """One file: lint first, then, if it can be loaded, its rehearsal."""

    file: Path
    options: Options
    done: list[Part] = field(default_factory=list)
    rehearsal: Rehearsal | None = None
    _document: LinedJSON = field(default_factory=LinedJSON)

    def __post_init__(self) -> None:
        scenario = self._load()
        if scenario is not None:
            self.rehearsal = Rehearsal(scenario, Random, runs=self.options.runs, seed=self.options.seed)

    @property
    def name(self) -> str:
        return self.rehearsal.scenario.id if self.rehearsal else self.file.stem

    @property
    def parts(self) -> tuple[str, ...]:
        """Those to run, in this order; a file that cannot be loaded can only be linted."""
        return (LINT, *(self.options.learners or PARTS)) if self.rehearsal else (LINT,)

    def run(self, part: str) -> Part:
        began = perf_counter()
        failures = self._lint() if part == LINT else self._rehearsed().failures(part)
        result = Part(part, failures, perf_counter() - began)
        self.done.append(result)
        return result

    @property
    def failures(self) -> list[Failure]:
        return [failure for part in self.done for failure in part.failures]

    @property
    def spoken_s(self) -> float:
        """How long the calls would have taken with people in them."""
        return sum(self.rehearsal.seconds) if self.rehearsal else 0.0

    @property
    def took_s(self) -> float:
        return sum(part.seconds for part in self.done if part.name != LINT)

    def where(self, failure: Failure) -> str:
        """File and line of a failure's field."""
        return f"{self.file}:{self._document.line(route_of(failure.field))}"

    def _rehearsed(self) -> Rehearsal:
        assert self.rehearsal is not None, "a lesson that cannot be loaded has no parts but lint"
        return self.rehearsal

    def _load(self) -> Scenario | None:
        """None when lint will say why."""
        try:
            self._document = read_lined(self.file.read_text(encoding="utf-8"))
            return parse_scenario(self._document.value, self.file.name)
        except (OSError, ValueError, JSONLineError, ScenarioError):
            return None

    def _lint(self) -> list[Failure]:
        return [Failure(LINT, problem.field, problem.reason, "") for problem in lint_paths([self.file])]


def lessons_of(paths: Sequence[Path], options: Options) -> list[Lesson]:
    """The lessons of files and folders, each once, in their order. LookupError names a folder without any."""
    files: list[Path] = []
    for path in paths:
        found = lesson_files(path) if path.is_dir() else [path]
        if not found:
            raise LookupError(f"{path} holds no lessons (*.json).")
        files += found
    return [Lesson(file, options) for file in dict.fromkeys(files)]


def unknown_learner(names: Sequence[str]) -> str | None:
    """A sentence about a name that is no learner's."""
    for name in names:
        if name not in LEARNERS:
            return f"There is no learner {name!r}. There are: {', '.join(LEARNERS)}."
    return None
