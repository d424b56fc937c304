"""`vivavoce engine`: the embedded engine alone, as a Realtime server of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vivavoce import __version__
from vivavoce.cli.common import load_speech, read_catalogue, stop

if TYPE_CHECKING:
    from vivavoce.hosts.native.engine_access import Options
    from vivavoce.hosts.native.engine_door import Access
    from vivavoce.hosts.native.settings import Settings
    from vivavoce.hosts.native.speech.shared import Speech
    from vivavoce.scenario.catalogue import Catalogue

WHO, HOW = "Who may come in", "What it hears, says and answers with"
MIB = 1024 * 1024


def engine(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Beyond this machine, such as 0.0.0.0, a key is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8788,
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the key that clients must show, instead of VIVAVOCE_ENGINE_KEY. Without a key, any client "
            "on this machine is let in, and web pages only from ALLOWED_ORIGINS.",
            rich_help_panel=WHO,
        ),
    ] = None,
    calls: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=9999,
            help="Most calls at once, instead of VIVAVOCE_ENGINE_CALLS; without either, what the cores and the free "
            "memory can carry. Who comes later gets HTTP 429.",
            show_default=False,
            rich_help_panel=WHO,
        ),
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option(help="Certificate in PEM form, with those that vouch for it: wss.", rich_help_panel=WHO),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option(help="Its private key, unless that is in the same file.", rich_help_panel=WHO),
    ] = None,
    whisper: Annotated[
        str | None,
        typer.Option(help="tiny.en, base or a folder; VIVAVOCE_WHISPER.", show_default=False, rich_help_panel=HOW),
    ] = None,
    tts: Annotated[
        str | None,
        typer.Option(
            help="hibari, kokoro:FOLDER or piper:FILE.onnx; VIVAVOCE_TTS.", show_default=False, rich_help_panel=HOW
        ),
    ] = None,
    chat_url: Annotated[
        str | None,
        typer.Option(
            help="A chat model that answers, such as http://127.0.0.1:11434/v1; VIVAVOCE_CHAT_URL. Its key, if it "
            "wants one, is VIVAVOCE_CHAT_KEY.",
            show_default=False,
            rich_help_panel=HOW,
        ),
    ] = None,
    chat_model: Annotated[
        str | None,
        typer.Option(help="Its name there; VIVAVOCE_CHAT_MODEL.", show_default=False, rich_help_panel=HOW),
    ] = None,
    show_list: Annotated[
        bool, typer.Option("--list", help="Show what is here, and how to get more; then stop.")
    ] = False,
) -> None:
    """Serve the embedded engine alone: the Realtime API at ws://HOST:PORT/v1/realtime?model=MODEL, for any client.

    MODEL is vivavoce/SCENARIO for the persona of a scenario, echo for somebody who says what was heard, or any other
    name for an assistant that has the client's instructions only.
    """
    from vivavoce.hosts.native.engine_access import Options, read_access
    from vivavoce.hosts.native.logs import log_to_stderr
    from vivavoce.hosts.native.settings import read_settings
    from vivavoce.settings.error import SettingsError

    chosen = {
        "VIVAVOCE_WHISPER": whisper,
        "VIVAVOCE_TTS": tts,
        "VIVAVOCE_CHAT_URL": chat_url,
        "VIVAVOCE_CHAT_MODEL": chat_model,
    }
    options = Options(host, port, key_file, calls, tls_cert, tls_key)
    try:
        settings = read_settings({**os.environ, **{name: value for name, value in chosen.items() if value is not None}})
        catalogue = read_catalogue(settings.scenarios)
        if show_list:
            from vivavoce.cli.engine_list import show

            show(settings, catalogue)
            return
        read_access(settings, options, voiced=True)  # what is wrong is said before anything is downloaded
        speech = load_speech(settings)
        access = read_access(settings, options, voiced=speech is not None)
        log_to_stderr(*settings.secrets, *filter(None, [access.key]), format=settings.log)
        _run(settings, options, access, catalogue, speech)
    except SettingsError as error:
        stop(str(error))


def _run(settings: Settings, options: Options, access: Access, catalogue: Catalogue, speech: Speech | None) -> None:
    """Until SIGTERM or SIGINT. Raises SettingsError for the address."""
    import asyncio

    from vivavoce.hosts.native.server import loop_factory

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(settings, options, access, catalogue, speech))


async def _serve(
    settings: Settings, options: Options, access: Access, catalogue: Catalogue, speech: Speech | None
) -> None:
    import asyncio
    import signal

    from vivavoce.hosts.native.chat_endpoint import chat_endpoint
    from vivavoce.hosts.native.engine_server import start_engine

    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    stopped = asyncio.ensure_future(stopping.wait())
    chat = chat_endpoint(settings)
    server = await start_engine(catalogue, speech, access=access, chat=chat, host=options.host, port=options.port)
    await asyncio.wait([server.warm, stopped], return_when=asyncio.FIRST_COMPLETED)
    if not stopped.done():
        _announce(server.url, settings, options, access, catalogue, speech is not None and speech.voiced)
    await stopped
    await server.close()
    if speech:
        speech.close()


def _announce(
    url: str, settings: Settings, options: Options, access: Access, catalogue: Catalogue, voiced: bool
) -> None:
    """What it is, once it is ready."""
    from vivavoce.hosts.native.capacity import LARGEST_CALL, TYPICAL_CALL, memory_in_use
    from vivavoce.hosts.native.engine_access import warnings

    memory = memory_in_use()
    by = f"{settings.chat_model} at {settings.chat_url}" if settings.chat_url else "the scenarios' own scripts"
    lines = {
        "address": typer.style(f"{url}?model=MODEL", bold=True),
        "key": "asked for" if access.key else "none is asked for; only this machine can reach it",
        "models": ", ".join([*(f"vivavoce/{scenario}" for scenario in catalogue), "echo", "or any other name"]),
        "answers": by,
        **(_ears_and_voice(settings) if voiced else {"speech": "none, calls go by text"}),
        "calls": f"{access.calls} at once at most",
        "memory": (f"{memory // MIB} MB now; " if memory else "")
        + f"about {TYPICAL_CALL // MIB} MB for each call, {LARGEST_CALL // MIB} MB for one that does all it may",
    }
    typer.echo(f"vivavoce {__version__}, the embedded engine")
    for name, text in lines.items():
        typer.echo(f"  {name:9} {text}")
    typer.echo("Ctrl+C stops it.")
    for warning in warnings(access, options.host):
        typer.secho(f"Warning: {warning}", err=True, fg="yellow")


def _ears_and_voice(settings: Settings) -> dict[str, str]:
    from vivavoce.hosts.native.models import ModelStore
    from vivavoce.hosts.native.speech.inventory import Kind, inventory

    names = {Kind.RECOGNISER: "ears", Kind.VOICE: "voice"}
    parts = inventory(ModelStore(settings.models), settings.whisper, settings.tts)
    return {names[part.kind]: f"{part.name} ({part.languages})" for part in parts if part.used}
