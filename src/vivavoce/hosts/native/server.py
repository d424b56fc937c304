"""The native server: its parts put together, started, and stopped in good order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import aiofastnet
import uvicorn
from starlette.types import ASGIApp

from vivavoce.admission import kill_switch
from vivavoce.admission.budgets import Budgets
from vivavoce.admission.doorkeeper import Doorkeeper
from vivavoce.admission.entry import Admission
from vivavoce.hosts.native.actor import Means
from vivavoce.hosts.native.app import build_app
from vivavoce.hosts.native.archive import Archive
from vivavoce.hosts.native.calls import Calls
from vivavoce.hosts.native.chat_endpoint import ChatEndpoint, chat_endpoint
from vivavoce.hosts.native.class_api import ClassApi
from vivavoce.hosts.native.heartbeat import Heartbeat
from vivavoce.hosts.native.http_limits import LimitedProtocol, Room, most_connections
from vivavoce.hosts.native.lessons import INDEX
from vivavoce.hosts.native.metrics import Metrics
from vivavoce.hosts.native.operator_api import OperatorApi
from vivavoce.hosts.native.purge import keep_purging, purge
from vivavoce.hosts.native.ready import ready_route
from vivavoce.hosts.native.recording import AudioFiles, Recorder
from vivavoce.hosts.native.review_api import ReviewApi
from vivavoce.hosts.native.secret_file import read_keys
from vivavoce.hosts.native.settings import Settings
from vivavoce.hosts.native.shared_port import SharedProtocol
from vivavoce.hosts.native.sign_in_api import SignInApi
from vivavoce.hosts.native.spoken_quiz import SpokenQuizApi
from vivavoce.hosts.native.sqlite import Reader, Writer
from vivavoce.hosts.native.tls import expect_handshakes, read_certificate
from vivavoce.hosts.native.upstream import Upstream
from vivavoce.hosts.native.warming import Warming
from vivavoce.hosts.native.websocket import Door
from vivavoce.hosts.native.workers import Workers
from vivavoce.hosts.native.world import WORLD
from vivavoce.scenario.catalogue import Catalogue

if TYPE_CHECKING:
    from vivavoce.hosts.native.engine_server import EngineServer
    from vivavoce.hosts.native.judge import Judges
    from vivavoce.hosts.native.speech.shared import Speech

REQUEST_SECONDS = 2
"""How long plain HTTP requests may take to finish when the server stops, after its calls."""

GRADING_THREADS = 2
JUDGING_THREADS = 16
"""A grade with a judge waits for a model, most of the time."""


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Loops whose transports are aiofastnet's, which picows needs."""
    if sys.platform == "win32":
        return aiofastnet.loop_factory()
    import uvloop

    return aiofastnet.loop_factory(uvloop.new_event_loop)


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a server that this process is: one of several workers, or, as usually, all of it."""

    workers: Workers = field(default_factory=Workers)
    engine: str | None = None
    """Where the embedded engine of all workers listens."""
    warming: Warming = field(default_factory=Warming)
    """Whether that engine is being started again."""
    ready: Callable[[], None] | None = None
    """Hears, on the loop, that connections are taken now."""


def run(
    settings: Settings,
    catalogue: Catalogue,
    speech: Speech | None,
    listening: socket.socket,
    share: Share | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises DatabaseError and SettingsError before anything is served."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(settings, catalogue, speech, listening, share or Share()))


async def _serve(
    settings: Settings, catalogue: Catalogue, speech: Speech | None, listening: socket.socket, share: Share
) -> None:
    workers = share.workers
    async with contextlib.AsyncExitStack() as closing:
        if speech:
            closing.callback(speech.close)
        tls = read_certificate(settings.tls_cert, settings.tls_key) if settings.tls_cert else None
        writer = Writer(settings.database, asyncio.get_running_loop(), shared=workers.count > 1)
        closing.push_async_callback(writer.close)
        reader = Reader(settings.database)
        closing.push_async_callback(reader.close)
        recorder = Recorder(AudioFiles(settings.database))
        closing.push_async_callback(recorder.close)
        url, warming = share.engine or settings.upstream.url, share.warming
        if url is None:
            engine = await start_engine_of(settings, catalogue, speech)
            closing.push_async_callback(engine.close)
            url, warming = engine.url, Warming(engine.warm)
        chat = chat_endpoint(settings)
        judges = _judges(chat) if chat and settings.judge else None
        archive = Archive(scenarios=catalogue, writer=writer, reader=reader, recorder=recorder, judges=judges)
        closing.callback(archive.close)
        tools = ThreadPoolExecutor(JUDGING_THREADS if judges else GRADING_THREADS, thread_name_prefix="vivavoce-tool")
        upstream = Upstream(settings.upstream, url)
        door = Doorkeeper(settings.door, read_keys(settings.door, settings.database), WORLD, settings.operator_key)
        metrics, budgets = Metrics(), Budgets(settings.budget)
        calls = Calls(
            scenarios=catalogue,
            door=door,
            means=Means(upstream, writer, tools, recorder, judges, metrics),
            admission=Admission(settings.upstream, WORLD, [kill_switch.admit, budgets.admit]),
            budgets=budgets,
            reader=reader,
            standing=await writer.run(lambda store: kill_switch.standing(store.sql)),
            raw=settings.raw,
            workers=workers,
            warming=warming,
        )
        metrics.watch(calls=lambda: len(calls.going_on()), open=lambda: calls.open)
        if workers.index == 0:
            await purge(archive, calls)
            closing.callback(asyncio.create_task(keep_purging(archive, calls)).cancel)
        heartbeat = Heartbeat(writer, calls)
        closing.callback(asyncio.create_task(heartbeat.keep_beating()).cancel)
        spoken = SpokenQuizApi(
            archive=archive,
            calls=calls,
            scenarios=catalogue,
            upstream=upstream,
            transcription_model=settings.upstream.transcription_model,
            tariff=settings.budget.tariff,
            door=door,
            workers=workers,
        )
        review, results = ReviewApi(archive, calls, door, workers), ClassApi(archive, door)
        operator = OperatorApi(
            door=door,
            calls=calls,
            reader=reader,
            writer=writer,
            budget=settings.budget,
            metrics=metrics,
            workers=workers,
        )
        index = (settings.scenarios / INDEX).read_bytes()
        sign_in = SignInApi(door, catalogue, calls, workers)
        routes = [
            ready_route(calls, heartbeat, warming),
            *sign_in.routes(),
            *review.routes(),
            *spoken.routes(),
            *results.routes(),
            *operator.routes(),
        ]
        app = build_app(index, door, more=routes)
        room = Room(most_connections(), settings.door.proxies)
        if tls:
            expect_handshakes(asyncio.get_running_loop())
        # All this is there for good, and a full collection that walks through it holds every call up for 37 ms; without
        # it, for 1. To collect what the start itself has left (0.2 MB) would take a tenth of its time. Python's own
        # thresholds stay: docs/operating.md has the figures.
        gc.freeze()
        alone = partial(LimitedProtocol, room)
        http = alone if workers.count == 1 else partial(SharedProtocol, room, workers, door)
        await Server(_config(app, http, calls, room, tls), calls, share).serve([listening])


def _config(
    app: ASGIApp, http: Callable[..., LimitedProtocol], calls: Calls, room: Room, tls: ssl.SSLContext | None
) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=cast(Any, http),  # called as if they were the classes
        ssl_context_factory=(lambda config, default: tls) if tls else None,
        ws=cast(Any, partial(Door, calls, room)),
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=REQUEST_SECONDS,
    )


async def start_engine_of(
    settings: Settings, catalogue: Catalogue, speech: Speech | None, listening: socket.socket | None = None
) -> EngineServer:
    """The engine for the calls of a server."""
    from vivavoce.hosts.native.capacity import most_calls
    from vivavoce.hosts.native.engine_door import Access
    from vivavoce.hosts.native.engine_server import start_engine

    access = Access(calls=settings.engine_calls or most_calls(voiced=speech is not None))
    return await start_engine(catalogue, speech, access=access, chat=chat_endpoint(settings), listening=listening)


def _judges(chat: ChatEndpoint) -> Judges:
    from vivavoce.hosts.native.judge import Judges

    return Judges(chat)


class Server(uvicorn.Server):
    """uvicorn, which ends the calls before it ends itself (promise P9)."""

    def __init__(self, config: uvicorn.Config, calls: Calls, share: Share) -> None:
        super().__init__(config)
        self._calls = calls
        self._share = share
        self._stopping: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        protocol = cast(Callable[..., asyncio.Protocol], self.config.http_protocol_class)
        serve = partial(protocol, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        self._share.workers.take(lambda given: serve(given=given))
        if self._share.ready is not None:
            self._share.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping = asyncio.create_task(self._calls.stop())
        await asyncio.wait([self._stopping])
        self._share.workers.leave()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Who presses Ctrl+C twice does not want to wait for the calls: they can be come back to anyway."""
        if sig == signal.SIGINT and self._stopping is not None:
            self._stopping.cancel()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """A stop in good order is a success, so unlike uvicorn's the signal is not raised again afterwards."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
