"""The load of `make bench`: it compiles, plays every mode through a server, and notices what a relay does wrong.

Nothing here judges a speed.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from benchmarks.relay.program import ROOT, Load, build
from benchmarks.relay.relays import Relay, Stable

CORE = min(os.sched_getaffinity(0))


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    with Load(build(ROOT / ".make" / "bench"), tmp_path_factory.mktemp("load"), CORE) as running:
        yield running


@pytest.fixture(scope="module")
def relay(load: Load, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with Stable(load, tmp_path_factory.mktemp("relay"), frozenset({CORE}), wide=True) as stable:
        yield stable.vivavoce()


@pytest.mark.parametrize("mode", ["saturation", "trace", "slow"])
def test_every_frame_of_a_mode_gets_through_vivavoce(mode: str, relay: Relay, load: Load) -> None:
    run = relay.play(load, mode, 4, warm=0.2, seconds=1, deltas=72, verify=1)
    assert run["frames"] > 100
    assert (run["lost"], run["wrong"], run["ended"]) == (0, "", True)


def test_calls_are_held_and_have_a_turn_each(relay: Relay, load: Load) -> None:
    run = relay.play(load, "memory", 4, more=4, warm=0.1, deltas=72)
    assert run["touched_kb"] > 0
    assert (run["lost"], run["wrong"], run["ended"]) == (0, "", True)


@pytest.mark.parametrize(
    ("mangle", "wrong"),
    [
        (lambda data: data.replace(b'"delta":"W', b'"delta":"V'), "other bytes"),
        (lambda data: data.replace(b"event_f000000000005", b"event_x000000000005"), "out of order"),
    ],
    ids=["a changed byte", "a frame that does not come"],
)
def test_a_relay_that_garbles_is_found_out(mangle: Callable[[bytes], bytes], wrong: str, load: Load) -> None:
    with garbling(load.port, mangle) as port:
        run = Relay("garbling", port, None).play(load, "saturation", 2, warm=0.1, seconds=0.5, deltas=72, verify=1)
    assert wrong in run["wrong"]


@contextmanager
def garbling(upstream: int, mangle: Callable[[bytes], bytes]) -> Iterator[int]:
    """Passes bytes on; what comes from the upstream is mangled."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, upstream, mangle), daemon=True).start()
        yield listener.getsockname()[1]


def serve(listener: socket.socket, upstream: int, mangle: Callable[[bytes], bytes]) -> None:
    while True:
        try:
            page, _ = listener.accept()
        except OSError:
            return
        there = socket.create_connection(("127.0.0.1", upstream))
        for source, target, change in ((page, there, bytes), (there, page, mangle)):
            threading.Thread(target=pass_on, args=(source, target, change), daemon=True).start()


def pass_on(source: socket.socket, target: socket.socket, change: Callable[[bytes], bytes]) -> None:
    with source, suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(change(data))
        target.shutdown(socket.SHUT_WR)
