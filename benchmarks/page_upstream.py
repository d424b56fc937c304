"""A voice service for the page's benchmark: hears turns by their loudness, and answers with speech at a service's pace.

It is no model: what it says is said in the same order every time, in deltas of 4 to 32 KB with their words between
them, half as fast again as it is heard.
"""

from __future__ import annotations

import array
import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import websockets
from websockets.asyncio.server import ServerConnection

from browser.audio import normalised, read_wav, resample, to_pcm
from browser.speech import UTTERANCES, utterance

RATE = 24_000
PACE = 1.5
"""Seconds of voice that are sent in one second."""
DELTA_KB = (4, 6, 13, 32, 8, 20)
"""Sizes of deltas in base64, one after another."""
LOUD = 500
"""Mean loudness, of 32767, from which a frame is speech."""
BEGINS, ENDS = 2, 15
"""Frames of 40 ms: so many loud ones begin a turn, so many quiet ones end it."""
REPLIES = (("quiet-room", "move", "luggage"), ("when-started", "compensation", "content"), ("apology", "anything-else"))


@dataclass
class Counted:
    """Audio frames of all calls."""

    up: int = 0
    down: int = 0
    turns: int = 0
    interrupted: int = 0


def voice(names: tuple[str, ...]) -> bytes:
    """PCM16 at 24 kHz."""
    said = [resample(*read_wav(utterance(name)), RATE) for name in names]
    return to_pcm(normalised(np.concatenate(said), 0.4))


class Conversation:
    """One call's end at the service."""

    def __init__(self, connection: ServerConnection, counted: Counted, spoken: Iterator[tuple[str, bytes]]) -> None:
        self._connection = connection
        self._counted = counted
        self._spoken = spoken
        self._numbers = itertools.count(1)
        self._last: str | None = None
        self._loud = 0
        self._quiet = 0
        self._turn: str | None = None
        self._reply: asyncio.Task[None] | None = None

    async def run(self) -> None:
        await self._send("session.created", session={"id": "sess_1", "type": "realtime"})
        try:
            async for frame in self._connection:
                await self._receive(json.loads(frame))
        finally:
            if self._reply:
                self._reply.cancel()

    async def _receive(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "input_audio_buffer.append":
                self._counted.up += 1
                await self._hear(base64.b64decode(event["audio"]))
            case "session.update":
                await self._send("session.updated", session=event["session"])
            case "conversation.item.create":
                await self._added({**event["item"], "status": "completed"})
            case "response.create":
                self._answer(event["response"].get("metadata"))
            case "response.cancel":
                await self._break_off()
            case "conversation.item.truncate":
                await self._send("conversation.item.truncated", **{k: v for k, v in event.items() if k != "type"})

    async def _hear(self, pcm: bytes) -> None:
        samples = array.array("h", pcm)
        loud = sum(map(abs, samples[::8])) > LOUD * len(samples[::8])
        self._loud, self._quiet = (self._loud + 1, 0) if loud else (0, self._quiet + 1)
        if self._turn is None and self._loud >= BEGINS:
            self._turn = f"item_{next(self._numbers)}"
            await self._send("input_audio_buffer.speech_started", item_id=self._turn, audio_start_ms=0)
            await self._break_off()
        elif self._turn is not None and self._quiet >= ENDS:
            item, self._turn = self._turn, None
            await self._understand(item)
            self._answer(None)

    async def _understand(self, item: str) -> None:
        self._counted.turns += 1
        await self._send("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=0)
        await self._send("input_audio_buffer.committed", item_id=item, previous_item_id=self._last)
        content = [{"type": "input_audio", "transcript": None}]
        await self._added({"id": item, "type": "message", "role": "user", "status": "completed", "content": content})
        text = list(UTTERANCES.values())[self._counted.turns % len(UTTERANCES)]
        said = "conversation.item.input_audio_transcription"
        for word in text.split():
            await self._send(f"{said}.delta", item_id=item, content_index=0, delta=f"{word} ")
        await self._send(f"{said}.completed", item_id=item, content_index=0, transcript=text)

    def _answer(self, metadata: object) -> None:
        if self._reply is None or self._reply.done():
            self._reply = asyncio.create_task(self._say(metadata))

    async def _break_off(self) -> None:
        if self._reply and not self._reply.done():
            self._counted.interrupted += 1
            self._reply.cancel()
            with suppress(asyncio.CancelledError):
                await self._reply

    async def _say(self, metadata: object) -> None:
        text, pcm = next(self._spoken)
        response = {"id": f"resp_{next(self._numbers)}", "status": "in_progress", "output": [], "metadata": metadata}
        item = {"id": f"item_{next(self._numbers)}", "type": "message", "role": "assistant", "status": "in_progress"}
        where = {"response_id": response["id"], "item_id": item["id"], "output_index": 0, "content_index": 0}
        status = "completed"
        await self._send("response.created", response=response)
        await self._send("response.output_item.added", response_id=response["id"], output_index=0, item=item)
        await self._added({**item, "content": []})
        await self._send("response.content_part.added", **where, part={"type": "audio", "transcript": ""})
        try:
            await self._speak(where, text, pcm)
        except asyncio.CancelledError:
            status = "cancelled"
            raise
        finally:
            content = [{"type": "output_audio", "transcript": text}]
            done = {**item, "status": "completed" if status == "completed" else "incomplete", "content": content}
            await self._send("response.output_audio.done", **where)
            await self._send("response.output_audio_transcript.done", **where, transcript=text)
            await self._send("response.output_item.done", response_id=response["id"], output_index=0, item=done)
            await self._send("response.done", response={**response, "status": status, "output": [done]})

    async def _speak(self, where: dict[str, Any], text: str, pcm: bytes) -> None:
        words = iter(text.split())
        sizes = itertools.cycle(DELTA_KB)
        per_word = len(pcm) / len(text.split())
        at = said = 0
        while at < len(pcm):
            part = pcm[at : at + next(sizes) * 768]
            at += len(part)
            while said * per_word < at and (word := next(words, None)):
                said += 1
                await self._send("response.output_audio_transcript.delta", **where, delta=f"{word} ")
            self._counted.down += 1
            await self._send("response.output_audio.delta", **where, delta=base64.b64encode(part).decode())
            await asyncio.sleep(len(part) / 2 / RATE / PACE)

    async def _added(self, item: dict[str, Any]) -> None:
        await self._send("conversation.item.added", previous_item_id=self._last, item=item)
        self._last = item["id"]

    async def _send(self, kind: str, **fields: Any) -> None:
        event = {"type": kind, "event_id": f"event_{next(self._numbers)}", **fields}
        with suppress(websockets.ConnectionClosed):
            await self._connection.send(json.dumps(event, separators=(",", ":")))


@asynccontextmanager
async def voice_service(counted: Counted) -> AsyncIterator[str]:
    """The URL to dial."""
    spoken = itertools.cycle([(" ".join(UTTERANCES[name] for name in names), voice(names)) for names in REPLIES])
    handler = lambda connection: Conversation(connection, counted, spoken).run()  # noqa: E731
    async with websockets.serve(handler, "127.0.0.1", 0, compression=None, max_size=None) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/v1/realtime"
