"""Runs inside Pyodide, once: imports the project's entry as Cloudflare's runtime does, and hands out what calls it."""

from __future__ import annotations

import gc
import logging  # noqa: F401 - it reads the clock as it is imported, which is no fault of the entry's
from inspect import isawaitable
from types import SimpleNamespace
from typing import Any

from pyodide.code import relaxed_call

from cloudflare.harness.forbidden import forbidden
from workers import python_from_rpc, python_to_rpc

with forbidden():
    import entry


def make(name: str, ctx: Any, env: Any) -> Any:
    return getattr(entry, name)(ctx, env)


async def call(instance: Any, method: str, *args: Any) -> Any:
    # A method may leave out parameters that it has no use for. What is asked for them is kept, so it is the class.
    result = relaxed_call(getattr(type(instance), method), instance, *map(python_from_rpc, args))
    return python_to_rpc(await result if isawaitable(result) else result)


def count(name: str) -> int:
    gc.collect()
    return sum(type(found).__name__ == name for found in gc.get_objects())


SimpleNamespace(make=make, call=call, count=count)
