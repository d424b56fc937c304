"""`vivavoce engine` in a process of its own, as a user starts it, with the speech models of whoever runs the tests."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from kit.server import START_SECONDS, clean_environment, free_port, with_speech


class EngineProcess:
    """On a free port, from entering until leaving."""

    def __init__(self, home: Path, *flags: str, **environment: str) -> None:
        self.port = free_port()
        self._flags = flags
        self._environment = clean_environment(home, **(with_speech() | environment))
        self._log = home / f"engine-{self.port}.log"

    def __enter__(self) -> EngineProcess:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vivavoce", "engine", "--port", str(self.port), *self._flags],
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if "Ctrl+C stops it." in self.log:
                return self
            time.sleep(0.05)
        self._process.kill()
        raise AssertionError(f"the engine did not start:\n{self.log}")

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.stop()
        if kind is None:
            assert "Traceback" not in self.log, self.log

    def stop(self) -> int:
        """The exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(25)

    @property
    def log(self) -> str:
        """Everything it has printed."""
        return self._log.read_text("utf-8")
