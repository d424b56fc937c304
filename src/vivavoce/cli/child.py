"""A process of `vivavoce serve --workers N`: one of the workers, or the engine of all. The supervisor starts it as
`python -m vivavoce.cli.child FILE`, and tells it over that file what it is.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable

import typer

from vivavoce.cli.common import load_speech, read_catalogue, stop
from vivavoce.hosts.native.logs import log_to_stderr
from vivavoce.hosts.native.settings import Settings
from vivavoce.hosts.native.sqlite import DatabaseError
from vivavoce.hosts.native.supervisor import ENGINE_GONE, EnginePlan, Plan, WorkerPlan
from vivavoce.settings.error import SettingsError

MOST_TOLD = 64

log = logging.getLogger("vivavoce.server")


def main(file: int) -> None:
    supervisor = socket.socket(fileno=file)
    with supervisor.makefile("rb") as reading:
        plan: Plan = pickle.load(reading)
    settings = plan.settings
    try:
        if isinstance(plan, WorkerPlan):
            log_to_stderr(*settings.secrets, format=settings.log, worker=plan.index)
            _work(plan, supervisor)
        else:
            log_to_stderr(*settings.secrets, format=settings.log)
            from vivavoce.hosts.native.server import loop_factory

            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(_engine(plan, supervisor))
    except (DatabaseError, SettingsError) as error:
        stop(str(error))


def _ready(supervisor: socket.socket, hear: Callable[[bytes], None] = lambda told: None) -> None:
    """Say so, and from now on `hear` what is told, and notice when nobody is there any more."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if told := supervisor.recv(MOST_TOLD):
            hear(told)
        else:
            loop.remove_reader(supervisor.fileno())
            log.error("the supervisor is gone, so this process stops")
            signal.raise_signal(signal.SIGTERM)

    supervisor.sendall(b"\n")
    loop.add_reader(supervisor.fileno(), look)


def _work(plan: WorkerPlan, supervisor: socket.socket) -> None:
    from vivavoce.hosts.native.engine_door import PATH
    from vivavoce.hosts.native.server import Share, run
    from vivavoce.hosts.native.warming import Warming
    from vivavoce.hosts.native.workers import Workers

    catalogue = read_catalogue(plan.settings.scenarios)
    outboxes = [socket.socket(fileno=file) for file in plan.outboxes]
    workers = Workers(plan.index, socket.socket(fileno=plan.inbox), outboxes)
    engine = f"ws://{plan.engine[0]}:{plan.engine[1]}{PATH}" if plan.engine else None

    warming = Warming()

    def hear(told: bytes) -> None:
        if told.endswith(ENGINE_GONE):
            warming.begin()
        else:
            warming.end()

    def ready() -> None:
        _ready(supervisor, hear)
        log.info("takes calls, as process %d, one of %d", os.getpid(), workers.count)

    run(plan.settings, catalogue, None, socket.socket(fileno=plan.listening), Share(workers, engine, warming, ready))


async def _engine(plan: EnginePlan, supervisor: socket.socket) -> None:
    from vivavoce.hosts.native.server import start_engine_of

    settings: Settings = plan.settings
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    stopped = asyncio.ensure_future(stopping.wait())
    speech = load_speech(settings)
    engine = await start_engine_of(
        settings, read_catalogue(settings.scenarios), speech, socket.socket(fileno=plan.listening)
    )
    await asyncio.wait([engine.warm, stopped], return_when=asyncio.FIRST_COMPLETED)
    _ready(supervisor)
    log.info("the engine of all workers is process %d", os.getpid())
    await stopped
    await engine.close()
    if speech:
        speech.close()


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except typer.Exit as exit:
        sys.exit(exit.exit_code)
