"""A lane of a call's sound as a WAV file, whole or a range of it: a player asks for the part that it jumps to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from vivavoce.hosts.native.wav import HEADER, header

PIECE = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def wav_response(path: Path, size: int, asked: str | None, name: str) -> Response:
    """`size` bytes of PCM16 from the file; `asked` is the Range header. What is no single range gets the whole."""
    total = HEADER + size
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'inline; filename="{name}"',
    }
    span = _span(asked, total)
    if span is None:
        begin, end, status = 0, total, HTTPStatus.OK
    elif span[0] >= span[1]:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{total}"})
    else:
        begin, end, status = *span, HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{total}"
    headers["Content-Length"] = str(end - begin)
    return StreamingResponse(_bytes(path, size, begin, end), status, headers, media_type="audio/wav")


def _span(asked: str | None, total: int) -> tuple[int, int] | None:
    """From where to where (exclusive); None for everything."""
    match = _RANGE.fullmatch(asked.replace(" ", "")) if asked else None
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        return max(0, total - int(match[2])), total
    begin, end = int(match[1]), min(total, int(match[2]) + 1) if match[2] else total
    return None if match[2] and int(match[2]) < begin else (begin, end)


async def _bytes(path: Path, size: int, begin: int, end: int) -> AsyncIterator[bytes]:
    if begin < HEADER:
        yield header(size)[begin:end]
    file = await run_in_threadpool(path.open, "rb")
    try:
        at, end = max(0, begin - HEADER), end - HEADER
        while at < end:
            piece = await run_in_threadpool(_read, file, at, min(PIECE, end - at))
            if not piece:  # it was deleted or cut meanwhile: the rest is silence
                piece = bytes(min(PIECE, end - at))
            yield piece
            at += len(piece)
    finally:
        file.close()


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)
