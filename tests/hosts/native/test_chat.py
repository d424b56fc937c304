"""A chat model over real HTTP: its answers, its failures, and who hangs up when."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from kit.chat_server import DONE, Body, ChatServer, chunk, play, say, then_break, then_wait
from kit.server import Server
from vivavoce.engine.effects import Reply
from vivavoce.engine.inputs import Input, Refused, ReplyCall, ReplyEnded, ReplyFailed, ReplyText
from vivavoce.hosts.native.chat import CallChat, ChatModel
from vivavoce.hosts.native.chat_endpoint import ChatEndpoint
from vivavoce.hosts.native.engine_server import start_engine

KEY = "sk-canary-0123456789abcdef"
ANSWER_S = 20
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}

pytestmark = pytest.mark.asyncio


class Asked:
    """A call's chat model, and what comes back from it."""

    def __init__(self, model: ChatModel) -> None:
        self.came: asyncio.Queue[Input] = asyncio.Queue()
        self.chat = CallChat(model, self.came.put_nowait)

    def ask(self, job: int = 1, **request: Any) -> None:
        self.chat.reply(Reply(job, request or {"messages": [{"role": "user", "content": "Hello"}]}))

    async def next(self) -> Input:
        async with asyncio.timeout(ANSWER_S):
            return await self.came.get()

    async def all(self) -> list[Input]:
        """Up to the end of the answer."""
        got = [await self.next()]
        while not isinstance(got[-1], ReplyEnded | ReplyFailed | Refused):
            got.append(await self.next())
        return got


@asynccontextmanager
async def asking(url: str, key: str | None = None, silence_s: float = ANSWER_S) -> AsyncIterator[Asked]:
    model = ChatModel(ChatEndpoint(url, "qwen3:4b", key), silence_s)
    asked = Asked(model)
    try:
        yield asked
    finally:
        asked.chat.close()
        await model.close()


async def test_an_answer() -> None:
    server = ChatServer(say("Good ", "morning."))
    with server.listening() as url:
        async with asking(url, KEY) as asked:
            asked.ask(messages=[{"role": "user", "content": "Grüße"}], max_tokens=9)
            assert await asked.all() == [ReplyText(1, "Good "), ReplyText(1, "morning."), ReplyEnded(1, "stop")]
    (request,) = server.requests
    messages = [{"role": "user", "content": "Grüße"}]
    assert request == {"model": "qwen3:4b", "stream": True, "messages": messages, "max_tokens": 9}
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_words_come_while_the_rest_is_still_made() -> None:
    server = ChatServer(then_wait(chunk(content="Good ")))
    with server.listening() as url:
        async with asking(url) as asked:
            asked.ask()
            assert await asked.next() == ReplyText(1, "Good ")
            assert not server.hung_up.is_set()
        assert "authorization" not in server.headers[0]
        assert await asyncio.to_thread(server.hung_up.wait, ANSWER_S)


async def test_calls_come_whole() -> None:
    pieces = [
        chunk(tool_calls=[{"index": 0, "id": "a", "function": {"name": "get_weather", "arguments": '{"city": '}}]),
        chunk(tool_calls=[{"index": 0, "function": {"arguments": '"Rome"}'}}]),
        chunk("tool_calls"),
        DONE,
    ]
    with ChatServer(play(*pieces)).listening() as url:
        async with asking(url) as asked:
            asked.ask()
            assert await asked.all() == [ReplyCall(1, "get_weather", '{"city": "Rome"}'), ReplyEnded(1, "tool_calls")]


async def test_an_endpoint_that_does_not_stream() -> None:
    body = json.dumps({"choices": [{"message": {"content": "Good day."}, "finish_reason": "stop"}]})
    with ChatServer(play(body), kind="application/json").listening() as url:
        async with asking(url) as asked:
            asked.ask()
            assert await asked.all() == [ReplyText(1, "Good day."), ReplyEnded(1, "stop")]


async def test_a_cancelled_answer_hangs_up() -> None:
    server = ChatServer(then_wait(chunk(content="Good ")))
    with server.listening() as url:
        async with asking(url) as asked:
            asked.ask(1)
            await asked.next()
            asked.chat.cancel(1)
            asked.chat.cancel(2)
            assert await asyncio.to_thread(server.hung_up.wait, ANSWER_S)
            server.answer = say("Again.")
            asked.ask(3)
            assert await asked.all() == [ReplyText(3, "Again."), ReplyEnded(3, "stop")]


async def test_a_connection_is_used_again() -> None:
    server = ChatServer()
    with server.listening() as url:
        async with asking(url) as asked:
            for job in range(5):
                asked.ask(job)
                await asked.all()
                await asyncio.sleep(0.05)  # the end of the body comes behind [DONE]
    assert len(server.connections) < 5


