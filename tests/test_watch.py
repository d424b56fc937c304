"""The watch over the whole run sees what it is there for, and takes nothing else for a leak."""

from __future__ import annotations

import http.server
import logging
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kit.watch import MARK, WATCH, Stream, Watched, planted

KEY = "sk-1234567890abcdef"
TOKEN = b"0123456789abcdef0123456789abcdef"


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    """A server that gives everybody this answer; its port."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def got(tmp_path: Path, body: bytes, *flags: str) -> list[str]:
    with answering(body) as port:
        watched = WATCH.server(port, tmp_path, flags, {"OPENAI_API_KEY": KEY})
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            answer.read()
        assert watched.leaks == WATCH.leaks()
        WATCH.ended(port)
    return watched.leaks


@pytest.mark.parametrize(
    "body",
    [
        b'{"session":{"instructions":"You want ' + MARK + b'hotel-1"}}',
        b'{"error":{"message":"Incorrect key ' + KEY.encode() + b'"}}',
        b'{"resume_token":"' + TOKEN + b'"} and once more ' + TOKEN,
        b'{"ticket":"' + TOKEN + b'"} {"error":"no such ticket ' + TOKEN + b'"}',
    ],
)
def test_a_secret_that_a_client_gets_is_seen(tmp_path: Path, body: bytes) -> None:
    with answering(body) as port:
        WATCH.server(port, tmp_path, (), {"OPENAI_API_KEY": KEY})
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
        WATCH.ended(port)
        assert len(WATCH.leaks()) == 1  # what it was is told of also when it has ended
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
        assert not WATCH.leaks(), "the port was anybody's"


def test_a_token_may_be_handed_out_again_and_a_prompt_may_be_shown_on_demand(tmp_path: Path) -> None:
    assert got(tmp_path, b'{"resume_token":"' + TOKEN + b'"}' * 2) == []
    assert got(tmp_path, MARK, "--raw") == []


def test_what_was_handed_out_is_not_taken_for_a_leak_where_a_piece_of_the_stream_ends(tmp_path: Path) -> None:
    hello = b'{"resume_token":"' + TOKEN + b'"'
    for size in range(500, 540):
        watched = Watched(tmp_path, (), {})
        stream = Stream(watched)
        stream.received(hello + b" " * (size - len(hello)))
        stream.received(b"and so on")
        assert watched.leaks == []
        stream.received(TOKEN)
        assert len(watched.leaks) == 1


def test_a_secret_in_two_pieces_is_seen(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        WATCH.server(server.getsockname()[1], tmp_path, (), {})
        with socket.create_connection(server.getsockname()) as client, server.accept()[0] as other:
            for piece in (MARK[:4], MARK[4:]):
                other.sendall(piece)
                client.recv(100)
        WATCH.ended(server.getsockname()[1])
    assert len(WATCH.leaks()) == 1


@pytest.mark.parametrize("secret", [MARK, KEY.encode(), TOKEN])
def test_a_secret_that_a_server_writes_down_is_seen(tmp_path: Path, secret: bytes) -> None:
    (tmp_path / "calls.sqlite3-wal").write_bytes(bytes(5_000) + secret)
    watched = Watched(tmp_path, (), {"OPENAI_API_KEY": KEY})
    watched.sent(b'{"type":"vivavoce.hello","resume_token":"' + TOKEN + b'"}')
    watched.look_through_files()
    assert [leak.startswith("in calls.sqlite3-wal") for leak in watched.leaks] == [True]


def test_a_secret_in_a_log_of_this_process_is_seen() -> None:
    logging.getLogger("vivavoce.calls").warning("the prompt is %s", MARK.decode())
    assert len(WATCH.leaks()) == 1


def test_what_no_server_sent_is_nobodys_leak(tmp_path: Path) -> None:
    with answering(MARK) as port, urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        assert answer.read() == MARK
    assert WATCH.leaks() == []


def test_every_lesson_has_canaries() -> None:
    lessons = [file for file in planted().glob("*.json") if file.name != "index.json"]
    assert len(lessons) > 5
    assert all(file.read_bytes().count(MARK) >= 5 for file in lessons)
    assert MARK not in (planted() / "index.json").read_bytes()
