"""`vivavoce backup` and `restore`, `forget` and `export`: what an operator does with what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from vivavoce.cli.common import database_of_settings

if TYPE_CHECKING:
    from vivavoce.hosts.native.backup import Progress

Replace = Annotated[bool, typer.Option("--replace", help="Put it in the place of what is there.")]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it.", dir_okay=False)], replace: Replace = False
) -> None:
    """Back up the record of all calls, and their sound, also while a server is running.

    What a backup holds of a person is encrypted with a key of theirs. The keys lie beside the database and in no
    backup: keep a copy of that file somewhere else, for no backup can be read without it. See docs/upkeep.md.
    """
    from vivavoce.hosts.native.backup import BackupError, write_backup
    from vivavoce.hosts.native.keyring import KeyringError
    from vivavoce.hosts.native.sqlite import DatabaseError

    database = _existing_database()
    try:
        with _bar("people") as progress:
            written = write_backup(database, file, replace=replace, progress=progress, wait=_wait)
    except (BackupError, KeyringError, DatabaseError) as error:
        _fail(str(error))
    typer.echo(f"{file}: {_counted(written.people, 'person', 'people')}, {_counted(written.sounds, 'file')} of sound,")
    typer.echo(f"  {written.bytes / 1e6:.1f} MB. Its keys are in {written.keys}: keep a copy apart from the backups.")


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
    keys: Annotated[
        Path | None,
        typer.Option(help="A copy of the keys; without it those beside the database.", exists=True, dir_okay=False),
    ] = None,
    replace: Replace = False,
) -> None:
    """Make the database from a backup. No server may be using it.

    People who were forgotten since the backup was made stay forgotten: their keys are gone.
    """
    from vivavoce.hosts.native.backup import BackupError
    from vivavoce.hosts.native.keyring import KeyringError
    from vivavoce.hosts.native.restore import restore_backup

    database = database_of_settings()
    try:
        with _bar("people") as progress:
            restored = restore_backup(database, file, keys=keys, replace=replace, progress=progress)
    except (BackupError, KeyringError) as error:
        _fail(str(error))
    made = datetime.fromtimestamp(restored.made_at)
    typer.echo(
        f"{database} is as it was on {made:%Y-%m-%d %H:%M}: {_counted(restored.people, 'person', 'people')},"
        f" {_counted(restored.calls, 'call')}, {_counted(restored.sounds, 'file')} of sound."
    )
    if restored.forgotten:
        typer.echo(
            f"Left out: {_counted(restored.forgotten, 'person', 'people')} without a key. They were forgotten since, or"
            " the keys are older than the backup."
        )


def forget(
    user: Annotated[str, typer.Argument(help="The name as `vivavoce usage --by user` shows it.")],
    end_calls: Annotated[bool, typer.Option("--end-calls", help="End a call that the person is in.")] = False,
) -> None:
    """Delete all that is kept of a person: records, grades, sound, and what backups hold of them.

    Works while a server is running. What the person's calls have cost still counts, as nobody's.
    """
    from vivavoce.hosts.native.forget import InCall, NotSwept, Unknown
    from vivavoce.hosts.native.forget import forget as forget_person
    from vivavoce.hosts.native.keyring import KeyringError
    from vivavoce.hosts.native.sqlite import DatabaseError

    database = _existing_database()
    try:
        forgotten = forget_person(database, user, end_calls=end_calls, say=typer.echo)
    except Unknown as unknown:
        alike = f" Do you mean: {', '.join(unknown.alike[:10])}?" if unknown.alike else ""
        _fail(f"Nothing is kept of {user}.{alike}")
    except InCall as error:
        scenarios = " and ".join(call.scenario_id for call in error.calls)
        _fail(f"{user} is in a call now ({scenarios}). Wait for its end, or end it at once with --end-calls.")
    except NotSwept as error:
        _fail(
            f"What was kept of {user} is deleted, but traces of it may still lie in {database} ({error})."
            " Say the same command again to remove them."
        )
    except (KeyringError, DatabaseError) as error:
        _fail(str(error))
    typer.echo(f"{user} is forgotten: {_counted(forgotten.calls, 'call')}.")
    if forgotten.keys:
        typer.echo(
            f"Backups give nothing of {user} back any more, unless there are older copies of {forgotten.keys}:"
            " replace them with the file as it is now."
        )


def export(
    user: Annotated[str, typer.Argument(help="The name as `vivavoce usage --by user` shows it.")],
    file: Annotated[Path, typer.Argument(help="The zip to write.", dir_okay=False)],
    replace: Replace = False,
) -> None:
    """Write all that is kept of a person into a zip: each call to be read, its sound, and everything as JSON."""
    from vivavoce.hosts.native.export import ExportError, export_person
    from vivavoce.hosts.native.sqlite import DatabaseError

    database = _existing_database()
    try:
        with _bar("calls") as progress:
            exported = export_person(database, user, file, replace=replace, progress=progress)
    except (ExportError, DatabaseError) as error:
        _fail(str(error))
    typer.echo(f"{file}: {_counted(exported.calls, 'call')}, {_counted(exported.sounds, 'file')} of sound.")


def _existing_database() -> Path:
    database = database_of_settings()
    return database if database.exists() else _fail(f"There is no database at {database}: nothing was kept yet.")


def _fail(reason: str) -> NoReturn:
    typer.secho(reason, err=True, fg="red")
    raise typer.Exit(1)


def _wait() -> None:
    typer.echo("Another backup is being made, or somebody is being forgotten; waiting for the end of it.")


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    """A bar, or a line every tenth where there is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = TextColumn(what), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(what)
        tenth = 0

        def show(done: int, total: int) -> None:
            nonlocal tenth
            bars.update(task, completed=done, total=total)
            if not console.is_terminal and 10 * done // max(total, 1) > tenth:
                tenth = 10 * done // total
                typer.echo(f"{done} of {total} {what}", err=True)

        yield show


def _counted(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"
