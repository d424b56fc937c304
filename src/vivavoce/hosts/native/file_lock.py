"""A lock between processes, which the system lets go of when its process dies."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Taken(Exception):
    """Somebody else holds it."""


class FileLock:
    """Held from the moment it is made: by one alone, or shared by many that are as modest."""

    def __init__(self, path: Path, *, shared: bool = False, wait: Callable[[], None] | None = None) -> None:
        """Raises Taken, unless there is `wait`: that is called once if it has to be waited for."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        self._file = path.open("rb")
        if fcntl is None:
            return
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except OSError as error:
            if wait is None or not isinstance(error, BlockingIOError):
                self.release()
                raise Taken(path) from error
            wait()
            fcntl.flock(self._file, kind)

    def release(self) -> None:
        self._file.close()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.release()


class Turns:
    """Processes that do the same again and again do it one after the other: who waits is next.

    Each has one of its own, for one thread. It is only fairness: who has waited for `most_seconds` goes on without a
    turn, and where the system has no such locks, it is as if there were no others.
    """

    def __init__(self, path: Path, most_seconds: float) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._file = path.open("rb")
        self._most_seconds = most_seconds
        self._waiting: threading.Thread | None = None
        self._deciding = threading.Lock()
        self._late = False
        """Whoever wanted the turn went on without it."""

    def __enter__(self) -> None:
        if fcntl is None or (self._waiting is not None and self._waiting.is_alive()):
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait()

    def __exit__(self, *_: object) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _wait(self) -> None:
        """The system has no bound for it, so a thread waits; to look again and again would be to come last."""
        self._late = False
        self._waiting = threading.Thread(target=self._take, name="vivavoce-turn", daemon=True)
        self._waiting.start()
        self._waiting.join(self._most_seconds)
        with self._deciding:
            self._late = self._waiting.is_alive()

    def _take(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # it was closed
            fcntl.flock(self._file, fcntl.LOCK_EX)
            with self._deciding:
                if self._late:
                    fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        self._file.close()
