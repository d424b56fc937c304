"""vivavoce rehearse: simulated learners prove, before class, that a lesson is fair."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vivavoce.cli.common import stop

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from vivavoce.hosts.native.rehearse import Lesson

MOST_RUNS = 1000
WIDTH_IN_A_FILE = 160
"""Characters, where there is no terminal to ask: the whole table fits."""


def rehearse(
    paths: Annotated[list[Path], typer.Argument(exists=True, help="Scenario files, or folders of them.")],
    runs: Annotated[int, typer.Option(min=1, max=MOST_RUNS, help="Calls of each learner.")] = 5,
    learner: Annotated[list[str] | None, typer.Option(help="Only this learner; may be given again.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the first run; a run with the same seed says the same.")] = 1,
    show: Annotated[bool, typer.Option("--show", help="Print the conversations.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the outcome for CI to this file.")] = None,
) -> None:
    """Let simulated learners play lessons: the good one must pass, the others must not, and nothing may leak."""
    from vivavoce.hosts.native import rehearsal_report
    from vivavoce.hosts.native.rehearse import Options, lessons_of, unknown_learner

    if reason := unknown_learner(learner or ()):
        stop(reason)
    if show and as_json:
        stop("--show prints for people and --json for programs: leave one out.")
    try:
        lessons = lessons_of(paths, Options(runs, seed, tuple(dict.fromkeys(learner or ()))))
    except LookupError as error:
        stop(str(error.args[0]))
    with _progress(sum(len(lesson.parts) for lesson in lessons)) as step:
        for lesson in lessons:
            for part in lesson.parts:
                with step(f"{lesson.name}: {part}"):
                    lesson.run(part)
    if as_json:
        typer.echo(json.dumps(rehearsal_report.to_json(lessons), indent=2, ensure_ascii=False))
    else:
        _print(lessons, show)
    if junit is not None:
        try:
            junit.write_bytes(rehearsal_report.junit(lessons))
        except OSError as error:
            stop(f"The outcome cannot be written to {junit}: {error.strerror}.")
    if any(lesson.failures for lesson in lessons):
        raise typer.Exit(1)


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[str], AbstractContextManager[None]]]:
    """A bar on stderr, if a person is watching; it says what is being done and how much is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=steps)

        @contextmanager
        def step(now: str) -> Iterator[None]:
            bar.update(task, description=now)
            yield
            bar.advance(task)

        yield step


def _print(lessons: Sequence[Lesson], show: bool) -> None:
    from rich.console import Console

    from vivavoce.hosts.native.rehearsal_report import times_real_time

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_IN_A_FILE)
    if show:
        for lesson in lessons:
            _print_conversations(console, lesson)
    console.print(_table(lessons))
    for lesson in lessons:
        _print_failures(console, lesson)
    failed = sum(bool(lesson.failures) for lesson in lessons)
    calls = sum(len(lesson.rehearsal.seconds) for lesson in lessons if lesson.rehearsal)
    if speed := times_real_time(lessons):
        hours = sum(lesson.spoken_s for lesson in lessons) / 3600
        console.print(f"{calls} calls, {hours:.1f} hours of talk, {speed} times faster than aloud.")
    if failed:
        console.print(f"[red]{failed} of {len(lessons)} lessons failed.[/red]")
    else:
        console.print("[green]Every lesson passed.[/green]")


def _table(lessons: Sequence[Lesson]) -> Table:
    """Scores of each learner, from the lowest to the highest; what failed stands out. It fits 80 columns."""
    from rich import box
    from rich.table import Table

    from vivavoce.rehearsal.learners import LEARNERS

    played = dict.fromkeys(part.name for lesson in lessons for part in lesson.done if part.name in LEARNERS)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("lesson", no_wrap=True)
    for name in played:
        table.add_column(_HEADINGS.get(name, name), justify="right", no_wrap=True)
    table.add_column("rest")
    for lesson in lessons:
        done = {part.name: part.failures for part in lesson.done}
        cells = [_cell(_scores(lesson, name), done.get(name)) for name in played]
        rest = [f"{part} {len(found)}" for part, found in done.items() if found and part not in played]
        colour = "red" if lesson.failures else "green"
        table.add_row(f"[{colour}]{lesson.name}[/{colour}]", *cells, _cell(", ".join(rest) or "ok", rest))
    return table


_HEADINGS = {
    "average": "aver-\nage",
    "rambling": "ramb-\nling",
    "off-language": "off-\nlang.",
    "jailbreaker": "jail-\nbreak.",
    "quitter": "quit-\nter",
}


def _cell(text: str, failures: Sequence[object] | None) -> str:
    if failures is None:
        return "[dim]-[/dim]"
    return f"[red]{text}[/red]" if failures else text


def _scores(lesson: Lesson, learner: str) -> str:
    if lesson.rehearsal is None:
        return ""
    scores = [played.score for played in lesson.rehearsal.calls(learner)]
    low, high = min(scores), max(scores)
    return f"{low}" if low == high else f"{low}-{high}"


def _print_failures(console: Console, lesson: Lesson) -> None:
    from rich.markup import escape

    for failure in lesson.failures:
        seeds = f", seed {', '.join(map(str, failure.seeds))}" if failure.seeds else ""
        console.print(f"[bold]{escape(lesson.name)}[/bold], {failure.part}{seeds}")
        field = f"{failure.field}: " if failure.field else ""
        console.print(f"  {escape(lesson.where(failure))}: {escape(field + failure.reason)}", soft_wrap=True)
        see = f"vivavoce rehearse {lesson.file} {failure.again}" if failure.again else ""
        for advice in filter(None, (failure.fix, see)):
            console.print(f"  [cyan]→[/cyan] {escape(advice)}", soft_wrap=True)


def _print_conversations(console: Console, lesson: Lesson) -> None:
    from rich.markup import escape

    from vivavoce.rehearsal.disclosure import tellings
    from vivavoce.rehearsal.learners import LEARNERS

    rehearsal = lesson.rehearsal
    if rehearsal is None:
        return
    for learner in (part.name for part in lesson.done if part.name in LEARNERS):
        for seed in rehearsal.seeds:
            played = rehearsal.call(learner, seed)
            told: dict[str, list[str]] = {}
            for telling in tellings(rehearsal.scenario, played.lines):
                told.setdefault(telling.line.item_id, []).append(f"{telling.fact.id} at trust {telling.trust}")
            verdict = "passed" if played.passed else "not passed" if played.grade else "no grade"
            console.print(
                f"[bold]{lesson.name}, {learner}, seed {seed}[/bold]: {played.score} points, {verdict}, "
                f"{played.seconds:.0f} s, {' '.join(played.ended)}"
            )
            for line in played.lines:
                who = "[cyan]learner[/cyan]" if line.role == "user" else "persona"
                tells = f" [yellow](tells {', '.join(told[line.item_id])})[/yellow]" if line.item_id in told else ""
                time = f"{int(line.at) // 60}:{int(line.at) % 60:02}"
                console.print(f"{time:>5} {who} {escape(line.text)}{tells}", soft_wrap=True)
            for result in ("shown", "missed", "unproven"):
                if ids := [id for id, found in played.results.items() if found == result]:
                    console.print(f"      {result}: {', '.join(ids)}", soft_wrap=True)
            console.print()
