"""How many calls this machine can carry, and the memory that they take."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

VOICES_PER_CORE = 8
"""A call in which somebody speaks all the time takes about a tenth of a core."""
TEXTS_PER_CORE = 64
TYPICAL_CALL = 2 * 1024 * 1024
"""What `make latency` measures, rounded up."""
LARGEST_CALL = 80 * 1024 * 1024
"""A client that does all that it may: a message of 16 MiB on its way (in a buffer of twice that) and another in pieces,
8 MiB of audio that waits and what came on top with the last message, 90 s of audio in the buffer, and 500 items."""


def most_calls(*, voiced: bool) -> int:
    """As many as the cores can carry, and as fit into half of the memory that is free if each were the largest."""
    by_cores = _cores() * (VOICES_PER_CORE if voiced else TEXTS_PER_CORE)
    free = _free_memory()
    return by_cores if free is None else max(1, min(by_cores, free // 2 // LARGEST_CALL))


def memory_in_use() -> int | None:
    """Bytes of this process that are in memory; None where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # what a container or taskset leaves of them
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _free_memory() -> int | None:
    """Bytes that could be had, here or in the container; None where the system does not say."""
    limits = []
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        limits.append(1024 * int(next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))))
    with suppress(OSError, ValueError):  # "max" where there is no limit
        group = Path("/sys/fs/cgroup")
        limit, used = ((group / name).read_text() for name in ("memory.max", "memory.current"))
        limits.append(max(0, int(limit) - int(used)))
    return min(limits, default=None)
