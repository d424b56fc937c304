"""The server answers while its voice is still being loaded; who wants to call then waits, and is told nothing wrong."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from kit.eventually import eventually
from kit.server import SCENARIO, Server, with_speech
from kit.tiny_whisper import tiny_whisper
from vivavoce.admission.refused import Refused
from vivavoce.hosts.native import warming
from vivavoce.hosts.native.warming import Warming


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/health").status_code == HTTPStatus.OK
    except httpx.TransportError:
        return False


def ticket(url: str) -> httpx.Response:
    """As the page asks for one: again, while it is told that it may come again."""
    asked = {"scenario": SCENARIO, "user": "early"}
    while (answer := httpx.post(f"{url}/api/tickets", json=asked, timeout=60)).headers.get("Retry-After"):
        assert answer.json()["error"]["code"] == "warming_up"
    return answer


def test_a_call_begins_when_the_voice_is_there(tmp_path: Path) -> None:
    """The disk is slow: a file of the recogniser is a pipe that nobody has written to yet."""
    folder = tiny_whisper(tmp_path / "whisper", bands=80, languages=["en"])
    slow, whole = folder / "vocabulary.json", tmp_path / "vocabulary.json"
    slow.rename(whole)
    os.mkfifo(slow)
    tokens = whole.read_text()
    server = Server(tmp_path, **with_speech(), VIVAVOCE_WHISPER=str(folder))
    with ThreadPoolExecutor() as threads:
        started = threads.submit(server.__enter__)
        try:
            eventually(lambda: answers(server.url))
            ready = httpx.get(f"{server.url}/api/ready")
            assert (ready.status_code, ready.json()["error"]["code"]) == (503, "warming_up")
            assert int(ready.headers["Retry-After"]) > 0
            assert httpx.get(f"{server.url}/").status_code == HTTPStatus.OK
            assert httpx.get(f"{server.url}/api/session").json()["calls"] == {"open": True, "message": None}
            with pytest.raises(InvalidStatus) as refused, server.browser():
                pass
            assert refused.value.response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
            waiting = threads.submit(ticket, server.url)
            with slow.open("w") as pipe:
                assert not started.done()
                assert not waiting.done()
                whole.replace(slow)  # CTranslate2 reads it, too
                pipe.write(tokens)
            given = waiting.result().json()["ticket"]
            assert httpx.get(f"{server.url}/api/ready").status_code == HTTPStatus.OK
            with server.browser(ticket=given) as browser:
                browser.go_live()
        finally:
            started.result()
            server.__exit__(None, None, None)


@pytest.mark.asyncio
async def test_who_has_waited_for_long_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "PATIENCE_SECONDS", 0)
    work: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    slow = Warming(work)
    with pytest.raises(Refused, match="still being loaded") as refused:
        await slow.wait()
    assert refused.value.headers["Retry-After"] == "2"
    work.set_result(None)
    monkeypatch.undo()
    await slow.wait()
    await Warming().wait()


@pytest.mark.asyncio
async def test_what_has_to_be_loaded_again_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    again = Warming()
    again.begin()
    with pytest.raises(Refused):
        again.check()
    asyncio.get_running_loop().call_soon(again.end)
    await again.wait()


def test_what_the_start_does_not_need_is_not_loaded() -> None:
    script = "import sys, vivavoce.cli, vivavoce.hosts.native.server, vivavoce.hosts.native.engine_server; "
    script += "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    later = {"numpy", "onnxruntime", "ctranslate2", "hibari", "httpx", "rich", "jsonschema", "pyrage"}
    assert later.isdisjoint(done.stdout.split())
