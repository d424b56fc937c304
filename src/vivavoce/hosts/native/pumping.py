"""The compiled passage and its pump where they were built, and the plain passage alone where not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, cast

from vivavoce.hosts.native.framing import framed
from vivavoce.hosts.native.passage import Passage
from vivavoce.session.inputs import Peer

if TYPE_CHECKING:
    from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing in the stub only

    from vivavoce.hosts.native._pump import Pump

SWITCH = "VIVAVOCE_PUMP"
INTERFACE = 3
"""To be raised with what the pump and the rest say to each other: one that was compiled before is none."""


@cache
def compiled() -> ModuleType | None:
    """None where it was not built, or is not wanted."""
    if os.environ.get(SWITCH, "").strip() == "off":
        return None
    try:
        from vivavoce.hosts.native import _pump
    except ImportError:
        return None
    return _pump if getattr(_pump, "INTERFACE", 0) == INTERFACE else None


def described() -> str:
    """How frames are moved here, for whoever starts a server."""
    if compiled() is not None:
        return "moved by the compiled pump"
    if os.environ.get(SWITCH, "").strip() == "off":
        return f"moved in Python, because {SWITCH} is off"
    return "moved in Python, at up to twice the CPU: no pump of this version was compiled here"


def new_passage(source: Peer, secret: bytes) -> Passage:
    module = compiled()
    return cast(Passage, module.Passage(source, secret)) if module is not None else Passage(source, secret)


def framer() -> Callable[[bytes, bool], bytes]:
    """What makes a frame of a text, masked or not. picows would keep room for the longest, in each connection."""
    module = compiled()
    return module.framed if module is not None else framed


def front(transport: asyncio.Transport, inner: WSProtocol, passage: Passage, masked: bool) -> Pump | None:
    """Put a pump before `inner`, which must be between two messages; None where this passage has none.

    `masked`: whether that is how frames come in, so from a client.
    """
    module = compiled()
    if module is None or not isinstance(passage, module.Passage):
        return None
    pump: Pump = module.Pump(inner, passage, masked, asyncio.get_running_loop().time)
    transport.set_protocol(pump)
    return pump
