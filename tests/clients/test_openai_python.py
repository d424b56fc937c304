"""openai-python, as it comes from the registry: `client.realtime.connect`."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from openai import AsyncOpenAI, OpenAI, omit
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from openai.types.realtime.realtime_function_tool_param import RealtimeFunctionToolParam

from conformance.schema import faults
from kit.engine import EngineProcess
from kit.voices import UTTERANCES, WIRE_RATE, spoken, telephoned, word_error_rate

pytestmark = [pytest.mark.asyncio, pytest.mark.speech]

Event = dict[str, Any]

KEY = "sk-of-this-engine-only"
MODEL = "gpt-realtime-2.1"
ANSWER_S = 20
STORY = "One day a ship left the harbour. It was late in the year. Nobody knew where it went."
TALE = " ".join([STORY] * 4)
"""So long that it is still being told when something comes in between."""
WEATHER: RealtimeFunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SERVER_VAD = {"type": "server_vad", "silence_duration_ms": 300}


class Conversation:
    """What was received, each event held strictly against the client's own types."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.events: list[Event] = []

    async def until(self, type: str) -> Event:
        """Read on up to this event. An error that is not waited for fails the test."""
        async with asyncio.timeout(ANSWER_S):
            async for received in self.connection:
                event = received.to_dict(mode="json")
                self.events.append(event)
                assert not faults(event)
                if event["type"] == type:
                    return event
                assert event["type"] != "error", event
        raise AssertionError("the connection was closed")

    def of(self, type: str) -> list[Event]:
        return [event for event in self.events if event["type"] == type]

    async def configure(self, *modalities: str, **audio_input: Any) -> None:
        session: Any = {
            "type": "realtime",
            "output_modalities": list(modalities),
            "audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}, **audio_input}},
        }
        await self.connection.session.update(session=session)
        await self.until("session.updated")

    async def say(self, text: str) -> None:
        await self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        )

    async def append(self, audio: bytes) -> None:
        """Piece by piece as from a microphone, but faster."""
        for at in range(0, len(audio), 4800):
            await self.connection.input_audio_buffer.append(audio=base64.b64encode(audio[at : at + 4800]).decode())

    async def speak(self, name: str) -> None:
        """Say a recorded utterance, and be silent."""
        await self.append(spoken(name, lead_s=0.2, tail_s=1.0))

    async def told(self) -> str:
        """Wait for the response's end; what it said."""
        done = await self.until("response.done")
        assert done["response"]["status"] == "completed", done
        parts = [part for item in done["response"]["output"] for part in item.get("content", ())]
        return " ".join(part.get("text") or part.get("transcript") or "" for part in parts)


@asynccontextmanager
async def conversation(engine: EngineProcess, **query: str) -> AsyncIterator[Conversation]:
    """`query` takes the place of the model in the URL."""
    async with (
        AsyncOpenAI(api_key="sk-test", base_url=f"http://127.0.0.1:{engine.port}/v1") as client,
        client.realtime.connect(model=omit if query else MODEL, extra_query=query) as connection,
    ):
        yield Conversation(connection)


async def test_a_typed_turn(engine: EngineProcess) -> None:
    async with conversation(engine) as call:
        created = await call.until("session.created")
        assert created["session"]["model"] == MODEL
        await call.configure("text")
        await call.say("Hello there")
        await call.connection.response.create()
        assert "Hello there" in await call.told()
        deltas = "".join(event["delta"] for event in call.of("response.output_text.delta"))
        assert deltas.rstrip() == call.of("response.output_text.done")[0]["text"]


async def test_a_spoken_turn(engine: EngineProcess) -> None:
    async with conversation(engine) as call:
        await call.configure("audio", turn_detection=SERVER_VAD)
        await call.speak("room-number")
        await call.until("input_audio_buffer.speech_started")
        await call.until("input_audio_buffer.committed")
        await call.told()
        heard = call.of("conversation.item.input_audio_transcription.completed")[0]["transcript"]
        assert word_error_rate(UTTERANCES["room-number"], heard) <= 0.2
        voice = b"".join(base64.b64decode(event["delta"]) for event in call.of("response.output_audio.delta"))
        assert len(voice) > WIRE_RATE


async def test_a_session_that_only_transcribes(engine: EngineProcess) -> None:
    async with conversation(engine, intent="transcription") as call:
        created = await call.until("session.created")
        assert created["session"]["type"] == "transcription"
        session: Any = {
            "type": "transcription",
            "audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": SERVER_VAD}},
        }
        await call.connection.session.update(session=session)
        for name in ("room-number", "when-started"):
            await call.speak(name)
            completed = await call.until("conversation.item.input_audio_transcription.completed")
            assert word_error_rate(UTTERANCES[name], completed["transcript"]) <= 0.2
        assert not call.of("response.created")


async def test_a_turn_over_the_telephone(engine: EngineProcess) -> None:
    pcmu: Any = {"type": "audio/pcmu"}
    async with conversation(engine, model="echo") as call:
        await call.connection.session.update(
            session={"type": "realtime", "audio": {"input": {"format": pcmu}, "output": {"format": pcmu}}}
        )
        await call.append(telephoned("room-number", tail_s=1.5))
        assert word_error_rate(UTTERANCES["room-number"], await call.told()) <= 0.2
        voice = b"".join(base64.b64decode(event["delta"]) for event in call.of("response.output_audio.delta"))
        assert len(voice) > 8000


async def test_a_committed_turn(engine: EngineProcess) -> None:
    async with conversation(engine) as call:
        await call.configure("text", turn_detection=None)
        await call.speak("when-started")
        await call.connection.input_audio_buffer.commit()
        await call.until("input_audio_buffer.committed")
        await call.connection.response.create()
        assert "noise" in (await call.told()).lower()
        await call.connection.input_audio_buffer.clear()
        await call.until("input_audio_buffer.cleared")


