"""`vivavoce lint`: what is wrong with lessons, and what this machine lacks for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vivavoce.hosts.native.settings import Settings


def lint(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Scenario files, or folders of them.")],
    write_index: Annotated[bool, typer.Option("--write-index", help="Bring a folder's index.json up to date.")] = False,
) -> None:
    """Check scenarios: every fault with its file, line and field, and what to do about it.

    A warning says what a lesson needs that is not installed here. The exit code is 1 for faults, 0 for warnings.
    """
    from vivavoce.hosts.native import lessons
    from vivavoce.hosts.native.lint import lint_paths
    from vivavoce.scenario.model import ScenarioError

    if write_index:
        for folder in filter(Path.is_dir, paths):
            try:
                lessons.write_index(folder)
            except ScenarioError as error:
                typer.echo(error, err=True)
                raise typer.Exit(1) from None
    found = lint_paths(paths, _settings())
    for problem in found:
        typer.secho(problem, fg="yellow" if problem.warning else None)
    problems = sum(not problem.warning for problem in found)
    warnings = _counted(len(found) - problems, "warning") if len(found) > problems else ""
    if problems:
        typer.echo(", ".join(filter(None, (_counted(problems, "problem"), warnings))), err=True)
        raise typer.Exit(1)
    typer.echo(f"No problems{', ' if warnings else ''}{warnings}.")


def _settings() -> Settings | None:
    """None: no word about what this machine lacks, because nobody can say what the operator wants."""
    from vivavoce.hosts.native.settings import read_settings
    from vivavoce.settings.error import SettingsError

    try:
        return read_settings()
    except SettingsError as error:
        typer.secho(f"Warning: what is installed here was not looked at. {error}", err=True, fg="yellow")
        return None


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
