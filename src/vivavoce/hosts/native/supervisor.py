"""Keeps the processes of a server with several workers: starts them, starts again what died, and stops them all.

It has the port and every end of what connects the workers, so that whoever comes while one is started again waits, and
is not lost. It knows nothing of calls. Should it be killed itself, its processes notice, and stop in good order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vivavoce.hosts.native.port import listen
from vivavoce.hosts.native.settings import Settings
from vivavoce.settings.error import BAD_CONFIGURATION

STOP_SECONDS = 25.0
"""Longer than a worker needs for its calls: one that has not ended by then never will (promise P9)."""
ENGINE_STOP_SECONDS = 6.0
"""After the workers have ended: longer than it needs to take leave of its clients, of whom none is left."""
BOX_BYTES = 256 * 1024
"""Some hundreds of connections that a worker is given and has not taken yet."""
MOST_FAILURES = 4
"""Starts of one process, one after the other, at whose end it was not ready."""
WAIT_SECONDS = 0.5
"""Before the second of them; twice as long before each further one."""
FAILED = 1
ENGINE_GONE, ENGINE_BACK = b"-", b"+"
"""What workers are told; the last one holds."""
ENGINE = "the engine"

log = logging.getLogger("vivavoce.server")


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """What the process with the embedded engine needs; sockets are files that it inherits."""

    settings: Settings
    listening: int

    @property
    def name(self) -> str:
        return ENGINE

    @property
    def files(self) -> tuple[int, ...]:
        return (self.listening,)


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    settings: Settings
    listening: int
    index: int
    inbox: int
    outboxes: tuple[int, ...]
    engine: tuple[str, int] | None
    """Where the embedded engine listens, if there is one."""

    @property
    def name(self) -> str:
        return f"worker {self.index}"

    @property
    def files(self) -> tuple[int, ...]:
        return (self.listening, self.inbox, *self.outboxes)


Plan = EnginePlan | WorkerPlan


def supervise(settings: Settings, listening: socket.socket, command: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. `command`, with the number of a file after it, starts a process,
    which reads its plan from that file, writes a byte there when it is ready, and stops when the file ends.
    """
    pairs = _boxes(settings.workers)
    outboxes = tuple(writing.fileno() for _, writing in pairs)
    files = [listening, *(end for pair in pairs for end in pair)]
    engine = listen("127.0.0.1", 0) if settings.upstream.kind == "embedded" else None
    address = engine.getsockname()[:2] if engine else None
    plans = [
        WorkerPlan(settings, listening.fileno(), index, reading.fileno(), outboxes, address)
        for index, (reading, _) in enumerate(pairs)
    ]
    with contextlib.ExitStack() as closing:
        for file in (*files, *([engine] if engine else [])):
            closing.enter_context(file)
        supervisor = _Supervisor(
            Kept(EnginePlan(settings, engine.fileno()), command) if engine else None,
            [Kept(plan, command) for plan in plans],
        )
        return asyncio.run(supervisor.run())


def _boxes(count: int) -> list[tuple[socket.socket, socket.socket]]:
    """What each worker is sent, as one end to read and one to write; every message arrives whole."""
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(count)]
    for reading, writing in pairs:
        reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BOX_BYTES)
        writing.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BOX_BYTES)
        reading.setblocking(False)
        writing.setblocking(False)
    return pairs


