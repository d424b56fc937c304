"""What only this host has to show: its files, its object's storage, and that one call's misfortune is its own."""

from __future__ import annotations

import hashlib
import json
import threading
import urllib.request

from cloudflare.harness.process import Workerd
from cloudflare.upstream import DELTAS, Talkative
from kit.eventually import eventually
from kit.server import SCENARIO
from vivavoce.hosts.native.app import STATIC

OF_A_CALL = ("LiveCall", "Session", "Socket", "PyodideTask")
"""Classes of which there are only as many as calls want."""


def get(worker: Workerd, path: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(worker.url + path, timeout=30) as answer:
        return answer.headers["Content-Type"], answer.read()


def test_the_page_and_its_deep_links_come_from_the_same_worker(worker: Workerd) -> None:
    pages = [get(worker, path) for path in ("/", f"/call/{SCENARIO}")]
    assert {kind for kind, _ in pages} == {"text/html; charset=utf-8"}
    assert {page for _, page in pages} == {(STATIC / "index.html").read_bytes()}


def test_health_and_the_public_index_of_lessons(worker: Workerd) -> None:
    assert json.loads(get(worker, "/api/health")[1]) == {"ok": True}
    assert SCENARIO in {lesson["id"] for lesson in json.loads(get(worker, "/api/scenarios")[1])}


def stored(worker: Workerd) -> dict[str, str]:
    """What stands in every file of the objects, but for SQLite's index of its own journal."""
    files = [path for path in worker.objects.rglob("*") if path.is_file() and not path.name.endswith("-shm")]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_sound_is_relayed_without_a_write_to_storage(worker: Workerd, upstream: Talkative) -> None:
    upstream.speech = speech = threading.Event()
    with worker.browser("listener") as browser:
        browser.go_live()
        speech.set()
        browser.until("response.output_audio.delta")
        before = stored(worker)
        for _ in range(DELTAS - 1):
            browser.until("response.output_audio.delta")
        assert stored(worker) == before
        assert any("RealtimeSession" in path for path in before)


def test_a_tower_of_brackets_harms_no_call(worker: Workerd) -> None:
    with worker.browser("neighbour") as neighbour, worker.browser("builder") as builder:
        neighbour.go_live()
        builder.go_live()
        builder.connection.send("[" * 200_000)
        assert builder.until("error")["error"]["code"] == "invalid_json"
        neighbour.connection.send("{}")
        neighbour.until("error")


def test_an_object_that_is_thrown_out_of_memory_breaks_its_connection_and_takes_its_call_along(
    worker: Workerd,
) -> None:
    before = counted(worker)
    with worker.browser("evicted") as browser:
        browser.go_live()
        worker.evict(SCENARIO, "evicted")
        assert browser.closed()[0] == 1006
        eventually(lambda: all(counted(worker)[name] <= before[name] for name in OF_A_CALL))
    assert "was destroyed" not in worker.log  # no task waits for the length of a call


def test_a_call_that_is_over_leaves_nothing_in_memory(worker: Workerd) -> None:
    before = counted(worker)
    for number in range(5):
        with worker.browser(f"passer-by-{number}") as browser:
            browser.go_live()
            assert worker.count("LiveCall")
            browser.send("vivavoce.end")
            browser.until("vivavoce.ended")
    eventually(lambda: all(counted(worker)[name] <= before[name] for name in OF_A_CALL))


def counted(worker: Workerd) -> dict[str, int]:
    return {name: worker.count(name) for name in OF_A_CALL}
