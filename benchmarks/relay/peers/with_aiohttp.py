"""A relay as it is often written in Python: aiohttp on both sides, every message loaded, looked at, and dumped again.

with_aiohttp.py PORT UPSTREAM_URL [CERTIFICATES]
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import Callable

import aiohttp
import uvloop
from aiohttp import web

Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse
FROM_BROWSER = {"input_audio_buffer.append", "input_audio_buffer.commit", "input_audio_buffer.clear", "session.update"}


def allowed(event: dict[str, object]) -> bool:
    return event["type"] in FROM_BROWSER


def shown(event: dict[str, object]) -> bool:
    if event["type"] in ("session.created", "session.updated"):
        session = event["session"]
        assert isinstance(session, dict)
        session.update(instructions="", tools=[], tool_choice="none")
    return True


async def forward(source: Socket, target: Socket, passes: Callable[[dict[str, object]], bool]) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            event = json.loads(message.data)
            if passes(event):
                await target.send_str(json.dumps(event))
    await target.close()


async def relay(request: web.Request) -> web.WebSocketResponse:
    page = web.WebSocketResponse(compress=False, max_msg_size=0)
    await page.prepare(request)
    async with request.app[SESSION].ws_connect(request.app[UPSTREAM], compress=0, max_msg_size=0) as upstream:
        await asyncio.gather(forward(page, upstream, allowed), forward(upstream, page, shown))
    return page


SESSION = web.AppKey("session", aiohttp.ClientSession)
UPSTREAM = web.AppKey("upstream", str)


async def serve(port: int, upstream: str, certificates: str | None) -> None:
    tls = ssl.create_default_context(cafile=certificates) if certificates else True
    app = web.Application()
    app[SESSION] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=tls))
    app[UPSTREAM] = upstream
    app.router.add_get("/ws", relay)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    asyncio.Runner(loop_factory=uvloop.new_event_loop).run(
        serve(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None)
    )