async def test_two_answers_at_once() -> None:
    server = ChatServer(then_wait(chunk(content="One")))
    with server.listening() as url:
        async with asking(url) as asked:
            asked.ask(1)
            assert await asked.next() == ReplyText(1, "One")
            server.answer = say("Two")
            asked.ask(2)
            assert await asked.all() == [ReplyText(2, "Two"), ReplyEnded(2, "stop")]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (400, "did not accept the conversation (400)"),
        (401, "refused the key (401). Set VIVAVOCE_CHAT_KEY"),
        (403, "refused the key (403)"),
        (404, "Check VIVAVOCE_CHAT_MODEL and VIVAVOCE_CHAT_URL"),
        (302, "answered 302. Is VIVAVOCE_CHAT_URL right?"),
        (500, "server failed (500). Its log says why"),
        (502, "server failed (502)"),
    ],
)
async def test_a_refusal_says_what_to_do(status: int, says: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ChatServer(status=status).listening() as url:
        async with asking(url, KEY) as asked:
            asked.ask()
            (failed,) = await asked.all()
    assert isinstance(failed, ReplyFailed)
    assert says in failed.reason
    for secret in (KEY, "CANARY", url):
        assert secret not in failed.reason
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("vivavoce")]
    assert ours == [failed.reason]
    assert KEY not in caplog.text


@pytest.mark.parametrize("status", [429, 503])
async def test_an_endpoint_that_has_no_time(status: int) -> None:
    with ChatServer(status=status).listening() as url:
        async with asking(url) as asked:
            asked.ask()
            assert await asked.all() == [Refused(1)]


async def test_an_endpoint_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    async with asking(f"http://127.0.0.1:{port}/v1") as asked:
        asked.ask()
        (failed,) = await asked.all()
    assert isinstance(failed, ReplyFailed)
    assert "cannot be reached. Is it running" in failed.reason


async def test_an_endpoint_that_says_nothing() -> None:
    with ChatServer(then_wait(chunk(content="Good "))).listening() as url:
        async with asking(url, silence_s=0.3) as asked:
            asked.ask()
            assert await asked.all() == [
                ReplyText(1, "Good "),
                ReplyFailed(1, "The chat model said nothing for 0.3 s."),
            ]


async def test_an_endpoint_that_breaks_off() -> None:
    broke_off = ReplyFailed(1, "The chat model's answer broke off in the middle.")
    with ChatServer(then_break(chunk(content="Good "))).listening() as url:
        async with asking(url) as asked:
            asked.ask()
            assert await asked.all() == [ReplyText(1, "Good "), broke_off]


async def test_what_is_not_a_chat_completion() -> None:
    with ChatServer(play("<html>It works!</html>"), kind="text/html").listening() as url:
        async with asking(url) as asked:
            asked.ask()
            (failed,) = await asked.all()
    assert isinstance(failed, ReplyFailed)
    assert "something else than a chat completion" in failed.reason


async def test_no_proxy_of_the_environment_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with ChatServer().listening() as url:
        async with asking(url) as asked:
            asked.ask()
            assert (await asked.all())[-1] == ReplyEnded(1, "stop")


async def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(ChatEndpoint("http://127.0.0.1/v1", "m", KEY))


# Through the engine, over its WebSocket


