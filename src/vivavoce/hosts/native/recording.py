"""The sound of calls whose learners agreed, kept beside the database: one file for each speaker of each call.

The relay only puts frames on a queue. A thread of its own decodes and writes them; when it cannot keep up, or the disk
is full, that recording ends and the call goes on.
"""

from __future__ import annotations

import asyncio
import binascii
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import Literal, TypeVar

from vivavoce.hosts.naming import name_of, places_of
from vivavoce.hosts.native.lanes import LaneFile, LearnerLane, PersonaLane, bytes_of
from vivavoce.protocol.audio import BYTES_PER_SECOND

LaneName = Literal["learner", "persona"]
LANES: tuple[LaneName, ...] = ("learner", "persona")
MOST_WAITING = 8 * 1024 * 1024
"""Bytes of frames of one call that may wait to be written: two minutes of speech."""
SPARE_SECONDS = 60.0
"""The persona may speak beyond the end of the call's time."""

APPEND = b'{"type":"input_audio_buffer.append"'
_AUDIO = re.compile(rb'"(?:audio|delta)"\s*:\s*"([A-Za-z0-9+/=]*)"')
_ITEM = re.compile(rb'"item_id"\s*:\s*"([^"\\]*)"')

T = TypeVar("T")

log = logging.getLogger("vivavoce.recording")


class AudioFiles:
    """Where the sound of calls lies."""

    def __init__(self, database: Path) -> None:
        self.folder = database.parent / f"{database.name}-audio"

    def path(self, session_id: str, lane: LaneName) -> Path:
        return self.folder / f"{session_id}.{lane}.pcm"

    def size(self, session_id: str, lane: LaneName) -> int:
        """Bytes of whole samples; 0 when nothing was kept."""
        try:
            return self.path(session_id, lane).stat().st_size // 2 * 2
        except FileNotFoundError:
            return 0

    def seconds(self, session_id: str) -> float:
        return max(self.size(session_id, lane) for lane in LANES) / BYTES_PER_SECOND

    def kept(self, session_id: str) -> dict[str, object] | None:
        """KeptAudio of shared/review.schema.json."""
        sizes = {lane: self.size(session_id, lane) for lane in LANES}
        if not any(sizes.values()):
            return None
        seconds = round(max(sizes.values()) / BYTES_PER_SECOND, 3)
        return {**{lane: size > 0 for lane, size in sizes.items()}, "seconds": seconds}

    def delete(self, session_id: str) -> None:
        for lane in LANES:
            self.path(session_id, lane).unlink(missing_ok=True)

    def listed(self) -> list[Path]:
        """What there is of all calls."""
        return list(self.folder.glob("*.pcm")) if self.folder.is_dir() else []

    def delete_others(self, listed: Iterable[Path], known: Iterable[str]) -> int:
        """Delete of the `listed` what is of no call that is known since, which a killed server left; how many files."""
        kept = {self.path(session_id, lane).name for session_id in known for lane in LANES}
        strays = [file for file in listed if file.name not in kept]
        for file in strays:
            file.unlink(missing_ok=True)
        return len(strays)


class Recorder:
    """The thread that writes the sound of all calls, and deletes it: what was asked first happens first."""

    def __init__(self, files: AudioFiles) -> None:
        self.files = files
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="vivavoce-recorder", daemon=True)
        self._thread.start()

    def record(self, session_id: str, most_seconds: float, begin: float = 0.0) -> Recording:
        """Begin a call's recording, or go on with it, at this second of the call.

        As soon as there is more, what there was after that second goes: a call that was put together again goes on
        from its record, and what is not in there has not happened.
        """
        return Recording(self, session_id, most_seconds + SPARE_SECONDS, begin)

    def submit(self, job: Callable[[], None]) -> None:
        """Run a job on the thread; what it raises is logged."""
        self._jobs.put(job)

    async def delete(self, session_id: str) -> None:
        """Delete what was kept of a call, after all that waits to be written."""
        await self._call(lambda: self.files.delete(session_id))

    async def listed(self) -> list[Path]:
        """What there is of all calls, those of other workers included."""
        return await self._call(self.files.listed)

    async def delete_others(self, listed: Iterable[Path], known: Iterable[str]) -> int:
        """Delete of the `listed` what is of no call that is known since; how many files."""
        return await self._call(lambda: self.files.delete_others(listed, known))

    async def close(self) -> None:
        """Write everything that waits."""
        self._jobs.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    async def _call(self, job: Callable[[], T]) -> T:
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(job())
            except OSError as error:
                done.set_exception(error)

        self.submit(run)
        return await asyncio.wrap_future(done)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception as error:
                log.error("what was kept of a call's sound could not be finished or deleted: %s", places_of(error))


