"""Frames of the relay become files beside the database, without holding the relay up."""

from __future__ import annotations

import base64
import json
import threading
from functools import partial
from pathlib import Path

import pytest

from vivavoce.hosts.native import recording
from vivavoce.hosts.native.recording import AudioFiles, Recorder
from vivavoce.protocol.message import write

CALL = "call_0123456789abcdef01234567"


def append(pcm: bytes) -> bytes:
    return write({"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()})


def delta(item: str, pcm: bytes) -> bytes:
    event = {"type": "response.output_audio.delta", "response_id": "r", "item_id": item, "output_index": 0}
    return write({**event, "delta": base64.b64encode(pcm).decode()})


def truncate(item: str, audio_end_ms: int) -> bytes:
    return write({"type": "conversation.item.truncate", "item_id": item, "audio_end_ms": audio_end_ms})


def _wait(event: threading.Event) -> None:
    assert event.wait(10)


@pytest.fixture
def files(tmp_path: Path) -> AudioFiles:
    return AudioFiles(tmp_path / "calls.sqlite3")


@pytest.mark.asyncio
async def test_both_lanes_of_a_call(files: AudioFiles) -> None:
    recorder = Recorder(files)
    kept = recorder.record(CALL, 60)
    second = b"\x01\x02" * 24_000
    kept.learner(3.0, append(second))
    kept.persona(5.0, delta("a", second * 2))
    kept.truncated(6.0, truncate("a", 500))
    kept.end()
    await recorder.close()
    learner, persona = (files.path(CALL, lane) for lane in recording.LANES)
    assert learner.read_bytes() == bytes(2 * 48_000) + second
    assert persona.read_bytes() == bytes(242_880) + second[:24_000]
    assert files.kept(CALL) == {"learner": True, "persona": True, "seconds": 5.56}
    assert learner.stat().st_mode & 0o777 == 0o600
    assert files.folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.asyncio
async def test_a_call_that_goes_on_from_its_record_puts_its_sound_where_it_belongs(files: AudioFiles) -> None:
    """It was killed in second 4, and the newest event on disk is of second 3: there it goes on."""
    recorder = Recorder(files)
    second = b"\x01\x02" * 24_000
    before = recorder.record(CALL, 60)
    before.learner(2.0, append(second))
    before.learner(4.0, append(second))
    before.persona(0.0, delta("a", second * 4))
    before.end()
    untouched = recorder.record(CALL, 60, 3.0)
    untouched.end()
    assert await recorder.delete_others(await recorder.listed(), [CALL]) == 0  # it has written all that
    learner, persona = (files.path(CALL, lane) for lane in recording.LANES)
    assert len(learner.read_bytes()) == 4 * 48_000
    after = recorder.record(CALL, 60, 3.0)
    after.learner(3.5, append(second))  # half of it is from before
    after.persona(5.0, delta("b", second))
    after.end()
    await recorder.close()
    assert learner.read_bytes() == bytes(48_000) + second + bytes(48_000) + second[:24_000]
    heard = bytes(2_880) + (second * 4)[: 3 * 48_000 - 2_880]
    assert persona.read_bytes() == heard + bytes(2 * 48_000 + 2_880) + second


@pytest.mark.asyncio
async def test_other_spellings_and_what_is_no_sound(files: AudioFiles) -> None:
    recorder = Recorder(files)
    kept = recorder.record(CALL, 60)
    sound = b"\xff\xff" * 4800
    text = base64.b64encode(sound).decode()
    assert "/" in text
    escaped = json.dumps({"type": "response.output_audio.delta", "delta": "D", "item_id": "a"}, indent=1)
    kept.persona(1.0, escaped.replace('"D"', '"' + text.replace("/", "\\/") + '"').encode())
    for frame in (b'{"type":"response.output_audio.delta"}', delta("a", b"")[:-2] + b'","delta":3}', delta("a", b"x")):
        kept.persona(1.0, frame)
    kept.end()
    await recorder.close()
    assert files.path(CALL, "persona").read_bytes()[-len(sound) :] == sound


@pytest.mark.asyncio
async def test_a_learner_who_changes_their_mind_is_forgotten(files: AudioFiles) -> None:
    recorder = Recorder(files)
    kept = recorder.record(CALL, 60)
    kept.learner(1.0, append(bytes(48_000)))
    kept.end(discard=True)
    kept.learner(1.1, append(bytes(48_000)))
    await recorder.close()
    assert list(files.folder.iterdir()) == []
    assert files.kept(CALL) is None


@pytest.mark.asyncio
async def test_a_disk_that_is_too_slow_ends_the_recording_and_not_the_call(
    files: AudioFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MOST_WAITING", 200_000)
    recorder = Recorder(files)
    busy = threading.Event()
    recorder.submit(partial(_wait, busy))
    kept = recorder.record(CALL, 600)
    for second in range(1, 10):
        kept.learner(second, append(b"\x01\x00" * 24_000))  # 64 kB of base64 each
    busy.set()
    await recorder.close()
    assert files.size(CALL, "learner") == 3 * 48_000


@pytest.mark.asyncio
async def test_a_folder_that_cannot_be_made_ends_the_recording_only(
    files: AudioFiles, caplog: pytest.LogCaptureFixture
) -> None:
    files.folder.write_text("in the way")
    recorder = Recorder(files)
    kept = recorder.record(CALL, 60)
    kept.learner(1.0, append(bytes(4800)))
    kept.end(discard=True)
    await recorder.close()
    assert "its sound cannot be written" in caplog.text


@pytest.mark.asyncio
async def test_sound_without_a_call_is_deleted(files: AudioFiles) -> None:
    recorder = Recorder(files)
    other = CALL.replace("0", "f")
    for call in (CALL, other):
        kept = recorder.record(call, 60)
        kept.learner(1.0, append(bytes(4800)))
        kept.end()
    assert await recorder.delete_others(await recorder.listed(), [other]) == 2
    assert files.kept(CALL) is None
    assert files.kept(other) is not None
    await recorder.delete(other)
    await recorder.delete(other)
    assert list(files.folder.iterdir()) == []
    await recorder.close()
