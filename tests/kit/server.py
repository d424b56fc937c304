"""The real server in a process of its own, and the browsers that talk with it over real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from kit.asking_first import AskingFirst
from kit.watch import SCENARIOS, WATCH, planted
from vivavoce.hosts.native.models import models_folder
from vivavoce.hosts.native.pumping import SWITCH

if TYPE_CHECKING:
    from vivavoce.hosts.native.engine_door import Access

Event = dict[str, Any]

START_SECONDS = 60
"""The speech models are loaded before it answers."""
SCENARIO = "hotel-complaint"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """What a process needs to start, how the test wants frames moved, and nothing that whoever runs it has set."""
    pump = {SWITCH: os.environ[SWITCH]} if SWITCH in os.environ else {}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONUNBUFFERED": "1", **pump, **more}


def vivavoce(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "vivavoce", *arguments],
        env=clean_environment(home, **environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def with_speech() -> dict[str, str]:
    """The setting that lets a server use the models of whoever runs the tests: the embedded engine speaks and hears."""
    return {"VIVAVOCE_MODELS": str(models_folder())}


class Site:
    """What a browser can call, wherever it runs."""

    trust: ssl.SSLContext | None = None
    """How one is reached that speaks TLS."""

    @property
    def url(self) -> str:
        raise NotImplementedError

    @contextlib.contextmanager
    def browser(
        self,
        user: str = "learner",
        *,
        scenario: str = SCENARIO,
        begin_at: str | None = None,
        resume: str | None = None,
        after: int | None = None,
        ticket: str | None = None,
        **options: Any,
    ) -> Iterator[Browser]:
        """`begin_at` is a line of an earlier call, as `<call id>:<item id>`. A `ticket` says whose call it is."""
        offered = ["vivavoce", *([f"vivavoce.resume.{resume}"] if resume else [])]
        offered += [f"vivavoce.ticket.{ticket}"] if ticket else []
        query = f"scenario={scenario}" + ("" if ticket else f"&user={user}")
        query += f"&after={after}" if after is not None else ""
        query += f"&from={begin_at}" if begin_at is not None else ""
        connection = connect(
            f"{self.url.replace('http', 'ws', 1)}/ws?{query}",
            ssl=self.trust,
            subprotocols=[Subprotocol(name) for name in offered],
            compression=None,
            max_size=None,
            create_connection=AskingFirst,
            **options,
        )
        with connection:
            yield Browser(connection)


class Server(Site):
    """`vivavoce serve` on a free port, from entering until leaving."""

    def __init__(self, home: Path, *flags: str, **environment: str) -> None:
        self.port = free_port()
        self.database = home / "calls.sqlite3"
        self._home = home
        self._flags = flags
        if environment.get("VIVAVOCE_SCENARIOS", str(SCENARIOS)) == str(SCENARIOS):
            environment = {**environment, "VIVAVOCE_SCENARIOS": str(planted())}
        self._environment = clean_environment(home, VIVAVOCE_DATABASE=str(self.database), **environment)
        self._log = home / "server.log"
        self._watched = WATCH.server(self.port, home, flags, environment)

    def __enter__(self) -> Server:
        WATCH.begun_again(self.port, self._watched)
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "vivavoce", "serve", "--port", str(self.port), *self._flags],
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(OSError), self.connect() as probe:
                probe.sendall(b"GET /api/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = b"".join(iter(lambda: probe.recv(4096), b""))
                if answer and b"warming_up" not in answer:
                    return self
            time.sleep(0.05)
        self.process.kill()
        raise AssertionError(f"the server did not start:\n{self.log}")

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.stop()
        self._watched.look_through_files()
        WATCH.ended(self.port)
        if kind is None:
            assert "Traceback" not in self.log, self.log

    def connect(self) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", self.port), 1)
        return self.trust.wrap_socket(plain, server_hostname="localhost") if self.trust else plain

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(25)

    @property
    def log(self) -> str:
        """Everything the server has printed."""
        return self._log.read_text("utf-8")

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}" if self.trust else f"http://127.0.0.1:{self.port}"


class Browser:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.seen: list[Event] = []
        self.bytes_seen = bytearray()

    def send(self, type: str, **fields: Any) -> None:
        self.connection.send(json.dumps({"type": type, **fields}))

    def say(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})

    def receive(self, seconds: float = 10) -> Event:
        frame = self.connection.recv(seconds, decode=False)
        self.bytes_seen += frame
        event: Event = json.loads(frame)
        self.seen.append(event)
        return event

    def until(self, type: str, seconds: float = 10) -> Event:
        """Read on up to the next event of this type."""
        end = time.monotonic() + seconds
        while (event := self.receive(max(0.01, end - time.monotonic())))["type"] != type:
            pass
        return event

    def go_live(self) -> Event:
        """Read until the persona has said its opening line; the `hello`."""
        hello = self.until("vivavoce.hello")
        self.until("vivavoce.transcript")
        self.until("response.done")
        return hello

    def closed(self, seconds: float = 15) -> tuple[int, str]:
        """Read to the end; the close code and reason."""
        try:
            self.until("no such event", seconds)
        except ConnectionClosed as closed:
            frame = closed.rcvd
            return (frame.code, frame.reason) if frame else (1006, "")
        raise AssertionError("unreachable")


class TextEngine:
    """The embedded engine without speech, on a loop of its own; an upstream like any other."""

    def __init__(self, scenarios: Path, access: Access | None = None) -> None:
        self._scenarios = scenarios
        self._access = access

    def __enter__(self) -> str:
        import asyncio

        from vivavoce.hosts.native.engine_server import start_engine
        from vivavoce.hosts.native.lessons import load_catalogue
        from vivavoce.hosts.native.server import loop_factory

        self._loop = loop_factory()()
        self._thread = threading.Thread(target=self._loop.run_forever, name="engine")
        self._thread.start()
        starting = start_engine(load_catalogue(self._scenarios), None, access=self._access)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(30)
        return self._server.url

    def __exit__(self, *_: object) -> None:
        import asyncio

        asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
