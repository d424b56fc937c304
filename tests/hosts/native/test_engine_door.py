"""Who may come in to the engine's endpoint and what the others are told, over real sockets and with a stock client."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from kit.raw_websocket import RawWebSocket, frame
from kit.server import SCENARIO, TextEngine
from vivavoce.hosts.native.engine_access import Options, read_access
from vivavoce.hosts.native.engine_door import Access
from vivavoce.hosts.native.engine_server import EngineServer, start_engine
from vivavoce.hosts.native.lessons import load_catalogue
from vivavoce.hosts.native.settings import read_settings

SCENARIOS = Path(__file__).parents[3] / "scenarios"
KEY = "canary-0123456789abcdef"
KEYED = Access(key=KEY)
TEXT, CLOSE, PING = 1, 8, 9
ANSWER_S = 10

Event = dict[str, Any]


@asynccontextmanager
async def engine(access: Access | None = None) -> AsyncIterator[EngineServer]:
    server = await start_engine(load_catalogue(SCENARIOS), None, access=access)
    try:
        yield server
    finally:
        await server.close()


@contextmanager
def engine_apart(access: Access | None = None) -> Iterator[int]:
    """On a loop of its own, for clients that block; its port."""
    with TextEngine(SCENARIOS, access) as url:
        yield int(url.split(":")[2].split("/")[0])


def call(server: EngineServer, query: str = "?model=gpt-realtime", **options: Any) -> connect:
    options = {"subprotocols": [Subprotocol("realtime")], "compression": None, "max_size": None, **options}
    return connect(server.url + query, **options)


async def receive(client: ClientConnection) -> Event:
    async with asyncio.timeout(ANSWER_S):
        event: Event = json.loads(await client.recv())
    return event


async def turned_away(client: ClientConnection) -> tuple[str, int, str]:
    """The code of the error event, and the closing code and reason that follow."""
    event = await receive(client)
    assert event["type"] == "error"
    assert event["event_id"].startswith("event_")
    assert event["error"].keys() == {"type", "code", "message", "param", "event_id"}
    assert event["error"]["type"] == "invalid_request_error"
    assert KEY not in json.dumps(event)
    with pytest.raises(ConnectionClosed) as closed:
        await receive(client)
    assert closed.value.rcvd is not None
    return event["error"]["code"], closed.value.rcvd.code, closed.value.rcvd.reason


# Keys


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "shown",
    [
        {"additional_headers": {"Authorization": f"Bearer {KEY}"}},
        {"additional_headers": {"Authorization": f"bearer  {KEY}"}},
        {"additional_headers": {"api-key": KEY}},
        {"subprotocols": [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{KEY}")]},
        {
            "subprotocols": [
                Subprotocol("realtime"),
                Subprotocol(f"openai-insecure-api-key.{KEY}"),
                Subprotocol("openai-agents-sdk.0.20.0"),
            ],
            "origin": "https://class.example",
        },
    ],
)
async def test_whoever_shows_the_key_comes_in(shown: dict[str, Any]) -> None:
    async with engine(KEYED) as server, call(server, **shown) as client:
        assert client.subprotocol == "realtime"
        assert (await receive(client))["type"] == "session.created"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"additional_headers": {"Authorization": "Bearer sk-wrong"}},
        {"additional_headers": {"Authorization": f"Basic {KEY}"}},
        {"additional_headers": {"Authorization": KEY}},
        {"additional_headers": {"Authorization": f"Bearer {KEY}x"}},
        {"additional_headers": {"Authorization": "Bearer clé"}},
        {"additional_headers": {"api-key": ""}},
        {"subprotocols": [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.sk-wrong")]},
    ],
)
async def test_whoever_does_not_is_told_so_and_closed_as_by_the_original(shown: dict[str, Any]) -> None:
    async with engine(KEYED) as server, call(server, **shown) as client:
        assert await turned_away(client) == ("invalid_api_key", 3000, "invalid_request_error.invalid_api_key")


@pytest.mark.asyncio
async def test_without_a_key_any_will_do(caplog: pytest.LogCaptureFixture) -> None:
    for shown in ({}, {"Authorization": f"Bearer {KEY}"}, {"api-key": KEY}):
        async with engine() as server, call(server, additional_headers=shown) as client:
            assert (await receive(client))["type"] == "session.created"
    assert KEY not in caplog.text


# What the session is for


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", ("missing_model", 4000, "invalid_request_error.missing_model")),
        ("?model=", ("missing_model", 4000, "invalid_request_error.missing_model")),
        ("?intent=dictation", ("invalid_intent", 4000, "invalid_request_error.invalid_intent")),
        ("?model=gpt-realtime&intent=", ("invalid_intent", 4000, "invalid_request_error.invalid_intent")),
        ("?model=gpt-realtime&intent=transcription", ("invalid_model", 4000, "invalid_request_error.invalid_model")),
        ("?model=vivavoce/nobody", ("model_not_found", 4004, "invalid_request_error.model_not_found")),
        ("?model=vivavoce/", ("model_not_found", 4004, "invalid_request_error.model_not_found")),
    ],
)
async def test_exactly_one_of_model_and_intent_says_what_for(query: str, told: tuple[str, int, str]) -> None:
    async with engine() as server, call(server, query) as client:
        assert await turned_away(client) == told


@pytest.mark.asyncio
async def test_a_transcription_session_names_no_model() -> None:
    async with engine() as server, call(server, "?intent=transcription") as client:
        assert (await receive(client))["session"]["type"] == "transcription"


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/v1/realtime", "/v1/realtime/", "/openai/v1/realtime"])
async def test_the_paths_of_openai_and_azure(path: str) -> None:
    async with engine() as server, connect(server.url.replace("/v1/realtime", path) + "?model=gpt-realtime") as client:
        assert (await receive(client))["session"]["model"] == "gpt-realtime"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "asked",
    [
        {"additional_headers": {"OpenAI-Beta": "realtime=v1"}},
        {"additional_headers": {"OpenAI-Beta": "assistants=v2, realtime=v1"}},
        {"subprotocols": [Subprotocol("realtime"), Subprotocol("openai-beta.realtime-v1")]},
    ],
)
async def test_the_beta_is_over(asked: dict[str, Any]) -> None:
    async with engine() as server, call(server, **asked) as client:
        assert client.subprotocol == "realtime"
        told = await turned_away(client)
        assert told == ("beta_api_shape_disabled", 4000, "invalid_request_error.beta_api_shape_disabled")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["realtime"], "realtime"),
        (["realtime", "openai-insecure-api-key.sk-any"], "realtime"),
        (["openai-insecure-api-key.sk-any", "realtime", "openai-agents-sdk.0.20.0"], "realtime"),
        (["something-else"], None),
        (None, None),
    ],
)
async def test_the_subprotocol_is_realtime_or_none(offered: list[str] | None, chosen: str | None) -> None:
    subprotocols = [Subprotocol(name) for name in offered] if offered else None
    async with engine() as server, call(server, subprotocols=subprotocols) as client:
        assert client.subprotocol == chosen
        assert (await receive(client))["type"] == "session.created"


# Plain HTTP


def test_plain_requests_get_plain_answers() -> None:
    with engine_apart() as port:
        place = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{place}/health").json() == {"ok": True}
        for answer, status, code, says in (
            (httpx.get(place), 404, "not_found", "/v1/realtime"),
            (httpx.get(f"{place}/v1/models"), 404, "not_found", "/v1/realtime"),
            (httpx.get(f"{place}/v1/realtime?model=x"), 426, "upgrade_required", "WebSocket"),
            (httpx.get(f"{place}/v1/realtime?{'&'.join('a=1' for _ in range(50))}"), 426, "upgrade_required", ""),
            (httpx.post(f"{place}/v1/realtime/client_secrets", json={}), 405, "method_not_allowed", "client secrets"),
            (httpx.post(f"{place}/v1/realtime/calls", content=b"v=0" * 100_000), 405, "method_not_allowed", "WebRTC"),
            (httpx.delete(place), 405, "method_not_allowed", ""),
        ):
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (status, code)
            assert says in error["message"]


@pytest.mark.parametrize(
    ("target", "lines", "status"),
    [
        ("/v1/realtime?model=x", (), 101),
        ("/v1/realtime?model=x", ("Connection: keep-alive, Upgrade",), 101),  # Firefox
        ("/v1/realtime?model=x", ("Upgrade: WebSocket",), 101),
        ("/v1/realtime?model=x", ("Sec-WebSocket-Version: 12",), 400),
        ("/v1/realtime?call_id=rtc_1", (), 404),
        ("/v1/realtime?" + "&".join(f"a{n}=1" for n in range(50)), (), 400),
        ("/v1/realtime/sideband?model=x", (), 404),
        ("//[", (), 400),
        ("/v1/realtime?model=x", ("Origin: https://elsewhere.example",), 403),
        ("/v1/realtime?model=x", ("Origin: null",), 403),
        ("/v1/realtime?model=x", ("Origin: http://localhost:5173",), 403),
        ("/v1/realtime?model=x", ("Origin: http://localhost:{port}",), 403),
        ("/v1/realtime?model=x", ("Origin: http://rebound.example", "Host: rebound.example"), 421),
        ("/v1/realtime?model=x", ("Host: rebound.example",), 421),
        ("/v1/realtime?model=x", ("Host: 192.168.1.5:{port}",), 421),
        ("/v1/realtime?model=x", ("Host: [::1]:{port}",), 101),
        ("/v1/realtime?model=x", ("Host:",), 421),
    ],
)
def test_without_a_key_no_web_page_and_no_other_name_comes_in(target: str, lines: tuple[str, ...], status: int) -> None:
    with engine_apart() as port, RawWebSocket(port, target, *(line.format(port=port) for line in lines)) as raw:
        assert raw.status == status
        assert "Sec-WebSocket-Extensions" not in raw.head


@pytest.mark.parametrize(
    ("access", "origin", "status"),
    [
        (Access(origins=frozenset({"https://class.example"})), "https://class.example", 101),
        (Access(origins=frozenset({"https://class.example"})), "https://elsewhere.example", 403),
        (Access(KEY, frozenset({"https://class.example"})), "https://elsewhere.example", 403),
        (KEYED, "https://elsewhere.example", 101),
    ],
)
def test_pages_come_in_by_a_key_or_by_name(access: Access, origin: str, status: int) -> None:
    shown = f"Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{KEY}"
    with engine_apart(access) as port, RawWebSocket(port, "/v1/realtime?model=x", f"Origin: {origin}", shown) as raw:
        assert raw.status == status


# The end of a connection


def test_who_is_turned_away_learns_why_though_it_talks_and_does_not_listen() -> None:
    """The close must not overtake the reason: a socket that is closed with unread data in it resets the other side."""
    audio = frame(TEXT, b'{"type":"input_audio_buffer.append","audio":"' + b"A" * 60_000 + b'"}')
    with engine_apart(KEYED) as port, RawWebSocket(port, "/v1/realtime?model=x") as raw:
        for _ in range(40):
            raw.send(audio)
        opcode, payload = raw.receive()
        assert (opcode, json.loads(payload)["error"]["code"]) == (TEXT, "invalid_api_key")
        opcode, payload = raw.receive()
        assert (opcode, payload) == (CLOSE, b"\x0b\xb8invalid_request_error.invalid_api_key")
        raw.send(audio + frame(CLOSE, b"\x0b\xb8"))
        with pytest.raises(ConnectionError, match="the server hung up"):
            raw.receive()


def test_a_client_that_never_says_goodbye_is_not_waited_for() -> None:
    with engine_apart(KEYED) as port, RawWebSocket(port, "/v1/realtime?model=x") as raw:
        assert raw.close_code() == 3000


def test_a_message_may_have_16_mib_and_no_more() -> None:
    append = b'{"type":"input_audio_buffer.append","audio":"%s"}' % (b"A" * (15 * 1024 * 1024))
    big = frame(TEXT, append)
    with engine_apart() as port, RawWebSocket(port, f"/v1/realtime?model=vivavoce/{SCENARIO}") as raw:
        assert json.loads(raw.receive()[1])["type"] == "session.created"
        raw.send(big)  # without speech models it cannot be heard, which is said of what was understood
        assert "no speech models" in json.loads(raw.receive()[1])["error"]["message"]
        raw.send(frame(TEXT, append[:9_000_000], fin=False) + frame(PING, b"") + frame(0, append[9_000_000:]))
        raw.send(frame(TEXT, b'{"type":"input_audio_buffer.clear"}'))
        while json.loads(received[1] if (received := raw.receive())[0] == TEXT else b"{}").get("type") != (
            "input_audio_buffer.cleared"
        ):
            pass
        raw.send(frame(TEXT, b"x" * (16 * 1024 * 1024 + 1)))
        assert raw.close_code() == 1009


@pytest.mark.asyncio
async def test_stopping_tells_everybody_and_waits_for_no_answer() -> None:
    async with engine() as server, call(server) as client:
        assert (await receive(client))["type"] == "session.created"
        await server.close()
        with pytest.raises(ConnectionClosed) as closed:
            await receive(client)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001
        with pytest.raises(OSError):
            async with call(server):
                pass


# Encrypted


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def files(folder: Path, authority: trustme.CA, name: str = "localhost") -> tuple[Path, Path]:
    issued = authority.issue_cert(name, "127.0.0.1")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    issued.private_key_pem.write_to_path(key)
    for part in issued.cert_chain_pems:
        part.write_to_path(certificate, append=True)
    return certificate, key


@pytest.mark.asyncio
async def test_a_stock_client_calls_over_tls(
    tmp_path: Path, authority: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    certificate, key = files(tmp_path, authority)
    access = read_access(read_settings({}), Options(tls_cert=certificate, tls_key=key), voiced=False)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with engine(access) as server:
        assert server.url.startswith("wss://127.0.0.1:")
        async with call(server, ssl=trusting) as client:
            assert (await receive(client))["type"] == "session.created"
            await client.send(json.dumps({"type": "input_audio_buffer.clear", "filler": "x" * 2_000_000}))
            assert (await receive(client))["type"] == "input_audio_buffer.cleared"
        async with call(server, "", ssl=trusting) as client:
            assert (await turned_away(client))[0] == "missing_model"
        with pytest.raises(ssl.SSLCertVerificationError):
            async with call(server, ssl=ssl.create_default_context()):
                pass
        trusting.maximum_version = ssl.TLSVersion.TLSv1_2
        async with call(server, ssl=trusting) as client:
            assert (await receive(client))["type"] == "session.created"
        with pytest.raises(InvalidHandshake):
            async with connect(server.url.replace("wss", "ws")):
                pass
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.split(":")[2].split("/")[0]))
        writer.write_eof()  # as a scan of ports does
        assert await reader.read() == b""
        writer.close()
    assert not [record for record in caplog.records if record.name == "asyncio"]
