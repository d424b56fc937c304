"""Dials the upstream: an HTTP request that asks for a WebSocket, because only that can bring the key in a header."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import js
from pyodide.ffi import JsException, jsnull, to_js

from vivavoce.hosts.cloudflare.bodies import TooLong, read_body
from vivavoce.session.not_opened import UpstreamError, answered
from vivavoce.settings.upstream import UpstreamSettings, with_query

HANDSHAKE_SECONDS = 10.0
MOST_ERROR = 16 * 1024
"""Bytes that are read of an answer that is no WebSocket."""


async def open_upstream(settings: UpstreamSettings, scenario_id: str, user: str) -> Any:
    """A WebSocket of JavaScript's that is not accepted yet. Raises UpstreamError, which holds no request header."""
    url = with_query(str(settings.url), {"model": settings.model_for(scenario_id)})
    abort = js.AbortController.new()
    try:
        async with asyncio.timeout(HANDSHAKE_SECONDS):
            return await _ask("http" + url.removeprefix("ws"), settings.headers(user), abort.signal)
    except TimeoutError:
        abort.abort()
        raise UpstreamError(0, f"no answer within {HANDSHAKE_SECONDS:g} s") from None
    except JsException:  # its text may quote what was asked
        raise UpstreamError(0, "no connection") from None


async def _ask(url: str, headers: Mapping[str, str], signal: Any) -> Any:
    asked = {"headers": {"Upgrade": "websocket", **headers}, "redirect": "manual", "signal": signal}
    response = await js.fetch(url, to_js(asked, dict_converter=js.Object.fromEntries))
    if response.webSocket is not jsnull and response.webSocket is not None:
        return response.webSocket
    try:
        body = await read_body(response.body, MOST_ERROR)
    except TooLong:
        body = b""
    names = ("retry-after", "retry-after-ms")
    said = {name: value for name in names if isinstance(value := response.headers.get(name), str)}
    raise answered(response.status, said, body, time.time())
