"""The body of a request or an answer, as far as it may reach."""

from __future__ import annotations

from typing import Any

from pyodide.ffi import jsnull


class TooLong(Exception):
    """There is more of it."""


async def read_body(stream: Any, most: int) -> bytes:
    """Read a ReadableStream of JavaScript's to its end. Raises TooLong when it has more bytes than `most`."""
    if stream is jsnull or stream is None:
        return b""
    reader = stream.getReader()
    body = bytearray()
    while not (piece := await reader.read()).done:
        body += piece.value.to_bytes()
        if len(body) > most:
            await reader.cancel()
            raise TooLong
    return bytes(body)