async def test_a_tool_call_and_its_answer(engine: EngineProcess) -> None:
    async with conversation(engine) as call:
        await call.connection.session.update(
            session={"type": "realtime", "output_modalities": ["text"], "tools": [WEATHER], "tool_choice": "auto"}
        )
        await call.say("What is the weather in London?")
        await call.connection.response.create()
        asked = await call.until("response.function_call_arguments.done")
        assert asked["name"] == "get_weather"
        assert "London" in json.loads(asked["arguments"])["city"]
        await call.until("response.done")
        await call.connection.conversation.item.create(
            item={"type": "function_call_output", "call_id": asked["call_id"], "output": '{"sky": "foggy"}'}
        )
        await call.connection.response.create()
        assert "foggy" in await call.told()


async def test_an_answer_is_cancelled(engine: EngineProcess) -> None:
    async with conversation(engine) as call:
        await call.connection.response.create(response={"instructions": f"Say exactly: {TALE}"})
        await call.until("response.output_audio.delta")
        await call.connection.response.cancel()
        done = await call.until("response.done")
        assert done["response"]["status"] == "cancelled"
        assert done["response"]["status_details"]["reason"] == "client_cancelled"
        assert len(done["response"]["output"][0]["content"][0]["transcript"]) < len(TALE)
        await call.connection.response.create(
            response={"instructions": "Say exactly: Good.", "output_modalities": ["text"]}
        )
        assert await call.told() == "Good."


async def test_only_what_was_heard_is_kept(engine: EngineProcess) -> None:
    async with conversation(engine) as call:
        await call.connection.response.create(response={"instructions": f"Say exactly: {STORY}"})
        item_id = (await call.until("response.output_item.added"))["item"]["id"]
        assert await call.told() == STORY
        for heard_ms, least, most in ((1500, 10, len(STORY) - 20), (0, 0, 0)):
            await call.connection.conversation.item.truncate(item_id=item_id, content_index=0, audio_end_ms=heard_ms)
            await call.until("conversation.item.truncated")
            await call.connection.conversation.item.retrieve(item_id=item_id)
            kept = (await call.until("conversation.item.retrieved"))["item"]["content"][0]["transcript"]
            assert STORY.startswith(kept) and least <= len(kept) <= most
        await call.connection.conversation.item.delete(item_id=item_id)
        await call.until("conversation.item.deleted")


async def test_the_learner_interrupts(engine: EngineProcess) -> None:
    async with conversation(engine) as call:
        await call.configure("audio", turn_detection={"type": "semantic_vad", "eagerness": "high"})
        await call.connection.response.create(response={"instructions": f"Say exactly: {TALE}"})
        await call.until("response.output_audio.delta")
        await call.speak("interrupt")
        await call.until("input_audio_buffer.speech_started")
        done = await call.until("response.done")
        assert done["response"]["status_details"]["reason"] == "turn_detected"
        await call.told()


async def test_a_response_beside_the_conversation(engine: EngineProcess) -> None:
    async with conversation(engine) as call:
        await call.connection.response.create(response={"instructions": f"Say exactly: {TALE}"})
        main = (await call.until("response.created"))["response"]["id"]
        await call.connection.response.create(
            response={
                "conversation": "none",
                "output_modalities": ["text"],
                "instructions": "Say exactly: Aside.",
                "metadata": {"topic": "aside"},
                "input": [],
            }
        )
        aside = (await call.until("response.done"))["response"]
        assert aside["metadata"] == {"topic": "aside"} and aside["conversation_id"] is None
        assert aside["output"][0]["content"] == [{"type": "output_text", "text": "Aside."}]
        await call.connection.response.cancel()
        assert (await call.until("response.done"))["response"]["id"] == main


async def test_an_error_ends_nothing(engine: EngineProcess) -> None:
    async with conversation(engine) as call:
        await call.connection.conversation.item.delete(item_id="nowhere", event_id="mine")
        error = (await call.until("error"))["error"]
        assert (error["code"], error["event_id"]) == ("item_delete_invalid_item_id", "mine")
        await call.configure("text")


async def test_the_blocking_client(engine: EngineProcess) -> None:
    def talk() -> str:
        with (
            OpenAI(api_key="sk-test", base_url=f"http://127.0.0.1:{engine.port}/v1") as client,
            client.realtime.connect(model=MODEL) as connection,
        ):
            connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
            connection.response.create(response={"instructions": "Say exactly: All is well."})
            for event in connection:
                assert event.type != "error", event
                if event.type == "response.output_text.done":
                    return event.text
        raise AssertionError("the connection was closed")

    async with asyncio.timeout(ANSWER_S):
        assert await asyncio.to_thread(talk) == "All is well."


async def test_a_certificate_and_a_key(tmp_path: Path) -> None:
    authority = trustme.CA()
    pem = tmp_path / "engine.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    over_tls: Any = {"ssl": trust}
    by_text = {"VIVAVOCE_MODELS": os.devnull, "VIVAVOCE_ENGINE_KEY": KEY}
    with EngineProcess(tmp_path, "--tls-cert", str(pem), **by_text) as engine:
        async with (
            AsyncOpenAI(api_key=KEY, base_url=f"https://127.0.0.1:{engine.port}/v1") as client,
            client.realtime.connect(model=MODEL, websocket_connection_options=over_tls) as connection,
        ):
            call = Conversation(connection)
            await connection.response.create(response={"instructions": "Say exactly: Nobody listens in."})
            assert await call.told() == "Nobody listens in."
