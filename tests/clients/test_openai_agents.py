"""openai-agents, as it comes from the registry: `RealtimeRunner` and `RealtimeSession`.

This client holds every event against the published types itself, and makes an error of what does not fit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from agents import Tool, function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession, RealtimeSessionEvent

from kit.engine import EngineProcess
from kit.voices import UTTERANCES, WIRE_RATE, spoken, word_error_rate

pytestmark = [pytest.mark.asyncio, pytest.mark.speech]

MODEL = "gpt-realtime-2.1"
ANSWER_S = 20
STORY = " ".join(["One day a ship left the harbour. It was late in the year. Nobody knew where it went."] * 4)
"""So long that it is still being told when somebody interrupts."""


class Call:
    def __init__(self, session: RealtimeSession) -> None:
        self.session = session
        self.events: list[RealtimeSessionEvent] = []

    async def until(self, found: Callable[[RealtimeSessionEvent], bool]) -> RealtimeSessionEvent:
        """Read on up to this event; an error fails the test."""
        async with asyncio.timeout(ANSWER_S):
            async for event in self.session:
                assert event.type != "error", event.error
                self.events.append(event)
                if found(event):
                    return event
        raise AssertionError("the connection was closed")

    async def until_type(self, type: str) -> RealtimeSessionEvent:
        return await self.until(lambda event: event.type == type)

    async def until_wire(self, type: str) -> dict[str, Any]:
        """Read on up to this event of the protocol."""
        await self.until(lambda event: _wire(event).get("type") == type)
        return _wire(self.events[-1])

    def wire(self, type: str) -> list[dict[str, Any]]:
        return [event for event in map(_wire, self.events) if event.get("type") == type]

    async def speak(self, name: str) -> None:
        """Say a recorded utterance, faster than a person would, and be silent."""
        pcm = spoken(name, lead_s=0.2, tail_s=1.5)
        for at in range(0, len(pcm), WIRE_RATE // 5):
            await self.session.send_audio(pcm[at : at + WIRE_RATE // 5])

    def said(self) -> list[str]:
        """The transcripts of the assistant's messages, in order."""
        return [event["transcript"] for event in self.wire("response.output_audio_transcript.done")]


def _wire(event: RealtimeSessionEvent) -> dict[str, Any]:
    if event.type == "raw_model_event" and event.data.type == "raw_server_event":
        wire: dict[str, Any] = event.data.data
        return wire
    return {}


@asynccontextmanager
async def call(engine: EngineProcess, *tools: Tool, instructions: str = "Be brief.") -> AsyncIterator[Call]:
    agent: RealtimeAgent[Any] = RealtimeAgent(name="Assistant", instructions=instructions, tools=list(tools))
    session = await RealtimeRunner(agent).run(
        model_config={
            "url": f"ws://127.0.0.1:{engine.port}/v1/realtime?model={MODEL}",
            "api_key": "sk-test",
            "initial_model_settings": {"model_name": MODEL},
        }
    )
    async with session:
        yield Call(session)


async def test_a_typed_turn(engine: EngineProcess) -> None:
    async with call(engine) as talk:
        await talk.session.send_message("Hello there")
        await talk.until_type("audio")
        await talk.until_type("agent_end")
        assert "Hello there" in talk.said()[0]
        assert sum(len(event.audio.data) for event in talk.events if event.type == "audio") > WIRE_RATE


async def test_a_spoken_turn(engine: EngineProcess) -> None:
    async with call(engine) as talk:
        await talk.speak("room-number")
        await talk.until_type("agent_end")
        heard = talk.wire("conversation.item.input_audio_transcription.completed")[0]["transcript"]
        assert word_error_rate(UTTERANCES["room-number"], heard) <= 0.2
        assert heard in talk.said()[0]


async def test_a_tool_is_run(engine: EngineProcess) -> None:
    cities: list[str] = []

    @function_tool
    def get_weather(city: str) -> str:
        """The weather of a city."""
        cities.append(city)
        return "It is foggy."

    async with call(engine, get_weather) as talk:
        await talk.session.send_message("What is the weather in London?")
        await talk.until_type("tool_end")
        await talk.until(lambda event: "foggy" in " ".join(talk.said()))
        await talk.until_type("agent_end")
        assert len(cities) == 1 and "London" in cities[0]


async def test_the_learner_interrupts(engine: EngineProcess) -> None:
    async with call(engine, instructions=f"Say exactly: {STORY}") as talk:
        await talk.session.send_message("Tell me.")
        await talk.until_type("audio")
        await talk.speak("interrupt")
        await talk.until_type("audio_interrupted")
        truncated = await talk.until_wire("conversation.item.truncated")
        assert truncated["item_id"] == talk.wire("response.output_item.added")[0]["item"]["id"]
        await talk.until(lambda event: len(talk.wire("response.created")) > 1 and event.type == "audio")
        assert talk.wire("response.done")[0]["response"]["status_details"]["reason"] == "turn_detected"


async def test_the_app_interrupts(engine: EngineProcess) -> None:
    async with call(engine, instructions=f"Say exactly: {STORY}") as talk:
        await talk.session.send_message("Tell me.")
        await talk.until_type("audio")
        await talk.session.interrupt()
        await talk.until_type("audio_interrupted")
        await talk.until_wire("conversation.item.truncated")
        kept = await talk.until_wire("conversation.item.retrieved")  # the client asks for it by itself
        assert STORY.startswith(kept["item"]["content"][0]["transcript"])
