"""What several commands do in the same way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from vivavoce.settings.error import BAD_CONFIGURATION, SettingsError

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from vivavoce.hosts.native.models import Progress
    from vivavoce.hosts.native.settings import Settings
    from vivavoce.hosts.native.speech.shared import Speech
    from vivavoce.hosts.native.weights import Model
    from vivavoce.scenario.catalogue import Catalogue


def stop(reason: str) -> NoReturn:
    typer.secho(reason, err=True, fg="red")
    raise typer.Exit(BAD_CONFIGURATION)


def database_of_settings() -> Path:
    """The file that the settings name; it need not be there."""
    from vivavoce.hosts.native.settings import read_settings

    try:
        return read_settings().database
    except SettingsError as error:
        stop(str(error))


def read_catalogue(folder: Path) -> Catalogue:
    from vivavoce.hosts.native.lessons import load_catalogue
    from vivavoce.scenario.model import ScenarioError

    try:
        return load_catalogue(folder)
    except (ScenarioError, OSError) as error:
        stop(f"The scenarios cannot be used: {error}")


def load_speech(settings: Settings) -> Speech | None:
    """The embedded engine's ears and voice, fetched when they are missing; None says that calls go by text."""
    from vivavoce.hosts.native.models import ModelStore
    from vivavoce.hosts.native.speech.choice import ChoiceError
    from vivavoce.hosts.native.speech.errors import SpeechUnavailable
    from vivavoce.hosts.native.speech.shared import open_speech

    try:
        with progress_bars() as progress:
            store = ModelStore(settings.models)
            return open_speech(store, progress, whisper=settings.whisper, voice=settings.tts)
    except ChoiceError as error:
        stop(str(error))
    except SpeechUnavailable as error:
        typer.secho(f"Calls go by text only for now. {error}", err=True, fg="yellow")
        return None


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """A bar for each download, or a line every tenth where there is no terminal; nothing when there is none."""
    downloads = _Downloads()
    try:
        yield downloads.tell
    finally:
        downloads.close()


class _Downloads:
    def __init__(self) -> None:
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._tenths: dict[str, int] = {}

    def tell(self, model: Model, done: int, total: int) -> None:
        title = f"{model.name} ({model.licence}), which {model.purpose}"
        if sys.stdout.isatty():
            self._draw(model.name, title, done, total)
            return
        tenth = 10 * done // max(total, 1)
        if self._tenths.get(model.name) != tenth:
            self._tenths[model.name] = tenth
            typer.echo(f"{title}: {10 * tenth} % of {total / 1e6:.0f} MB")

    def close(self) -> None:
        if self._bars:
            self._bars.stop()

    def _draw(self, name: str, title: str, done: int, total: int) -> None:
        from rich.progress import BarColumn, DownloadColumn, TextColumn
        from rich.progress import Progress as Bars

        if self._bars is None:
            self._bars = Bars(TextColumn("{task.description}"), BarColumn(), DownloadColumn())
            self._bars.start()
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(title, total=total)
        self._bars.update(self._tasks[name], completed=done, total=total)