class Kept:
    """One process of the server, and those that take its place."""

    def __init__(self, plan: Plan, command: Sequence[str]) -> None:
        self._plan = plan
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._stopped = asyncio.Event()
        self._line: asyncio.StreamWriter | None = None
        """To a process that is ready, and listens."""
        self._told = b""
        self.ready = asyncio.Event()
        """Whether one of them has been."""
        self.watch: Callable[[bool], None] = lambda ready: None
        """Hears of each that it is ready, and that it is no more."""

    async def keep(self) -> int:
        """Until it is stopped, or failed too often to be tried again; the exit code."""
        failures = 0
        while True:
            code, was_ready = await self._run()
            if self._stopped.is_set():
                return 0
            failures = 0 if was_ready else failures + 1
            ended = (
                f"{self._plan.name} was killed by signal {-code}" if code < 0 else f"{self._plan.name} ended ({code})"
            )
            # A configuration with which one of them was ready once may become good again.
            if failures == MOST_FAILURES or (code == BAD_CONFIGURATION and not self.ready.is_set()):
                log.error("%s before it was ready, %d times in a row. The server stops.", ended, failures)
                return code if code > 0 else FAILED
            log.error("%s, and is started again", ended)
            if failures:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), WAIT_SECONDS * 2 ** (failures - 1))
                if self._stopped.is_set():
                    return 0

    def tell(self, message: bytes) -> None:
        """Tell it now, and those that take its place when they are ready."""
        self._told = message
        if self._line is not None:
            self._line.write(message)

    def leave(self) -> None:
        """Start it no more: systemd, for one, sends its signal to every process of a service."""
        self._stopped.set()

    def stop(self, number: int) -> None:
        """Pass a signal on: the first one ends it, in good order."""
        self.leave()
        self._send(number)

    def kill(self) -> None:
        log.error("%s did not stop, and was killed", self._plan.name)
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _run(self) -> tuple[int, bool]:
        """Start it and wait for its end; the exit code, and whether it was ready before."""
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), *self._plan.files),
                start_new_session=True,  # a terminal's Ctrl+C is for the supervisor, which passes it on
            )
        if self._stopped.is_set():
            self._send(signal.SIGTERM)
        writer.write(pickle.dumps(self._plan))
        ready = False
        with contextlib.suppress(OSError):
            ready = bool(await reader.read(1))
        if ready:
            self.ready.set()
            self._line = writer
            self.tell(self._told)
            self.watch(True)
        code = await self._process.wait()
        if ready:
            self._line = None
            self.watch(False)
        writer.close()
        return code, ready


class _Supervisor:
    def __init__(self, engine: Kept | None, workers: Sequence[Kept]) -> None:
        self._engine = engine
        self._workers = workers
        self._all = [*([engine] if engine else []), *workers]
        self._stop = asyncio.Event()
        if engine:
            engine.watch = self._engine_is

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled, number)
        stopping = asyncio.create_task(self._stop.wait())
        engine = await self._start_engine(stopping)
        workers = [asyncio.create_task(worker.keep()) for worker in self._workers] if not stopping.done() else []
        kept = [*engine, *workers]
        await asyncio.wait([stopping, *kept], return_when=asyncio.FIRST_COMPLETED)
        await self._end(self._workers, workers, STOP_SECONDS)
        await self._end([self._engine] if self._engine else [], engine, ENGINE_STOP_SECONDS)
        stopping.cancel()
        return max((task.result() for task in kept), default=0)

    async def _start_engine(self, stopping: asyncio.Task[bool]) -> list[asyncio.Task[int]]:
        """Calls need it from the first moment."""
        if self._engine is None:
            return []
        task = asyncio.create_task(self._engine.keep())
        ready = asyncio.create_task(self._engine.ready.wait())
        await asyncio.wait([task, ready, stopping], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if task.done():
            self._stop.set()
            await stopping
        return [task]

    def _engine_is(self, ready: bool) -> None:
        for worker in self._workers:
            worker.tell(ENGINE_BACK if ready else ENGINE_GONE)

    async def _end(self, processes: Sequence[Kept], tasks: Sequence[asyncio.Task[int]], seconds: float) -> None:
        running = [task for task in tasks if not task.done()]
        if not running:
            return
        for process in processes:
            process.stop(signal.SIGTERM)
        _, late = await asyncio.wait(running, timeout=seconds)
        if late:
            for process, task in zip(processes, tasks, strict=True):
                if task in late:
                    process.kill()
            await asyncio.wait(late)

    def _signalled(self, number: int) -> None:
        """Every one is passed on: who presses Ctrl+C twice does not want to wait."""
        self._stop.set()
        if self._engine:
            self._engine.leave()
        for process in self._workers:
            process.stop(number)
