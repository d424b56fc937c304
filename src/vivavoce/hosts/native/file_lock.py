"""A lock between processes, which the system lets go of when its process dies."""

from __future__ import annotations

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

    Each has one of its own, for one thread. Where the system has no such locks, it is as if there were no others.
    """

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._file = path.open("rb")

    def __enter__(self) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        self._file.close()