class Recording:
    """One call's sound. Everything public is called on the event loop, and returns at once."""

    def __init__(self, recorder: Recorder, session_id: str, most_seconds: float, begin: float) -> None:
        self._recorder = recorder
        self._id = session_id
        self._name = name_of(session_id)
        self._put = 0
        """Bytes that were put on the queue; only the loop changes it."""
        self._taken = 0
        """Bytes that were taken off it; only the thread changes it."""
        self._over = False
        """Nothing more is put on the queue."""
        self._broken = False
        """What is on the queue is left; only the thread changes it."""
        self._files: list[LaneFile] = []
        self._begin: float | None = begin
        """Until what comes first is written; only the thread changes it."""
        self._learner: LearnerLane
        self._persona: PersonaLane
        self._submit(lambda: self._open(most_seconds, begin))

    def learner(self, at: float, frame: bytes) -> None:
        """An input_audio_buffer.append on its way to the upstream."""
        self._frame(frame, lambda: self._write_learner(at, frame))

    def persona(self, at: float, frame: bytes) -> None:
        """A response.output_audio.delta on its way to the browser."""
        self._frame(frame, lambda: self._write_persona(at, frame))

    def truncated(self, at: float, frame: bytes) -> None:
        """A conversation.item.truncate on its way to the upstream: the learner heard only so much."""
        self._submit(lambda: self._truncate(at, frame))

    def unheard_after(self, at: float) -> None:
        """Nobody hears what of the persona was not played yet."""
        self._submit(lambda: self._persona.nothing_after(at))

    def flush(self) -> None:
        """The call is over: what was said is ready to be heard."""
        self._submit(lambda: self._learner.flush())

    def end(self, *, discard: bool = False) -> None:
        """Finish the files; or delete them, because the learner changed their mind."""
        self.flush()
        self._over = True
        self._recorder.submit(lambda: self._close(discard))

    def _frame(self, frame: bytes, job: Callable[[], None]) -> None:
        if self._over:
            return
        if self._put - self._taken + len(frame) > MOST_WAITING:
            log.error("call %s: its sound comes faster than the disk takes it; the recording ends here", self._name)
            self.end()
            return
        self._put += len(frame)
        self._submit(job, len(frame))

    def _submit(self, job: Callable[[], None], size: int = 0) -> None:
        if not self._over:
            self._recorder.submit(lambda: self._attempt(job, size))

    # On the thread

    def _attempt(self, job: Callable[[], None], size: int) -> None:
        self._taken += size
        if self._broken:
            return
        try:
            job()
        except OSError as error:
            log.error("call %s: its sound cannot be written (%s); the recording ends here", self._name, error.strerror)
            self._break_off()
        except Exception as error:
            log.error("call %s: its recording failed: %s", self._name, places_of(error))
            self._break_off()

    def _break_off(self) -> None:
        self._over = self._broken = True
        self._close(discard=False)

    def _open(self, most_seconds: float, begin: float) -> None:
        files = self._recorder.files
        files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._files = [LaneFile(files.path(self._id, lane), most_seconds) for lane in LANES]
        self._learner, self._persona = LearnerLane(self._files[0], begin), PersonaLane(self._files[1])

    def _go_on(self) -> None:
        if self._begin is not None:
            for file in self._files:
                file.end_at(bytes_of(self._begin))
            self._begin = None

    def _write_learner(self, at: float, frame: bytes) -> None:
        self._go_on()
        self._learner.add(at, _pcm(frame, "audio"))

    def _write_persona(self, at: float, frame: bytes) -> None:
        self._go_on()
        item = _ITEM.search(frame)
        item_id = item[1].decode("utf-8", "replace") if item else str(json.loads(frame).get("item_id"))
        self._persona.add(at, item_id, _pcm(frame, "delta"))

    def _truncate(self, at: float, frame: bytes) -> None:
        event = json.loads(frame)
        self._persona.cut(at, event["item_id"], event["audio_end_ms"])

    def _close(self, discard: bool) -> None:
        for file in self._files:
            file.close()
        if discard:
            self._recorder.files.delete(self._id)


def _pcm(frame: bytes, field: str) -> bytes:
    """The sound in a frame; an upstream's piece that is none is left out, as the page does."""
    audio = _AUDIO.search(frame)
    try:  # another spelling of JSON may escape the slashes of base64
        pcm = binascii.a2b_base64(audio[1] if audio else json.loads(frame)[field])
    except (ValueError, KeyError, TypeError, RecursionError):
        return b""
    return pcm[: len(pcm) // 2 * 2]
