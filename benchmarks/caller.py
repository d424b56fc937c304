"""A learner's call over a real socket: a microphone that never stops, in real time, and a note of what came when."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import aiofastnet
import picows
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from benchmarks.clips import FRAME_S, Clip, silence

ANSWER_S = 60.0
"""How long anything may take before the benchmark gives up."""

new_loop = aiofastnet.loop_factory(uvloop.new_event_loop)


@dataclass(frozen=True)
class Event:
    type: str
    at: float
    """`time.perf_counter()` when it came."""
    body: dict[str, Any]


@dataclass(frozen=True)
class Said:
    """When the frames with the first and the last voiced sample were sent."""

    onset: float
    end: float


class _Link(WSListener):
    def __init__(self) -> None:
        self.inbox: asyncio.Queue[Event] = asyncio.Queue()
        self.gone = asyncio.Event()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.TEXT:
            body = json.loads(frame.get_payload_as_bytes())
            self.inbox.put_nowait(Event(body["type"], time.perf_counter(), body))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.gone.set()
        self.inbox.put_nowait(Event("disconnected", time.perf_counter(), {}))


class Caller:
    """Use `calling` to make one."""

    def __init__(self, link: _Link) -> None:
        self._link = link
        self._lips: asyncio.Queue[tuple[Clip, asyncio.Future[Said]]] = asyncio.Queue()

    def send(self, type: str, **fields: Any) -> None:
        self._link.transport.send(WSMsgType.TEXT, json.dumps({"type": type, **fields}).encode())

    def configure(self, *, silence_ms: int = 500, **session: Any) -> None:
        """A spoken call whose turns end after `silence_ms` without speech."""
        detection = {"type": "server_vad", "silence_duration_ms": silence_ms}
        audio = {"input": {"turn_detection": detection, "transcription": {"model": "whisper-1"}}}
        self.send("session.update", session={"type": "realtime", "audio": audio, **session})

    def begin_saying(self, clip: Clip) -> asyncio.Future[Said]:
        """Done when the last voiced sample is sent."""
        said: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._lips.put_nowait((clip, said))
        return said

    async def say(self, clip: Clip) -> Said:
        return await self.begin_saying(clip)

    async def until(self, *types: str) -> Event:
        """The next event of these types; those before it are passed over. An error of the engine is raised."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                event = await self._link.inbox.get()
                if event.type in types:
                    return event
                if event.type in ("error", "disconnected"):
                    raise RuntimeError(f"The engine answered: {event.body or event.type}")

    def hang_up(self) -> None:
        """As a browser does that is closed: no word of goodbye."""
        self._link.transport.disconnect(graceful=False)

    async def speak(self) -> None:
        """The microphone: a frame whenever its time has come, of speech if there is any, else of silence."""
        loop = asyncio.get_running_loop()
        began, tick = loop.time(), 0
        while not self._link.gone.is_set():
            clip, said = (silence(), None) if self._lips.empty() else self._lips.get_nowait()
            onset = 0.0
            for frame in clip.frames:
                tick += 1
                await asyncio.sleep(began + tick * FRAME_S - loop.time())
                if self._link.gone.is_set():
                    return
                self._link.transport.send(WSMsgType.TEXT, frame)
                onset = onset or time.perf_counter()
            if said is not None and not said.done():
                said.set_result(Said(onset, time.perf_counter()))


@asynccontextmanager
async def calling(url: str) -> AsyncIterator[Caller]:
    """A call, from `session.created` to the end of the block."""
    _, listener = await picows.ws_connect(_Link, url, use_aiofastnet=True)
    link = cast(_Link, listener)
    caller = Caller(link)
    microphone = asyncio.create_task(caller.speak())
    try:
        await caller.until("session.created")
        yield caller
    finally:
        microphone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await microphone
        caller.hang_up()
        await link.gone.wait()
