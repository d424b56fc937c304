"""A browser that reads slowly: nothing is lost or garbled, memory stays bounded, and only its own upstream waits."""

from __future__ import annotations

import base64
import random
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from kit.eventually import PATIENCE_S
from kit.raw_websocket import frame as wire_frame
from kit.server import Browser, Server
from kit.upstream import ScriptedUpstream

pytestmark = pytest.mark.usefixtures("path")
SCENARIOS = str(Path(__file__).parents[3] / "scenarios")
FRAMES = 2_000
NOBODY_READS = struct.pack("ll", 1, 0)
"""How long a flood waits to get rid of a frame, as seconds and microseconds."""
AT_ONCE = struct.pack("ii", 1, 0)
"""How a connection is closed that is to be reset."""
VOICE = base64.b64encode(random.Random(1).randbytes(48_000)).decode()


def frame(number: int) -> str:
    """Of 1 to 48 KB, so that picows writes it in one piece and in two; no two are alike."""
    size = 1_000 + number * 7_919 % 47_000
    voice = VOICE[number : number + size]
    return f'{{"type":"response.output_audio.delta","event_id":"event_{number}","delta":"{voice}"}}'


class Flood:
    """Sends all frames as fast as they are taken, to the first call; the others are left in peace."""

    def __init__(self) -> None:
        self.sent = 0
        self.bytes_sent = 0
        self._first = threading.Lock()

    def __call__(self, peer: ScriptedUpstream, connection: ServerConnection) -> None:
        if self._first.acquire(blocking=False):
            for number in range(FRAMES):
                text = frame(number)
                connection.send(text)
                self.sent = number + 1
                self.bytes_sent += len(text)


class Relapsing(ScriptedUpstream):
    """Floods the call until nobody reads, then breaks off without a word. The next one floods at once."""

    def __init__(self) -> None:
        super().__init__(then=lambda peer, connection: self._flood(connection))
        self.broke_off = threading.Semaphore(0)
        self.taken: list[int] = []
        """Frames that somebody took, of each flood."""

    def _talk(self, connection: ServerConnection) -> None:
        if not self.taken:
            super()._talk(connection)
        else:
            self._flood(connection)

    def _flood(self, connection: ServerConnection) -> None:
        wire = connection.socket
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, NOBODY_READS)
        taken = 0
        with suppress(BlockingIOError):
            while taken < FRAMES:
                wire.sendall(wire_frame(1, frame(taken).encode(), masked=False))
                taken += 1
        self.taken.append(taken)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        connection.close_socket()
        self.broke_off.release()


@contextmanager
def slow_browser(server: Server) -> Iterator[Browser]:
    """With small buffers of its own, so that it is the server that has to wait."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    sock.connect(("127.0.0.1", server.port))
    with server.browser("slow", sock=sock, max_queue=4) as browser:
        yield browser


def wait_until_stalled(flood: Flood) -> None:
    """Until the upstream cannot get rid of more."""
    before = -1
    until = time.monotonic() + 8
    while flood.sent != before or flood.sent == 0:
        assert time.monotonic() < until
        before = flood.sent
        time.sleep(1)


def voices(browser: Browser) -> Iterator[str]:
    """The frames of the flood, as they come, until the connection ends. Events that wait for the disk come between."""
    while True:
        text = str(browser.connection.recv(10))
        if text.startswith('{"type":"response.output_audio.delta"'):
            yield text


def memory_kb(server: Server) -> int:
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmRSS")))


def settings(url: str) -> dict[str, str]:
    return {"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": url, "VIVAVOCE_SCENARIOS": SCENARIOS}


def test_a_slow_reader_gets_everything_in_order(tmp_path: Path) -> None:
    flood = Flood()
    with (
        ScriptedUpstream(flood).listening() as url,
        Server(tmp_path, **settings(url)) as server,
        slow_browser(server) as browser,
    ):
        before = memory_kb(server)
        wait_until_stalled(flood)
        assert flood.sent < FRAMES, "the upstream was not held back"
        assert flood.bytes_sent < 20_000_000  # what the kernel's buffers hold, of 49 MB
        assert memory_kb(server) - before < 3_000
        with server.browser("quick") as other:
            other.until("response.done")
        for number, text in zip(range(FRAMES), voices(browser), strict=False):
            assert text == frame(number)


def test_a_reader_that_stopped_is_let_go(tmp_path: Path) -> None:
    flood = Flood()
    with (
        ScriptedUpstream(flood).listening() as url,
        Server(tmp_path, **settings(url)) as server,
        slow_browser(server) as browser,
    ):
        wait_until_stalled(flood)
        time.sleep(9.5)
        number = 0
        try:
            for text in voices(browser):
                assert text == frame(number)
                number += 1
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            assert closed.rcvd.code == 4008
        assert 0 < number < FRAMES


def test_another_upstream_waits_at_once_while_the_page_does_not_read(tmp_path: Path) -> None:
    upstream = Relapsing()
    with (
        upstream.listening() as url,
        Server(tmp_path, **settings(url)) as server,
        slow_browser(server) as browser,
    ):
        for _ in range(2):
            assert upstream.broke_off.acquire(timeout=PATIENCE_S)
            browser.say("Are you there?")  # only writing shows that an upstream is gone that nobody reads from
        browser.connection.socket.close()
    first, second = upstream.taken[:2]
    assert 0 < first < FRAMES
    assert 0 < second < FRAMES


def test_a_stop_waits_for_what_a_slow_browser_has_not_read_yet(tmp_path: Path) -> None:
    flood = Flood()
    with (
        ScriptedUpstream(flood).listening() as url,
        Server(tmp_path, **settings(url)) as server,
        slow_browser(server) as browser,
    ):
        wait_until_stalled(flood)
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                browser.connection.recv(10)
                time.sleep(0.02)
        assert closed.value.rcvd is not None, "nobody said goodbye"
        assert closed.value.rcvd.code == 1012
