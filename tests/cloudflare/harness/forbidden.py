"""No chance and no clock: what Cloudflare's runtime forbids, or falsifies, while a Worker is being imported.

Used in CPython and, inside the isolate, in Pyodide.
"""

import os
import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SOURCES = {
    os: ("urandom", "getrandom"),
    random: (
        *("Random", "SystemRandom", "betavariate", "choice", "choices", "expovariate", "gauss", "getrandbits"),
        *("normalvariate", "randbytes", "randint", "random", "randrange", "sample", "seed", "shuffle", "uniform"),
    ),
    secrets: ("choice", "randbelow", "randbits", "token_bytes", "token_hex", "token_urlsafe"),
    time: (
        *("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"),
        *("gmtime", "localtime", "strftime", "ctime"),
    ),
    uuid: ("uuid1", "uuid4"),
}


@contextmanager
def forbidden() -> Iterator[None]:
    """Whoever asks for either in this block fails; a module may keep a name that it imported in it."""
    within = True

    def guarded(name: str, own: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*args: Any, **kwargs: Any) -> Any:
            if within:
                raise RuntimeError(f"{name} was called while a module was being imported")
            return own(*args, **kwargs)

        return ask

    replaced = [(module, name, getattr(module, name, None)) for module, names in SOURCES.items() for name in names]
    for module, name, own in replaced:
        if own is not None:
            setattr(module, name, guarded(f"{module.__name__}.{name}", own))
    try:
        yield
    finally:
        within = False
        for module, name, own in replaced:
            if own is not None:
                setattr(module, name, own)
