"""`vivavoce engine --list`: what the engine hears, speaks and answers with, what could be had, and how."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vivavoce.cli.common import stop
from vivavoce.door.origins import is_loopback
from vivavoce.engine.session_shapes import VOICES
from vivavoce.hosts.native.models import ModelStore
from vivavoce.hosts.native.settings import Settings
from vivavoce.hosts.native.speech.choice import ChoiceError
from vivavoce.hosts.native.speech.inventory import Kind, Part, inventory
from vivavoce.scenario.catalogue import Catalogue

ANSWER_SECONDS = 3.0


def show(settings: Settings, catalogue: Catalogue) -> None:
    try:
        parts = inventory(ModelStore(settings.models), settings.whisper, settings.tts)
    except ChoiceError as error:
        stop(str(error))
    console = Console(soft_wrap=True, highlight=False)
    for title, kind in (("Recognisers", Kind.RECOGNISER), ("Voices", Kind.VOICE)):
        console.print(f"[bold]{title}[/bold]")
        for part in parts:
            if part.kind is kind:
                console.print(_shown(part))
    console.print(f"A voice answers to the names {', '.join(VOICES)}.\n")
    console.print(f"[bold]Chat model[/bold]\n{escape(chat_state(settings))}\n")
    console.print(_scenarios(catalogue))


def _shown(part: Part) -> str:
    state = "in use" if part.used else "here" if part.here else "not here"
    size = f"{part.size / 1e6:.0f} MB" if part.size else ""
    facts = ", ".join(filter(None, (part.languages, part.licence, size)))
    colour = "green" if part.used else "default" if part.here else "dim"
    line = f"[{colour}]{state:9}[/] {escape(part.name)}: {escape(facts)}"
    return line if part.used or not part.how else f"{line}\n{'':10}{escape(part.how)}"


def _scenarios(catalogue: Catalogue) -> Table:
    table = Table(title="Scenarios", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in ("?model=", "title", "level", "voice"):
        table.add_column(column, overflow="fold")
    for name, scenario in catalogue.items():
        table.add_row(f"vivavoce/{name}", escape(scenario.title), scenario.level, scenario.voice.id)
    return table


def chat_state(settings: Settings) -> str:
    """Which, and whether it can be reached."""
    if settings.chat_url is None:
        return (
            "None: scenarios answer by their own scripts. Any OpenAI-compatible server will do: set VIVAVOCE_CHAT_URL, "
            "such as http://127.0.0.1:11434/v1 for Ollama, and VIVAVOCE_CHAT_MODEL."
        )
    place = f"{settings.chat_model} at {settings.chat_url}"
    key = {"Authorization": f"Bearer {settings.chat_key}"} if settings.chat_key else {}
    try:
        here = is_loopback(urlsplit(settings.chat_url).hostname or "")  # no proxy leads there
        answer = httpx.get(f"{settings.chat_url}/models", headers=key, timeout=ANSWER_SECONDS, trust_env=not here)
    except httpx.HTTPError as error:
        return f"{place}: cannot be reached ({error}). Start it, or change VIVAVOCE_CHAT_URL."
    if answer.status_code in (401, 403):
        return f"{place}: refuses the key ({answer.status_code}). Set VIVAVOCE_CHAT_KEY."
    if answer.status_code != 200:
        return f"{place}: answers, but does not list its models ({answer.status_code})."
    try:
        names = [str(model["id"]) for model in answer.json()["data"]]
    except (ValueError, KeyError, TypeError):
        return f"{place}: answers, but not as an OpenAI-compatible server does. Check VIVAVOCE_CHAT_URL."
    if not {settings.chat_model, f"{settings.chat_model}:latest"} & set(names):  # Ollama leaves the tag out
        return f"{place}: there is no such model. It has: {', '.join(names) or 'none'}."
    return f"{place}: can be reached."
