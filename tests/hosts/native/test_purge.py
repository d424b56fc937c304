"""What was promised to be deleted is deleted: records, sound, and what a killed server left behind."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import cast

import httpx
import pytest
import pytest_asyncio

from kit.server import SCENARIO, Server
from vivavoce.hosts.native.archive import Archive, Unknown
from vivavoce.hosts.native.calls import Calls
from vivavoce.hosts.native.purge import purge
from vivavoce.hosts.native.recording import AudioFiles, Recorder
from vivavoce.hosts.native.sqlite import Reader, Writer
from vivavoce.protocol.coming_back import RESUMABLE_SECONDS
from vivavoce.store.retention import Retention
from vivavoce.store.sessions import SessionStore

IDS = [f"call_{number:024x}" for number in range(3)]


def begin(store: SessionStore, id: str, until: float) -> None:
    store.begin(id, "scene", 1, "learner", "embedded", "m", 100.0, scenario="{}", record="audio", retain_until=until)


@pytest_asyncio.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    """Three calls with sound: one from long ago, one from now, and sound of one that nobody knows."""
    path = tmp_path / "calls.sqlite3"
    writer = Writer(path, asyncio.get_running_loop())
    recorder = Recorder(AudioFiles(path))
    for id, until in zip(IDS[:2], (500.0, 5000.0), strict=True):
        await writer.run(partial(begin, id=id, until=until))
    for id in IDS:
        kept = recorder.record(id, 60)
        kept.learner(1.0, b'{"type":"input_audio_buffer.append","audio":"AAAA"}')
        kept.end()
    reader = Reader(path)
    archive = Archive(scenarios={}, writer=writer, reader=reader, recorder=recorder, judges=None)
    yield archive
    archive.close()
    await recorder.close()
    await reader.close()
    await writer.close()


@pytest.mark.asyncio
async def test_records_and_sound_go_when_their_time_is_up(archive: Archive) -> None:
    assert await archive.purge(1000.0) == 1
    assert [archive.audio.kept(id) is not None for id in IDS] == [False, True, False]
    with pytest.raises(Unknown):
        await archive.row(IDS[0], None)
    assert (await archive.row(IDS[1], None)).session_id == IDS[1]
    assert await archive.purge(1000.0) == 0


@pytest.mark.asyncio
async def test_a_call_that_goes_on_is_left_alone(archive: Archive) -> None:
    assert await archive.purge(9000.0, going_on=lambda: IDS) == 0
    assert all(archive.audio.kept(id) for id in IDS)


@pytest.mark.asyncio
async def test_a_call_that_begins_while_the_purge_looks_is_left_alone(archive: Archive) -> None:
    begun: list[str] = []

    class Going:
        def going_on(self) -> tuple[str, ...]:
            return tuple(begun)

    purging = asyncio.create_task(purge(archive, cast(Calls, Going())))
    await asyncio.sleep(0)  # it is looking now
    begun += IDS
    await purging
    assert all(archive.audio.kept(id) for id in IDS)
    assert [(await archive.row(id, None)).session_id for id in IDS[:2]] == IDS[:2]


@pytest.mark.asyncio
async def test_sound_of_a_call_that_another_worker_begins_meanwhile_is_left_alone(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, new = Retention.known, archive.audio.path("another-workers", "learner")

    def known_before(retention: Retention) -> set[str]:
        ids = known(retention)
        new.write_bytes(bytes(2))
        return ids

    monkeypatch.setattr(Retention, "known", known_before)
    await archive.purge(1000.0)
    assert new.exists()
    assert archive.audio.kept(IDS[2]) is None


@pytest.fixture
def forgetful(tmp_path: Path, engine_settings: dict[str, str]) -> Iterator[dict[str, str]]:
    """Settings with a lesson that keeps nothing."""
    folder = tmp_path / "scenarios"
    shutil.copytree(engine_settings["VIVAVOCE_SCENARIOS"], folder)
    for name in (f"{SCENARIO}.json", "index.json"):
        data = json.loads((folder / name).read_text())
        for lesson in data if isinstance(data, list) else [data]:
            if lesson["id"] == SCENARIO:
                lesson["privacy"] = {**lesson["privacy"], "record": "none"}
        (folder / name).write_text(json.dumps(data))
    yield {**engine_settings, "VIVAVOCE_SCENARIOS": str(folder)}


def calls_of(server: Server) -> int:
    with closing(sqlite3.connect(server.database)) as db:
        events, sessions = (db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("event", "session"))
    assert (events == 0) == (sessions == 0)
    return int(sessions)


def test_nothing_is_kept_of_a_lesson_that_wants_no_record(tmp_path: Path, forgetful: dict[str, str]) -> None:
    with Server(tmp_path, **forgetful) as server:
        with server.browser("guest") as browser:
            id = browser.go_live()["session_id"]
            browser.say("Good evening, I am sorry.")
            browser.until("response.done")
            browser.send("vivavoce.end")
            browser.until("vivavoce.ended")
            review = httpx.get(f"{server.url}/api/calls/{id}").json()  # as long as the learner is here
            assert (review["call"]["kept_until"], review["grade"] is None) == (None, False)
        assert server.stop() == 0
        assert calls_of(server) == 0


def test_what_a_killed_server_left_is_deleted_once_nobody_can_come_back(
    tmp_path: Path, forgetful: dict[str, str]
) -> None:
    with Server(tmp_path, **forgetful) as server, server.browser("guest") as browser:
        browser.go_live()
        server.stop(signal.SIGKILL)
        assert calls_of(server) == 1
    with Server(tmp_path, **forgetful) as server:
        assert server.stop() == 0
        assert calls_of(server) == 1
    with closing(sqlite3.connect(server.database)) as db:  # a day passes
        db.execute("UPDATE session SET alive_until = alive_until - ?", (RESUMABLE_SECONDS + 60,))
        db.commit()
    with Server(tmp_path, **forgetful) as server:
        assert server.stop() == 0
        assert calls_of(server) == 0
