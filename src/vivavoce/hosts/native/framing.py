"""A text as a WebSocket frame of its own, where no pump was compiled that makes one.

Frames that came together leave together: a system call costs more than all else that is done for a frame. picows masks
at the speed of C, but sends each frame by itself; so for that it is given a transport that leads nowhere.
"""

from __future__ import annotations

import logging
import threading

from picows import WSMsgType, WSTransport

_TEXT = WSMsgType.TEXT
_LOG = logging.LoggerAdapter(logging.getLogger("vivavoce.framing"), {})


class _Nowhere:
    """What picows asks of a transport, of its socket and of a loop. It has TLS: no frame goes to the socket past it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.write = self.written.append

    def get_extra_info(self, name: str) -> _Nowhere:
        return self

    def fileno(self) -> int:
        return -1

    def get_write_buffer_size(self) -> int:
        return 0

    def create_future(self) -> None:
        return None


class _Masking(threading.local):
    """One for each thread, which picows insists on."""

    def __init__(self) -> None:
        nowhere = _Nowhere()
        self.frames = nowhere.written
        self.send = WSTransport(True, nowhere, _LOG, nowhere).send  # type: ignore[call-arg]  # missing in the stub


_masking = _Masking()


def framed(text: bytes, masked: bool) -> bytes:
    """As the pump's, but that picows takes its keys for masks from the C library: who knows one may guess the next."""
    if masked:
        _masking.send(_TEXT, text)
        return _masking.frames.pop()
    size = len(text)
    if size < 126:
        return bytes((0x81, size)) + text
    return (b"\x81\x7e" + size.to_bytes(2) if size < 65536 else b"\x81\x7f" + size.to_bytes(8)) + text
