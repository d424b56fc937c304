"""What may come through the door of /ws, and how everything else is turned away."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from kit.autobahn import EchoServer
from kit.raw_websocket import RawWebSocket, frame
from kit.server import SCENARIO, Server

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
TARGET = f"/ws?scenario={SCENARIO}&user="

LIMIT = 256 * 1024


def clear(**fields: object) -> bytes:
    return json.dumps({"type": "input_audio_buffer.clear", **fields}).encode()


# The handshake


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((), 101),
        (("Origin: http://localhost:{port}",), 101),
        (("Origin: http://localhost:5173",), 101),
        (("Origin: http://127.0.0.1:5173", "Host: 127.0.0.1:{port}"), 101),
        (("Origin: http://127.0.0.1:{port}", "Host: 127.0.0.1:{port}"), 101),
        (("Origin: https://evil.example",), 403),
        (("Origin: null",), 403),
        (("Origin: http://localhost:1",), 403),
        (("Host: evil.example",), 421),
        (("Host: evil.example", "Origin: http://evil.example"), 421),
        (("Connection: keep-alive, Upgrade",), 101),  # Firefox
        (("Connection: upgrade", "Upgrade: WebSocket"), 101),
        (("Sec-WebSocket-Version: 12",), 400),
        (("Sec-WebSocket-Key: short",), 400),
    ],
)
def test_the_handshake(server: Server, lines: tuple[str, ...], status: int) -> None:
    filled = [line.format(port=server.port) for line in lines]
    with RawWebSocket(server.port, TARGET + "handshake", *filled) as raw:
        assert raw.status == status


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/ws?scenario=no-such-thing", 404, "unknown_scenario"),
        ("/ws", 404, "unknown_scenario"),
        ("/ws?scenario=../index", 404, "unknown_scenario"),
        ("/ws?scenario=%00", 404, "unknown_scenario"),
        (f"/ws?scenario={SCENARIO}&user=a%20b", 400, "bad_user"),
        (f"/ws?scenario={SCENARIO}&user=%3Cscript%3E", 400, "bad_user"),
        (f"/ws?scenario={SCENARIO}&user={'a' * 65}", 400, "bad_user"),
        (f"/ws?scenario={SCENARIO}&user=a%0A", 400, "bad_user"),
        (f"/ws?scenario={SCENARIO}&after=-1", 400, "bad_after"),
        (f"/ws?scenario={SCENARIO}&after=x", 400, "bad_after"),
        (f"/ws?scenario={SCENARIO}&" + "&".join(f"a{n}=1" for n in range(50)), 400, "bad_query"),
        (f"/wsx?scenario={SCENARIO}", 404, "not_found"),
        ("//[", 400, "bad_target"),
        (f"/api/health?scenario={SCENARIO}", 404, "not_found"),
    ],
)
def test_a_refusal_is_json_and_says_why(server: Server, target: str, status: int, code: str) -> None:
    with RawWebSocket(server.port, target) as raw:
        assert raw.status == status
        assert "application/json" in raw.head
        length = int(next(line.split(":")[1] for line in raw.head.splitlines() if line.startswith("Content-Length")))
        assert json.loads(raw.body(length))["error"]["code"] == code


def test_only_get_upgrades(server: Server) -> None:
    with RawWebSocket(server.port, TARGET + "post", method="POST") as raw:
        assert raw.status == 400


def test_the_subprotocol_is_chosen_when_it_is_offered(server: Server) -> None:
    for offered, chosen in (
        ("vivavoce", True),
        ("chat, vivavoce", True),
        ("vivavoce, vivavoce.resume.00", True),
        ("vivavoce, vivavoce.resume.\xe9", True),
        ("chat", False),
        ("", False),
    ):
        with RawWebSocket(server.port, TARGET + "sub", f"Sec-WebSocket-Protocol: {offered}") as raw:
            assert raw.status == 101
            assert ("Sec-WebSocket-Protocol: vivavoce\r\n" in raw.head + "\r\n") is chosen
            assert "vivavoce.resume" not in raw.head


def test_compression_is_never_agreed_to(server: Server) -> None:
    with RawWebSocket(server.port, TARGET + "deflate", "Sec-WebSocket-Extensions: permessage-deflate") as raw:
        assert raw.status == 101
        assert "extensions" not in raw.head.lower()


def test_a_connection_that_was_used_for_http_upgrades(server: Server) -> None:
    with RawWebSocket(server.port, "/api/health", "Upgrade:", "Connection: keep-alive") as raw:
        assert (raw.status, raw.body(11)) == (200, b'{"ok":true}')
        raw.request(TARGET + "reused", "Connection: keep-alive, Upgrade")
        assert raw.response_head()[0] == 101
        assert json.loads(raw.receive()[1])["type"] == "vivavoce.hello"


def test_a_long_request_head_upgrades(server: Server) -> None:
    with RawWebSocket(server.port, TARGET + "cookies", f"Cookie: a={'x' * 9000}") as raw:
        assert raw.status == 101


def test_http_goes_on_beside_calls(server: Server) -> None:
    with RawWebSocket(server.port, TARGET + "beside") as raw:
        assert raw.status == 101
        assert httpx.get(f"{server.url}/api/health").content == b'{"ok":true}'


# Frames


@pytest.mark.parametrize(
    ("name", "frames", "code"),
    [
        ("rsv1", [frame(TEXT, clear(), rsv=4)], 1002),
        ("rsv3", [frame(TEXT, clear(), rsv=1)], 1002),
        ("rsv-ping", [frame(PING, b"", rsv=4)], 1002),
        ("opcode-3", [frame(3, b"")], 1002),
        ("opcode-11", [frame(11, b"")], 1002),
        ("unmasked", [frame(TEXT, clear(), masked=False)], 1002),
        ("fragmented-ping", [frame(PING, b"", fin=False)], 1002),
        ("long-ping", [frame(PING, b"x" * 126)], 1002),
        ("stray-continuation", [frame(CONTINUATION, b"x")], 1002),
        ("text-in-text", [frame(TEXT, b"a", fin=False), frame(TEXT, b"b")], 1002),
        ("not-utf8", [frame(TEXT, b'{"type":"\xff"}')], 1007),
        ("half-a-character", [frame(TEXT, "ü".encode()[:1])], 1007),
        ("surrogate", [frame(TEXT, b"\xed\xa0\x80")], 1007),
        ("not-utf8-in-parts", [frame(TEXT, b"\xc3", fin=False), frame(CONTINUATION, b"\xc3")], 1007),
        ("too-big", [frame(TEXT, b"x" * (LIMIT + 1))], 1009),
        ("too-big-binary", [frame(BINARY, b"x" * (LIMIT + 1))], 1009),
        ("declared-too-big", [frame(TEXT, b"x", declared=1 << 40)], 1009),
        ("too-big-in-parts", [frame(TEXT, b"x", fin=False), *[frame(CONTINUATION, b"x" * 65000, fin=False)] * 5], 1009),
        ("bad-close-code", [frame(CLOSE, b"\x03\xed")], 1002),
        ("close", [frame(CLOSE, b"\x03\xe8")], 1000),
        ("empty-close", [frame(CLOSE, b"")], 1000),
        ("own-close-code", [frame(CLOSE, b"\x0f\xa0")], 4000),
    ],
)
def test_a_broken_frame_closes_with_its_code(server: Server, name: str, frames: list[bytes], code: int) -> None:
    with RawWebSocket(server.port, TARGET + name) as raw:
        raw.send(b"".join(frames))
        assert raw.close_code() == code


@pytest.mark.parametrize(
    ("name", "flood"),
    [
        ("pings", frame(PING, b"x") * 2000),
        ("pongs", frame(PONG, b"") * 2000),
        ("fragments", frame(TEXT, b"{", fin=False) + frame(CONTINUATION, b"", fin=False) * 2000),
        ("binary", frame(BINARY, b"") * 2000),
        ("bytes", frame(TEXT, b"x" * LIMIT) * 12),
    ],
)
def test_a_flood_of_what_is_no_event_ends_the_connection(server: Server, name: str, flood: bytes) -> None:
    with RawWebSocket(server.port, TARGET + f"flood-{name}") as raw:
        raw.send(flood)
        assert raw.close_code() == 4008


def test_a_flood_of_events_is_cut_off_though_the_flooder_does_not_listen(server: Server) -> None:
    with RawWebSocket(server.port, TARGET + "flood-events") as raw:
        raw.send(frame(TEXT, clear()) * 20_000)  # the end is said within the first of them
        assert raw.close_code() == 4008
    with server.browser("flood-events-after") as browser:
        browser.go_live()


def test_a_reason_that_is_too_long_for_a_close_frame_is_cut() -> None:
    long = "é" * 100
    with EchoServer() as url, RawWebSocket(int(url.rpartition(":")[2]), "/") as raw:
        raw.send(frame(TEXT, f"close {long}".encode()))
        opcode, payload = raw.receive()
        assert (opcode, payload[:2], len(payload)) == (CLOSE, b"\x0f\xa0", 124)
        assert payload[2:].decode() == "é" * 61


def next_error(raw: RawWebSocket) -> dict[str, object]:
    while True:
        opcode, payload = raw.receive()
        event = json.loads(payload) if opcode == TEXT else {}
        if event.get("type") == "error":
            error: dict[str, object] = event["error"]
            return error


def test_a_message_in_parts_is_one_message(server: Server) -> None:
    wrong = json.dumps({"type": "session.update", "event_id": "fräulein"}, ensure_ascii=False).encode()
    cut = wrong.index("ä".encode()) + 1  # within a character
    with RawWebSocket(server.port, TARGET + "parts") as raw:
        raw.send(
            frame(TEXT, wrong[:9], fin=False)
            + frame(PING, b"between")
            + frame(CONTINUATION, wrong[9:cut], fin=False)
            + frame(CONTINUATION, b"", fin=False)
            + frame(CONTINUATION, wrong[cut:])
        )
        assert next_error(raw)["event_id"] == "fräulein"


def test_binary_is_answered_and_the_call_goes_on(server: Server) -> None:
    with RawWebSocket(server.port, TARGET + "binary") as raw:
        raw.send(frame(BINARY, b"\0" * 960) + frame(BINARY, b"\0", fin=False) + frame(CONTINUATION, b"\0"))
        assert "binary" in str(next_error(raw)["message"])
        assert "binary" in str(next_error(raw)["message"])
        raw.send(frame(TEXT, b'{"type":"session.update","event_id":"still here"}'))
        assert next_error(raw)["event_id"] == "still here"


def test_a_frame_of_exactly_the_limit_passes(server: Server) -> None:
    with RawWebSocket(server.port, TARGET + "limit") as raw:
        raw.send(frame(TEXT, b'{"type":"session.update"}'.ljust(LIMIT)))
        assert next_error(raw)


def test_a_ping_is_answered(server: Server) -> None:
    with RawWebSocket(server.port, TARGET + "ping") as raw:
        raw.send(frame(PING, b"are you there"))
        while (received := raw.receive())[0] != PONG:
            pass
        assert received == (PONG, b"are you there")


def memory_kb(server: Server) -> int:
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmRSS")))


def test_five_megabytes_close_with_1009_and_harm_nobody_else(server: Server) -> None:
    with server.browser("bystander") as bystander:
        bystander.go_live()
        before = memory_kb(server)
        for _ in range(5):
            with RawWebSocket(server.port, TARGET + "flood") as raw:
                raw.send(frame(TEXT, b"x" * 5_000_000))  # to the last byte: the close frame must survive that
                assert raw.close_code() == 1009
        assert memory_kb(server) - before < 4_000
        bystander.say("Hello, I am sorry to hear that.")
        bystander.until("response.done")


def test_a_connection_that_is_dropped_is_noticed(server: Server) -> None:
    raw = RawWebSocket(server.port, TARGET + "dropped")
    raw._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset instead of a farewell
    raw._socket.close()
    with server.browser("dropped") as browser:  # takes over, which would fail were the old one still waited for
        browser.go_live()
