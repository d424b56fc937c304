"""The embedded engine over real sockets, with real speech."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from kit.chat_server import ChatServer, chunk, say, then_wait
from kit.voices import UTTERANCES, WIRE_RATE, silence, spoken, word_error_rate
from vivavoce.engine.effects import Transcribe
from vivavoce.hosts.native.chat_endpoint import ChatEndpoint
from vivavoce.hosts.native.engine_server import EngineServer, start_engine
from vivavoce.hosts.native.lessons import load_catalogue
from vivavoce.hosts.native.models import ModelStore, models_folder
from vivavoce.hosts.native.speech.loaded import Models
from vivavoce.hosts.native.speech.shared import Speech, open_speech
from vivavoce.protocol.audio import PCM
from vivavoce.scenario.catalogue import Catalogue

Event = dict[str, Any]
Figure = Callable[[str, object], None]

SCENARIOS = Path(__file__).parents[3] / "scenarios"
ANSWER_S = 30
CHUNK = WIRE_RATE * 2 // 25
"""40 ms, as a browser sends."""

pytestmark = pytest.mark.asyncio


class Client:
    """A Realtime client that keeps every event, with the moment it came."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[Event] = []
        self.times: list[float] = []

    async def send(self, type: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": type, **fields}))

    async def receive(self) -> Event:
        async with asyncio.timeout(ANSWER_S):
            event: Event = json.loads(await self.socket.recv())
        self.events.append(event)
        self.times.append(time.perf_counter())
        return event

    async def until(self, type: str) -> Event:
        while (event := await self.receive())["type"] != type:
            assert event["type"] != "error", event
        return event

    async def configure(self, **audio_input: Any) -> None:
        session = {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}, **audio_input}}}
        await self.send("session.update", session=session)
        await self.until("session.updated")

    async def append(self, pcm: bytes) -> None:
        await self.send("input_audio_buffer.append", audio=base64.b64encode(pcm).decode())

    async def speak(self, name: str, tail_s: float = 1.0) -> float:
        """Say an utterance in real time; the moment its last sample was sent."""
        pcm, ended = spoken(name, lead_s=0.2), 0.0
        begun = time.perf_counter()
        quiet = silence(tail_s)
        for at in range(0, len(pcm + quiet), CHUNK):
            await asyncio.sleep(begun + at / (2 * WIRE_RATE) - time.perf_counter())
            await self.append((pcm + quiet)[at : at + CHUNK])
            if at < len(pcm):
                ended = time.perf_counter()
        return ended

    async def say(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        await self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        await self.send("response.create")

    def of(self, type: str) -> list[Event]:
        return [event for event in self.events if event["type"] == type]

    def voice(self) -> bytes:
        return b"".join(base64.b64decode(event["delta"]) for event in self.of("response.output_audio.delta"))


@asynccontextmanager
async def client(server: EngineServer, model: str = "gpt-realtime", **options: Any) -> AsyncIterator[Client]:
    options = {"subprotocols": [Subprotocol("realtime")], "max_size": None, "compression": None, **options}
    async with connect(f"{server.url}?model={model}", **options) as socket:
        yield Client(socket)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(SCENARIOS)


@pytest.fixture(scope="module")
def speech() -> Iterator[Speech]:
    speech = open_speech(ModelStore(models_folder()), whisper="tiny.en")
    speech.loaded.result()
    yield speech
    speech.close()


@asynccontextmanager
async def engine(
    catalogue: Catalogue, speech: Speech | None, chat: ChatEndpoint | None = None
) -> AsyncIterator[EngineServer]:
    server = await start_engine(catalogue, speech, chat=chat)
    try:
        yield server
    finally:
        await server.close()


# At the door


async def test_a_call_by_text_needs_no_speech_models(catalogue: Catalogue) -> None:
    async with engine(catalogue, None) as server, client(server, "vivavoce/hotel-complaint") as learner:
        assert learner.socket.subprotocol == "realtime"
        created = await learner.until("session.created")
        assert created["session"]["model"] == "vivavoce/hotel-complaint"
        await learner.send("session.update", session={"type": "realtime", "output_modalities": ["text"]})
        await learner.say("What is your room number, please?")
        done = await learner.until("response.done")
        assert done["response"]["status"] == "completed"
        assert learner.of("response.output_text.done")[0]["text"]


@pytest.mark.parametrize(
    ("path", "code", "close"),
    [("", "missing_model", 4000), ("?model=vivavoce/no-such-lesson", "model_not_found", 4004)],
)
async def test_a_model_that_nobody_plays_is_refused(catalogue: Catalogue, path: str, code: str, close: int) -> None:
    async with engine(catalogue, None) as server, connect(server.url + path) as socket:
        error = json.loads(await socket.recv())
        assert (error["type"], error["error"]["code"]) == ("error", code)
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == close


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/", {}, 404),
        ("/v1/realtime", {"origin": Origin("https://elsewhere.example")}, 403),
        ("/v1/realtime", {"additional_headers": {"Host": "localhost"}}, 400),
    ],
)
async def test_strangers_stay_outside(catalogue: Catalogue, path: str, options: dict[str, Any], status: int) -> None:
    async with engine(catalogue, None) as server:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(server.url.replace("/v1/realtime", path), **options):
                pass
        assert refused.value.response.status_code == status


