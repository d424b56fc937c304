"""Many calls at once: none waits for another's slow recognition, and what cannot be done in time is refused in words.

The recogniser stands where Whisper does and is as slow as the test wants: it waits for a gate, on the real threads.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from vivavoce.engine.core import Engine
from vivavoce.hosts.native.engine_door import Access
from vivavoce.hosts.native.engine_server import EngineServer, start_engine
from vivavoce.hosts.native.lessons import load_catalogue
from vivavoce.hosts.native.speech.loaded import Models
from vivavoce.hosts.native.speech.recognise import Recognised
from vivavoce.hosts.native.speech.resample import Samples
from vivavoce.hosts.native.speech.shared import RECOGNISERS, Speech
from vivavoce.hosts.native.speech.workload import Pace, Workload

SCENARIOS = Path(__file__).parents[3] / "scenarios"
ANSWER_S = 20
SPEECH, SILENCE = (b"\x00\x20" * 20 + b"\x00\xe0" * 20) * 60, bytes(4_800)
"""A tenth of a second."""
LONG_S = 20

Event = dict[str, Any]


class GatedRecogniser:
    """Understands a short clip at once, and a long one when the gate is open."""

    languages = frozenset({"en"})

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)

    def recognise(
        self, samples: Samples, language: str = "", keywords: Sequence[str] = ()
    ) -> Iterator[Recognised | None]:
        seconds = len(samples) / 16_000
        if seconds > LONG_S - 1:
            self.begun.release()
            self.gate.wait()
        yield None
        yield Recognised(f"about {seconds:.0f} seconds", 0.0)


class Alert:
    """Takes whatever is not silent for speech."""

    def probability(self, window: Samples, state: Samples) -> tuple[float, Samples]:
        return float(np.abs(window).max() > 0.1), state


class Hum:
    """A voice of its kind, and quick while its gate is open."""

    rate = 24_000

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()

    def speak(self, text: str, voice: str, speed: float) -> Iterator[Samples]:
        self.gate.wait()
        yield np.full(self.rate // 10, 0.1, np.float32)


@asynccontextmanager
async def engine(
    access: Access | None = None, voice: Hum | None = None
) -> AsyncIterator[tuple[EngineServer, GatedRecogniser]]:
    recogniser, voice = GatedRecogniser(), voice or Hum()
    speech = Speech(lambda: Models(cast(Any, Alert()), cast(Any, recogniser), voice))
    speech.loaded.result()
    server = await start_engine(load_catalogue(SCENARIOS), speech, access=access)
    try:
        yield server, recogniser
    finally:
        recogniser.gate.set()
        voice.gate.set()
        await server.close()
        speech.close()


class Client:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, type: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": type, **fields}))

    async def until(self, *types: str) -> Event:
        async with asyncio.timeout(ANSWER_S):
            while (event := json.loads(await self._socket.recv()))["type"] not in types:
                assert event["type"] != "error", event
        received: Event = event
        return received

    async def say(self, seconds: float) -> None:
        """Something spoken, of which the engine is asked for the words."""
        await self.append(SPEECH * round(10 * seconds))
        await self.send("input_audio_buffer.commit")

    async def append(self, audio: bytes) -> None:
        await self.send("input_audio_buffer.append", audio=base64.b64encode(audio).decode())

    async def write(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        await self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})

    async def so_far(self) -> set[str]:
        """Types of what has come of all that was asked: it comes before the answers to two questions in a row."""
        seen = set()
        for _ in range(2):
            await self.send("input_audio_buffer.clear")
            async with asyncio.timeout(ANSWER_S):
                while (kind := json.loads(await self._socket.recv())["type"]) != "input_audio_buffer.cleared":
                    seen.add(kind)
        return seen

    async def words(self) -> str:
        event = await self.until(f"{TRANSCRIPTION}.completed", f"{TRANSCRIPTION}.failed")
        return str(event.get("transcript") or event["error"]["message"])


TRANSCRIPTION = "conversation.item.input_audio_transcription"


@asynccontextmanager
async def calling(server: EngineServer, model: str = "gpt-realtime") -> AsyncIterator[Client]:
    """A call in which the client says when it has spoken, unless it changes that."""
    async with connect(f"{server.url}?model={model}", compression=None, max_size=None, ping_interval=None) as socket:
        client = Client(socket)
        listening = {"turn_detection": None, "transcription": {"model": "whisper-1"}}
        await client.send("session.update", session={"type": "realtime", "audio": {"input": listening}})
        await client.until("session.updated")
        yield client


@pytest.mark.asyncio
async def test_a_slow_recognition_delays_only_its_own_call() -> None:
    async with engine() as (server, recogniser), calling(server) as slow, calling(server) as quick:
        await slow.say(LONG_S)
        assert await asyncio.to_thread(recogniser.begun.acquire, timeout=ANSWER_S)
        for _ in range(3):
            await quick.say(2)
            assert await quick.words() == "about 2 seconds"
        recogniser.gate.set()
        assert await slow.words() == f"about {LONG_S} seconds"


@pytest.mark.asyncio
async def test_what_one_call_asks_for_in_a_row_is_done_in_its_order_and_never_refused() -> None:
    async with engine() as (server, recogniser), calling(server) as talker:
        for seconds in (LONG_S, 1, 2, 3):
            await talker.say(seconds)
        recogniser.gate.set()
        assert [await talker.words() for _ in range(4)] == [f"about {seconds} seconds" for seconds in (LONG_S, 1, 2, 3)]


@pytest.mark.asyncio
async def test_what_would_wait_too_long_is_refused_and_the_others_are_served() -> None:
    async with AsyncExitStack() as calls:
        server, recogniser = await calls.enter_async_context(engine())
        served: list[Client] = []
        while True:
            client = await calls.enter_async_context(calling(server))
            await client.say(LONG_S)
            if f"{TRANSCRIPTION}.failed" in await client.so_far():
                break
            served.append(client)
            assert len(served) < 200, "the engine takes on whatever it is asked for"
        assert len(served) > RECOGNISERS

        # While it is so, who writes is answered, and turns are refused as the original does beyond a rate limit.
        await client.write("Hello?")
        await client.send("response.create")
        assert (await client.until("response.done"))["response"]["status"] == "completed"

        talker = await calls.enter_async_context(calling(server))
        by_voice = {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 500}}}
        await talker.send("session.update", session={"type": "realtime", "audio": by_voice})
        await talker.append(SPEECH * 10 + SILENCE * 15)
        assert (await talker.words()).startswith("This server has too much to do")
        assert_refused(await talker.until("response.done"))

        recogniser.gate.set()
        for patient in served:
            assert await patient.words() == f"about {LONG_S} seconds"
        await client.say(2)
        assert await client.words() == "about 2 seconds"
        await client.send("response.create")
        assert (await client.until("response.done"))["response"]["status"] == "completed"


@pytest.mark.asyncio
async def test_voices_that_would_wait_too_long_are_refused_and_text_is_not() -> None:
    async with AsyncExitStack() as calls:
        voice = Hum()
        server, _ = await calls.enter_async_context(engine(voice=voice))
        voice.gate.clear()
        served: list[Client] = []
        while True:
            client = await calls.enter_async_context(calling(server))
            await client.write("Hello?")
            await client.send("response.create")
            if "response.done" in await client.so_far():
                break
            served.append(client)
            assert len(served) < 200, "the engine takes on whatever it is asked for"
        await client.send("response.create")
        assert_refused(await client.until("response.done"))
        await client.send("session.update", session={"type": "realtime", "output_modalities": ["text"]})
        await client.send("response.create")
        assert (await client.until("response.done"))["response"]["status"] == "completed"

        voice.gate.set()
        for patient in served:
            assert (await patient.until("response.done"))["response"]["status"] == "completed"


@pytest.mark.asyncio
async def test_a_call_that_is_over_is_forgotten_at_once() -> None:
    """Its audio, and what was made of it, must not wait for a collection of circles."""
    async with engine() as (server, _):
        await server.warm  # what is there then is not counted
        gc.collect()
        gc.disable()
        try:
            async with calling(server) as client:
                await client.say(2)
                await client.words()
                await client.send("response.create")
                await client.until("response.done")
                assert engines() == 1
            async with calling(server):
                assert engines() == 1
        finally:
            gc.enable()


def engines() -> int:
    return sum(isinstance(thing, Engine) for thing in gc.get_objects())


def assert_refused(done: Event) -> None:
    response = done["response"]
    assert response["status"] == "failed"
    assert response["status_details"]["type"] == "failed"
    error = response["status_details"]["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limit_exceeded")


@pytest.mark.asyncio
async def test_there_are_no_more_calls_than_allowed() -> None:
    async with engine(Access(calls=2)) as (server, _), calling(server):
        async with calling(server) as second:
            with pytest.raises(InvalidStatus) as refused:
                async with calling(server):
                    pass
            response = refused.value.response
            assert response.status_code == 429
            assert response.headers["Retry-After"]
            error = json.loads(response.body or b"{}")["error"]
            assert error["code"] == "rate_limit_exceeded"
            assert error["message"] == "This engine takes 2 calls at once, and has them. Try again later."
            await second.say(1)
            assert await second.words() == "about 1 seconds"
        async with calling(server) as third:
            await third.say(1)
            assert await third.words() == "about 1 seconds"


def test_the_wait_is_estimated_from_how_long_such_work_took() -> None:
    pace, workload = Pace(1.0), Workload(threads=2)
    assert workload.wait_s == 0
    for step in "abcd":
        workload.begin(step, pace.expect(3))
    assert workload.wait_s == 6  # two threads, two steps of 3 s each
    workload.end("a")
    assert workload.wait_s == 3
    workload.end("b")
    workload.end("c")
    assert workload.wait_s == 0  # a thread is free, however long the other takes
    for _ in range(50):
        pace.learn(amount=2, took_s=1)
    assert pace.expect(1) == pytest.approx(0.5, abs=0.01)