class Caller:
    """A Realtime client of an engine that has a chat model."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.events: list[dict[str, Any]] = []

    async def send(self, type: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": type, **fields}))

    async def until(self, type: str) -> dict[str, Any]:
        while True:
            async with asyncio.timeout(ANSWER_S):
                event: dict[str, Any] = json.loads(await self._socket.recv())
            assert event["type"] != "error", event
            self.events.append(event)
            if event["type"] == type:
                return event

    async def ask(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        await self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        await self.send("response.create")

    async def response(self) -> dict[str, Any]:
        response: dict[str, Any] = (await self.until("response.done"))["response"]
        return response


@asynccontextmanager
async def calling(chat_url: str) -> AsyncIterator[Caller]:
    engine = await start_engine({}, None, chat=ChatEndpoint(chat_url, "qwen3:4b"))
    try:
        async with connect(f"{engine.url}?model=gpt-realtime") as socket:
            caller = Caller(socket)
            await caller.send(
                "session.update", session={"type": "realtime", "instructions": "Be kind.", "tools": [WEATHER]}
            )
            await caller.until("session.updated")
            yield caller
    finally:
        await engine.close()


def text_of(response: dict[str, Any]) -> str:
    return "".join(part["text"] for item in response["output"] for part in item.get("content", ()))


async def test_a_text_turn_with_a_function() -> None:
    called = [{"index": 0, "id": "a", "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'}}]
    server = ChatServer(play(chunk(content="Let me see."), chunk(tool_calls=called), chunk("tool_calls"), DONE))
    with server.listening() as url:
        async with calling(url) as caller:
            await caller.ask("What's the weather in Rome?")
            response = await caller.response()
            assert [item["type"] for item in response["output"]] == ["message", "function_call"]
            server.answer = say("It is ", "sunny.")
            output = {"type": "function_call_output", "call_id": response["output"][1]["call_id"], "output": "Sunny"}
            await caller.send("conversation.item.create", item=output)
            await caller.send("response.create")
            response = await caller.response()
            assert (response["status"], text_of(response)) == ("completed", "It is sunny.")
    assert [message["role"] for message in server.requests[1]["messages"]] == ["system", "user", "assistant", "tool"]


async def test_a_cancelled_response_stops_the_chat_model() -> None:
    server = ChatServer(then_wait(chunk(content="Good "), chunk(content="morning")))
    with server.listening() as url:
        async with calling(url) as caller:
            await caller.ask("Hello")
            await caller.until("response.output_text.delta")
            await caller.send("response.cancel")
            response = await caller.response()
            assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
            assert await asyncio.to_thread(server.hung_up.wait, ANSWER_S)
            server.answer = say("Yes?")
            await caller.ask("Hello?")
            assert text_of(await caller.response()) == "Yes?"
    said = [(message["role"], message["content"].split()[0]) for message in server.requests[1]["messages"]]
    assert said[1:] == [("user", "Hello"), ("assistant", "Good"), ("user", "Hello?")]


async def test_a_client_that_leaves_stops_the_chat_model() -> None:
    server = ChatServer(then_wait(chunk(content="Good ")))
    with server.listening() as url:
        async with calling(url) as caller:
            await caller.ask("Hello")
            await caller.until("response.output_text.delta")
        assert await asyncio.to_thread(server.hung_up.wait, ANSWER_S)


FAILURES: list[tuple[Callable[[ChatServer], object], str]] = [
    (lambda server: setattr(server, "status", 401), "server_error"),
    (lambda server: setattr(server, "status", 429), "rate_limit_exceeded"),
    (lambda server: setattr(server, "answer", then_break(chunk(content="Good "))), "server_error"),
]


@pytest.mark.parametrize(("fail", "code"), FAILURES)
async def test_a_failure_fails_the_response_and_the_session_goes_on(
    fail: Callable[[ChatServer], object], code: str
) -> None:
    server = ChatServer()
    with server.listening() as url:
        async with calling(url) as caller:
            fail(server)
            await caller.ask("Hello")
            response = await caller.response()
            assert (response["status"], response["status_details"]["error"]["code"]) == ("failed", code)
            server.status, server.answer = 200, say("Better.")
            await caller.ask("And now?")
            assert text_of(await caller.response()) == "Better."


async def test_a_long_answer_comes_as_it_is_made() -> None:
    async def counting(body: Body) -> AsyncIterator[str]:
        for n in range(30):
            yield chunk(content=f" {n}")
            await asyncio.sleep(0.005)
        yield chunk("stop") + DONE

    with ChatServer(counting).listening() as url:
        async with calling(url) as caller:
            await caller.ask("Count")
            response = await caller.response()
    assert text_of(response) == " ".join(map(str, range(30)))
    assert sum(event["type"] == "response.output_text.delta" for event in caller.events) == 30


# Through a whole call


async def test_a_lesson_is_played_by_the_chat_model(tmp_path: Path) -> None:
    """The opening line is the lesson's own; from then on the model speaks, with the prompt that came over the wire."""

    def call(url: str) -> list[str]:
        chat = {"VIVAVOCE_CHAT_URL": url, "VIVAVOCE_CHAT_MODEL": "qwen3:4b", "VIVAVOCE_CHAT_KEY": KEY}
        with Server(tmp_path, VIVAVOCE_MODELS=os.devnull, **chat) as server:
            with server.browser() as browser:
                browser.go_live()
                assert model.requests == []
                browser.say("Good evening. What can I do for you?")
                browser.send("response.create")
                browser.until("response.done")
                said = [event["text"] for event in browser.seen if event["type"] == "response.output_text.done"]
            assert KEY not in server.log + browser.bytes_seen.decode()
        return said

    model = ChatServer(say("A quiet ", "room, please."))
    with model.listening() as url:
        opening, answer = await asyncio.to_thread(call, url)
    assert answer == "A quiet room, please."
    (request,) = model.requests
    roles = [message["role"] for message in request["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert request["messages"][2]["content"] == opening
    assert opening not in request["messages"][0]["content"]
    assert {tool["function"]["name"] for tool in request["tools"]} >= {"grade_lesson"}