async def test_a_name_that_was_made_to_point_here_is_refused(catalogue: Catalogue) -> None:
    async with engine(catalogue, None) as server:
        port = urlsplit(server.url).port
        with pytest.raises(InvalidStatus) as refused:
            async with connect("ws://rebound.example/v1/realtime?model=x", host="127.0.0.1", port=port):
                pass
        assert refused.value.response.status_code == 421


async def test_the_engine_stays_on_this_machine(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        await start_engine(catalogue, None, host="0.0.0.0")


async def test_a_key_is_neither_needed_nor_looked_at(catalogue: Catalogue) -> None:
    header = {"Authorization": "Bearer sk-whatever"}
    async with engine(catalogue, None) as server, client(server, additional_headers=header) as learner:
        await learner.until("session.created")
    offered = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.sk-whatever")]
    async with engine(catalogue, None) as server, client(server, subprotocols=offered) as learner:
        assert learner.socket.subprotocol == "realtime"


# On the wire


async def test_wrong_frames_are_answered_and_the_call_goes_on(catalogue: Catalogue) -> None:
    async with engine(catalogue, None) as server, client(server) as learner:
        await learner.until("session.created")
        for frame, code in (
            (b"\x00\x01", "invalid_event"),
            ("{", "invalid_json"),
            ("[" * 10_000, "invalid_json"),
            ('{"type":"no.such.event"}', "invalid_value"),
        ):
            await learner.socket.send(frame)
            error = await learner.receive()
            assert (error["type"], error["error"]["code"]) == ("error", code)
        await learner.socket.send(iter(['{"type":"input_audio', '_buffer.clear"}']))
        await learner.until("input_audio_buffer.cleared")
        await (await learner.socket.ping())


async def test_a_message_beyond_16_mib_ends_its_own_call_only(catalogue: Catalogue) -> None:
    async with engine(catalogue, None) as server, client(server) as learner, client(server) as flooder:
        with pytest.raises(ConnectionClosed):
            await flooder.socket.send("x" * (17 * 1024 * 1024))
            await flooder.until("never")
        await learner.send("input_audio_buffer.clear")
        await learner.until("input_audio_buffer.cleared")


async def test_a_client_that_does_not_read_is_not_read_from(catalogue: Catalogue) -> None:
    """What is made for it stays in the sockets' buffers; when it reads again, nothing is missing or out of order."""
    letter, times = "long " * 40_000, 500
    async with engine(catalogue, None) as server, client(server, max_queue=1, ping_interval=None) as learner:
        content = [{"type": "input_text", "text": letter}]
        item = {"id": "item_letter", "type": "message", "role": "user", "content": content}
        await learner.send("conversation.item.create", item=item)
        await learner.until("conversation.item.done")
        sent = 0

        async def ask() -> None:
            nonlocal sent
            # Asking, too, must be more than the sockets hold, and they may grow to 32 MB each way.
            filler = " " * 200_000
            while sent < times:
                await learner.socket.send(
                    json.dumps({"type": "conversation.item.retrieve", "item_id": "item_letter"}) + filler
                )
                sent += 1

        asking = asyncio.create_task(ask())
        await asyncio.wait([asking], timeout=3)
        assert not asking.done() and sent < times, "the engine went on reading"
        for _ in range(times):
            answer = await learner.receive()
            assert answer["item"]["content"][0]["text"] == letter
        await asking
        learner.events.clear()


async def test_stopping_tells_the_clients(catalogue: Catalogue) -> None:
    async with engine(catalogue, None) as server, client(server) as learner:
        await learner.until("session.created")
        await server.close()
        with pytest.raises(ConnectionClosed) as closed:
            await learner.receive()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001


# By voice


@pytest.mark.speech
async def test_a_spoken_turn_is_understood_and_answered(
    catalogue: Catalogue, speech: Speech, record_property: Figure
) -> None:
    async with engine(catalogue, speech) as server, client(server, "vivavoce/hotel-complaint") as learner:
        await learner.configure()
        await learner.speak("room-number")
        done = await learner.until("response.done")
        transcript = learner.of("conversation.item.input_audio_transcription.completed")[0]["transcript"]
        errors = word_error_rate(UTTERANCES["room-number"], transcript)
        record_property("word error rate", f"{errors:.0%}: {transcript}")
        assert errors <= 0.15
        order = [event["type"] for event in learner.events if event["type"].startswith("input_audio_buffer")]
        assert order == [f"input_audio_buffer.{step}" for step in ("speech_started", "speech_stopped", "committed")]
        assert done["response"]["status"] == "completed"
        told = learner.of("response.output_audio_transcript.done")[0]["transcript"]
        understood, _ = speech.transcribe(Transcribe(1, learner.voice(), "en", (), PCM))
        record_property("the persona said, and its voice was understood as", f"{told} / {understood}")
        assert len(learner.voice()) > WIRE_RATE


@pytest.mark.speech
async def test_a_barge_in_stops_the_persona(catalogue: Catalogue, speech: Speech) -> None:
    async with engine(catalogue, speech) as server, client(server, "vivavoce/hotel-complaint") as learner:
        await learner.configure()
        await learner.say("What is the problem with your room?")
        await learner.until("response.output_audio.delta")
        speaking = asyncio.create_task(learner.speak("interrupt"))
        await learner.until("input_audio_buffer.speech_started")
        done = await learner.until("response.done")
        assert done["response"]["status"] == "cancelled"
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        await learner.until("response.done")
        await speaking


@pytest.mark.speech
async def test_a_barge_in_stops_the_chat_model(catalogue: Catalogue, speech: Speech) -> None:
    model = ChatServer(then_wait(chunk(content="I am so very glad that you are here tonight. And let me say")))
    with model.listening() as url:
        chat = ChatEndpoint(url, "qwen3:4b")
        async with engine(catalogue, speech, chat) as server, client(server, "vivavoce/hotel-complaint") as learner:
            await learner.configure()
            await learner.say("Good evening.")
            await learner.until("response.output_audio.delta")  # the first sentence, while the second is still to come
            speaking = asyncio.create_task(learner.speak("interrupt"))
            done = await learner.until("response.done")
            assert done["response"]["status_details"]["reason"] == "turn_detected"
            assert await asyncio.to_thread(model.hung_up.wait, ANSWER_S)
            model.answer = say("Very well.")
            done = await learner.until("response.done")
            assert done["response"]["output"][0]["content"][0]["transcript"] == "Very well."
            await speaking
    assert model.requests[1]["messages"][-2]["content"] == "I am so very glad that you are here tonight."


@pytest.mark.speech
async def test_the_answer_comes_soon(catalogue: Catalogue, speech: Speech, record_property: Figure) -> None:
    """Figures only: how long from the learner's last sample to the persona's first, 500 ms of which are the pause."""
    waits: list[float] = []
    async with engine(catalogue, speech) as server:
        for name in ("apology", "room-number", "when-started", "quiet-room", "compensation"):
            async with client(server, "vivavoce/hotel-complaint") as learner:
                await learner.configure()
                speaking = asyncio.create_task(learner.speak(name))
                await learner.until("response.output_audio.delta")
                waits.append(learner.times[-1] - await speaking)
    record_property("end of the WAV to first audio delta", f"median of {len(waits)}: {1000 * median(waits):.0f} ms")
    assert all(0 < wait < 10 for wait in waits)


@pytest.mark.speech
async def test_a_slow_recognition_delays_only_its_own_call(catalogue: Catalogue, speech: Speech) -> None:
    async with engine(catalogue, speech) as server, client(server) as talker, client(server) as learner:
        for call in (talker, learner):
            await call.configure(turn_detection=None)
        monologue = b"".join(spoken(name) for name in ("sorry", "move", "luggage", "compensation", "apology"))
        for _ in range(5):
            await talker.append(monologue)
            await talker.send("input_audio_buffer.commit")
        await learner.append(spoken("room-number"))
        await learner.send("input_audio_buffer.commit")
        completed = "conversation.item.input_audio_transcription.completed"

        async def recognised(call: Client, times: int) -> list[float]:
            for _ in range(times):
                await call.until(completed)
            return call.times[-1:]

        (learner_at,), (talker_at,) = await asyncio.gather(recognised(learner, 1), recognised(talker, 5))
        assert learner_at < talker_at
        said = [event["transcript"] for event in talker.of(completed)]
        assert len(set(said)) == 1, "the same words each time, in their own order"


@pytest.mark.speech
async def test_a_recording_appended_at_once_is_heard_in_order(catalogue: Catalogue, speech: Speech) -> None:
    async with engine(catalogue, speech) as server, client(server) as learner:
        await learner.configure(
            turn_detection={"type": "server_vad", "create_response": False, "silence_duration_ms": 500}
        )
        names = ("apology", "room-number", "goodbye")
        await learner.append(b"".join(spoken(name, tail_s=1.5) for name in names))
        transcripts = [
            (await learner.until("conversation.item.input_audio_transcription.completed"))["transcript"] for _ in names
        ]
        for name, transcript in zip(names, transcripts, strict=True):
            assert word_error_rate(UTTERANCES[name], transcript) <= 0.2, (name, transcripts)


async def test_broken_models_end_the_call_that_needs_them(catalogue: Catalogue) -> None:
    broken = asyncio.Event()
    loop = asyncio.get_running_loop()

    def load() -> Models:
        asyncio.run_coroutine_threadsafe(broken.wait(), loop).result()
        raise OSError("the disk is gone")

    speech = Speech(load)
    async with engine(catalogue, speech) as server, client(server) as heard, client(server) as typed:
        for call in (heard, typed):
            await call.until("session.created")
        broken.set()
        await heard.append(silence(1))
        with pytest.raises(ConnectionClosed) as closed:
            await heard.until("never")
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1011
        await typed.send("session.update", session={"type": "realtime", "output_modalities": ["text"]})
        await typed.say("Are you still there?")
        await typed.until("response.done")
        assert not speech.voiced
    speech.close()
