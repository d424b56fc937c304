"""`vivavoce new`: a small whole lesson under a name of one's own, to be changed piece by piece."""

from __future__ import annotations

import json
import shlex
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vivavoce.cli.common import stop

if TYPE_CHECKING:
    from vivavoce.hosts.native.settings import Settings

TEMPLATE = "new_lesson.json"


def new(
    id: Annotated[str, typer.Argument(metavar="ID", help="Its name: lower case letters, digits and hyphens.")],
    title: Annotated[str | None, typer.Option(help="What the menu shows.", show_default=False)] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, help="Where to put it, instead of VIVAVOCE_SCENARIOS or ./scenarios.", show_default=False
        ),
    ] = None,
) -> None:
    """Write a new lesson: a small one that is whole and passes lint, to be made your own."""
    from vivavoce.hosts.native.settings import read_settings
    from vivavoce.settings.error import SettingsError

    try:
        settings = read_settings()
    except SettingsError as error:
        stop(str(error))
    chosen = settings.scenarios if settings.sources["VIVAVOCE_SCENARIOS"] == "environment" else Path("scenarios")
    file = (folder or chosen) / f"{_checked(id)}.json"
    text = _lesson(id, title)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        if not file.parent.is_dir():
            stop(f"{file.parent} is no folder. Choose another --folder.")
        stop(f"There is {file} already. Take another ID, or remove it first.")
    except OSError as error:
        stop(f"{file} cannot be written: {error.strerror}. Choose another --folder.")
    _say_what_next(file, settings)


def _checked(id: str) -> str:
    """The id, which becomes the name of a file."""
    from vivavoce.hosts.native.lessons import INDEX
    from vivavoce.scenario.load import SCENARIO_ID

    if not SCENARIO_ID.fullmatch(id):
        stop(f"{id!r} cannot be an ID. Use 1 to 64 lower case letters, digits and hyphens, such as lost-luggage.")
    if f"{id}.json" == INDEX:
        stop(f"{INDEX} is the menu of a folder. Take another ID.")
    return id


def _lesson(id: str, title: str | None) -> str:
    """The template under this name; it is text that is changed, so that its layout stays."""
    from vivavoce.scenario.load import read_scenario
    from vivavoce.scenario.sense import doubts

    text = files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    given = json.loads(text)
    for name, value in (("id", id), ("title", title)):
        if value is not None:
            line = '"{}": {}'.format
            text = text.replace(line(name, json.dumps(given[name], ensure_ascii=False)), line(name, _quoted(value)), 1)
    scenario, faults = read_scenario(json.loads(text))
    if wrong := faults or doubts(scenario):
        stop(f"That title will not do. {wrong[0]}")
    return text


def _quoted(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        stop("That title is not UTF-8. Write it in another way.")
    return json.dumps(value, ensure_ascii=False)


def _say_what_next(file: Path, settings: Settings) -> None:
    folder = shlex.quote(str(file.parent))
    served = "" if settings.scenarios == file.parent.absolute() else f"VIVAVOCE_SCENARIOS={folder} "
    steps = {
        "change it": "every field is explained in docs/scenarios.md",
        "check it": f"vivavoce lint --write-index {folder}",
        "rehearse it": f"vivavoce rehearse {shlex.quote(str(file))}",
        "speak": f"{served}vivavoce serve",
    }
    typer.echo(f"{file} is a small whole lesson. Now make it yours:")
    for number, (step, how) in enumerate(steps.items(), 1):
        typer.echo(f"  {number}. {step:12} {how}")
