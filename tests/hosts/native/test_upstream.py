"""Dialling: the headers of each kind of upstream, and what is told when it does not answer as it should."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import socket
import traceback
from contextlib import suppress
from typing import Any

import pytest
from multidict import CIMultiDict

from kit.server import free_port
from kit.upstream import ScriptedUpstream
from vivavoce.hosts.native import upstream as dialling
from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.settings import read_settings
from vivavoce.hosts.native.upstream import Upstream
from vivavoce.session.breaker import LEAST_CONNECTS
from vivavoce.session.inputs import Peer
from vivavoce.session.not_opened import UpstreamError, retry_after
from vivavoce.settings.upstream import UpstreamSettings

KEY = "sk-canary-0123456789abcdef"
NOW = 1_795_000_000.0


class Listening:
    """Owner of a link: notes what comes."""

    def __init__(self) -> None:
        self.first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self.link: Link

    def opened(self, link: Link) -> None:
        self.link = link
        link.owner = self

    def received(self, link: Link, frame: bytes) -> None:
        self.first.set_result(frame)

    def received_binary(self, link: Link, size: int) -> None:
        raise AssertionError("no binary frame was sent")

    def congestion_changed(self, link: Link) -> None:
        raise AssertionError("nothing big was sent")

    def disconnected(self, link: Link, code: int, reason: str) -> None:
        self.ended.set_result((code, reason))


async def dial(url: str, **environment: str) -> Listening:
    upstream = Upstream(read_settings(environment).upstream, url)
    listening = Listening()
    await upstream.connect(
        Link(Peer.UPSTREAM, dialling.MAX_FRAME, listening.opened), "hotel-complaint", "ada@example.com"
    )
    return listening


async def hang_up(listening: Listening) -> None:
    listening.link.close(1000, "done")
    assert await asyncio.wait_for(listening.ended, 5) == (1000, "done")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("environment", "model", "expected"),
    [
        (
            {"OPENAI_API_KEY": KEY},
            "gpt-realtime-2.1",
            {
                "Authorization": f"Bearer {KEY}",
                "OpenAI-Safety-Identifier": hashlib.sha256(b"ada@example.com").hexdigest(),
            },
        ),
        (
            {"OPENAI_API_KEY": KEY, "VIVAVOCE_UPSTREAM": "azure", "VIVAVOCE_MODEL": "my deployment"},
            "my+deployment",
            {"api-key": KEY},
        ),
        ({"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_MODEL": "m"}, "m", {}),
        (
            {"VIVAVOCE_UPSTREAM": "compatible", "OPENAI_API_KEY": KEY},
            "gpt-realtime-2.1",
            {"Authorization": f"Bearer {KEY}"},
        ),
        ({}, "vivavoce/hotel-complaint", {}),
    ],
)
async def test_each_kind_has_its_headers_and_no_others(
    environment: dict[str, str], model: str, expected: dict[str, str]
) -> None:
    peer = ScriptedUpstream()
    with peer.listening() as url:
        if environment.get("VIVAVOCE_UPSTREAM") in ("azure", "compatible"):
            environment = {**environment, "VIVAVOCE_UPSTREAM_URL": "wss://example.com"}
        await hang_up(await dial(url, **environment))
    [request] = peer.requests
    assert request.path == f"/v1/realtime?model={model}"
    plain = {"host", "upgrade", "connection", "sec-websocket-version", "sec-websocket-key"}
    sent = {name: value for name, value in request.headers.raw_items() if name.lower() not in plain}
    assert sent == expected  # no OpenAI-Beta, no compression, no cookie


@pytest.mark.asyncio
async def test_a_query_of_the_operators_stays() -> None:
    peer = ScriptedUpstream()
    with peer.listening() as url:
        await hang_up(await dial(f"{url}?region=eu"))
    assert peer.requests[0].path == "/v1/realtime?region=eu&model=vivavoce/hotel-complaint"


@pytest.mark.asyncio
async def test_what_comes_with_the_handshake_is_not_lost() -> None:
    peer = ScriptedUpstream()
    with peer.listening() as url:
        listening = await dial(url)
        first = await asyncio.wait_for(listening.first, 5)
        assert first.startswith(b'{"type":"session.created"')
        await hang_up(listening)


def everything_told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error.args)


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 302])
async def test_a_refusal_is_told_by_its_status(status: int) -> None:
    """A redirect is a refusal too: it could lead the key anywhere."""
    peer = ScriptedUpstream(refuse=status)
    with peer.listening() as url, pytest.raises(UpstreamError, match=f"answered {status}") as caught:
        await dial(url, OPENAI_API_KEY=KEY)
    assert caught.value.status == status
    assert KEY not in everything_told(caught.value)
    assert len(peer.requests) == 1


@pytest.mark.asyncio
async def test_a_refusal_that_no_waiting_helps_is_told_by_its_name() -> None:
    peer = ScriptedUpstream(refuse=429, error_code="insufficient_quota")
    with peer.listening() as url, pytest.raises(UpstreamError, match=r"answered 429: insufficient_quota$") as caught:
        await dial(url, OPENAI_API_KEY=KEY)
    assert KEY not in everything_told(caught.value)


@pytest.mark.asyncio
async def test_how_long_it_wants_to_be_left_alone_is_told() -> None:
    peer = ScriptedUpstream(refuse=429, retry_after="7")
    with peer.listening() as url, pytest.raises(UpstreamError) as caught:
        await dial(url, OPENAI_API_KEY=KEY)
    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "99999999"}, 3600.0),
        ({"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}, 0.0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 3600.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "\u0661"}, None),
        ({"retry-after": "Fri, 99 Dec 1999 99:99:99 GMT"}, None),
        ({"retry-after-ms": "x", "retry-after": ""}, None),
    ],
)
def test_whatever_an_upstream_says_about_waiting_is_a_time_or_nothing(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.asyncio
async def test_a_provider_that_fails_most_of_the_time_is_not_dialled() -> None:
    peer = ScriptedUpstream(refuse=503)
    with peer.listening() as url:
        upstream = Upstream(read_settings({}).upstream, url)
        for _ in range(LEAST_CONNECTS + 3):
            with pytest.raises(UpstreamError) as caught:
                await upstream.connect(Link(Peer.UPSTREAM, dialling.MAX_FRAME, lambda link: None), "hotel", "ada")
            assert caught.value.status == 503
        left_alone = upstream.down_for()
    assert len(peer.requests) == LEAST_CONNECTS
    assert left_alone is not None
    assert caught.value.retry_after is not None


@pytest.mark.asyncio
async def test_a_provider_that_says_no_is_there() -> None:
    peer = ScriptedUpstream(refuse=401)
    with peer.listening() as url:
        upstream = Upstream(read_settings({}).upstream, url)
        for _ in range(LEAST_CONNECTS + 1):
            with pytest.raises(UpstreamError, match="answered 401"):
                await upstream.connect(Link(Peer.UPSTREAM, dialling.MAX_FRAME, lambda link: None), "hotel", "ada")
        assert upstream.down_for() is None


@pytest.mark.asyncio
async def test_nobody_there_is_status_0() -> None:
    with pytest.raises(UpstreamError, match="no connection") as caught:
        await dial(f"ws://127.0.0.1:{free_port()}/v1/realtime", OPENAI_API_KEY=KEY)
    assert caught.value.status == 0


@pytest.mark.asyncio
async def test_a_name_that_does_not_exist_is_status_0() -> None:
    with pytest.raises(UpstreamError, match="no connection"):
        await dial("ws://nowhere.invalid/v1/realtime")


@pytest.mark.asyncio
async def test_silence_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "HANDSHAKE_SECONDS", 0.2)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(UpstreamError, match="no answer within") as caught,
    ):
        await dial(f"ws://127.0.0.1:{silent.getsockname()[1]}/", OPENAI_API_KEY=KEY)
    assert KEY not in everything_told(caught.value)


@pytest.mark.asyncio
@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 999 \xff\r\n\r\n", b""])
async def test_something_else_than_http_is_status_0(answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        with pytest.raises(UpstreamError) as caught:
            await dial(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", OPENAI_API_KEY=KEY)
    assert caught.value.status == 0
    assert KEY not in everything_told(caught.value)


@pytest.mark.asyncio
async def test_a_dial_that_was_given_up_is_opened_by_no_late_answer() -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        ended.set()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        dialled = asyncio.create_task(dial(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
        await asyncio.wait_for(asked.wait(), 5)
        dialled.cancel()
        await asyncio.wait_for(ended.wait(), 5)
        with pytest.raises(asyncio.CancelledError):
            await dialled


async def _accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    key = head.lower().split(b"sec-websocket-key: ")[1].split(b"\r\n")[0]
    key = head[head.lower().index(key) :][: len(key)]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    writer.write(answer + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")


@pytest.mark.asyncio
async def test_who_falls_silent_is_asked_for_a_sign_and_then_let_go_of_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "PING_SECONDS", 0.1)
    heard = asyncio.get_running_loop().create_future()

    async def fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _accept(reader, writer)
        heard.set_result(await reader.read())
        writer.close()

    server = await asyncio.start_server(fall_silent, "127.0.0.1", 0)
    async with server:
        listening = await dial(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", OPENAI_API_KEY=KEY)
        assert await asyncio.wait_for(listening.ended, 5) == (1001, "no answer to a ping")
        frames = await asyncio.wait_for(heard, 5)
    assert (frames[0], frames[6]) == (0x89, 0x88)


@pytest.mark.asyncio
async def test_who_gives_a_sign_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialling, "PING_SECONDS", 0.1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _accept(reader, writer)
        for _ in range(5):
            assert (await reader.readexactly(6))[:2] == b"\x89\x80"
            writer.write(b"\x8a\x00")
        writer.write(b"\x81\x02{}")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        listening = await dial(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", OPENAI_API_KEY=KEY)
        assert await asyncio.wait_for(listening.first, 5) == b"{}"
        listening.link.abort()
        await asyncio.wait_for(listening.ended, 5)


@pytest.mark.asyncio
async def test_an_open_link_holds_no_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is in one of them, and for an idle call they are a lot."""
    shown: list[dict[str, str]] = []
    headers = UpstreamSettings.headers

    def show(settings: UpstreamSettings, user: str) -> dict[str, str]:
        shown.append(headers(settings, user))
        return shown[-1]

    def heads() -> list[object]:
        known = (
            one for one in gc.get_objects() if type(one) is CIMultiDict
        )  # not isinstance: there may be dead proxies
        return [head for head in (*shown, *known) if f"Bearer {KEY}" in tuple(head.values())]

    monkeypatch.setattr(UpstreamSettings, "headers", show)
    before = heads()
    peer = ScriptedUpstream()
    with peer.listening() as url:
        listening = await dial(url, OPENAI_API_KEY=KEY)
        left = [head for head in heads() if not any(head is other for other in before)]
        await hang_up(listening)
    assert peer.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    assert not left


def test_the_settings_keep_the_key_out_of_sight() -> None:
    settings = read_settings({"OPENAI_API_KEY": KEY})
    upstream: Any = Upstream(settings.upstream, "wss://example.com")
    assert KEY not in repr(settings) + repr(upstream) + str(settings)
