"""Hands out all that is kept of a person, as a zip: each call to be read, and everything as it is kept, in JSON."""

from __future__ import annotations

import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vivavoce.hosts.native.recording import LANES, AudioFiles
from vivavoce.hosts.native.sqlite import Database
from vivavoce.hosts.native.wav import header
from vivavoce.hosts.native.whole_file import whole_file
from vivavoce.lesson.kept import Stored
from vivavoce.lesson.review import record_from, utc
from vivavoce.store.people import NOBODY, People, Row

INTERNAL = frozenset({"epoch", "resume_hash", "resume_hash_before", "alive_until", "resumable_until"})
"""Columns that say nothing of the person, but which process has the call, and what opens it."""

README = """What vivavoce keeps of {user}, as of {now}.

Each folder is one call: call.txt to be read, call.json with everything that is kept of it, and the sound of both
sides where it was kept. spending.json says what the calls cost. Times are UTC.
"""

Progress = Callable[[int, int], None]
"""Called with how many calls are done, and of how many."""


class ExportError(Exception):
    """Nothing can be handed out; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Exported:
    calls: int
    sounds: int


def export_person(database: Path, user: str, file: Path, *, replace: bool, progress: Progress) -> Exported:
    """Write all that is kept of a person into a zip. Raises ExportError and DatabaseError."""
    if file.exists() and not replace:
        raise ExportError(f"{file} is there already. Choose another name, or say --replace.")
    with Database(database) as sql, sql.snapshot():
        rows = list(People(sql).rows(user)) if user != NOBODY else []
    if not rows:
        raise ExportError(f"Nothing is kept of {user}.")
    try:
        with whole_file(file) as content, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
            exported = _Export(user, rows, AudioFiles(database), target).write(progress)
    except OSError as error:
        raise ExportError(f"{file} cannot be written ({error.strerror or error}).") from error
    return exported


class _Export:
    """One person's zip that is being written."""

    def __init__(self, user: str, rows: Sequence[tuple[str, Row]], audio: AudioFiles, target: zipfile.ZipFile) -> None:
        self._user = user
        self._rows = rows
        self._audio = audio
        self._target = target

    def write(self, progress: Progress) -> Exported:
        self._target.writestr("README.txt", README.format(user=self._user, now=utc(time.time())))
        calls = sorted(self._of("session"), key=lambda call: (call["started_at"], call["session_id"]))
        sounds = 0
        for done, call in enumerate(calls):
            progress(done, len(calls))
            sounds += self._write_call(call)
        self._target.writestr("spending.json", _json([_readable(row) for row in self._of("spending")]))
        progress(len(calls), len(calls))
        return Exported(len(calls), sounds)

    def _write_call(self, call: Row) -> int:
        id = call["session_id"]
        folder = f"{utc(call['started_at']).replace(':', '-')} {call['scenario_id']} {id}"
        events = [Stored(row["at"], json.loads(row["body"])) for row in self._of("event", id)]
        regrades = [(row["graded_at"], json.loads(row["body"])["grade"]) for row in self._of("regrade", id)]
        everything = {
            "call": _readable(call),
            "events": [{"at": at, **body} for at, body in events],
            "graded_again": [{"graded_at": utc(at), "grade": grade} for at, grade in regrades],
            "tools": {row["call_id"]: json.loads(row["output"]) for row in self._of("tool_result", id)},
        }
        self._target.writestr(f"{folder}/call.json", _json(everything))
        self._target.writestr(f"{folder}/call.txt", "".join(f"{line}\n" for line in _lines(call, events, regrades)))
        return sum(self._write_sound(id, lane, f"{folder}/{lane}.wav") for lane in LANES)

    def _write_sound(self, id: str, lane: Any, name: str) -> bool:
        try:
            with self._audio.path(id, lane).open("rb") as sound:
                size = os.fstat(sound.fileno()).st_size // 2 * 2
                with self._target.open(name, "w", force_zip64=True) as wav:
                    wav.write(header(size))
                    shutil.copyfileobj(sound, wav)
        except FileNotFoundError:
            return False
        return True

    def _of(self, table: str, session_id: str | None = None) -> list[Row]:
        return [
            row for name, row in self._rows if name == table and (session_id is None or row["session_id"] == session_id)
        ]


def _lines(call: Row, events: Sequence[Stored], regrades: Sequence[tuple[float, Any]]) -> Iterator[str]:
    """A call to be read, as far as this version can read it."""
    try:
        grades = [(call["started_at"] + at, body["grade"]) for at, body in events if body["type"] == "vivavoce.grade"]
        yield from _text(call, events, sorted([*grades, *regrades], key=lambda graded: graded[0]))
    except (LookupError, TypeError, ValueError, AttributeError):
        yield ""
        yield "The rest was written by another version of vivavoce: see call.json."


def _text(call: Row, events: Sequence[Stored], grades: Sequence[tuple[float, Any]]) -> Iterator[str]:
    yield str(json.loads(call["scenario"])["title"] if call["scenario"] else call["scenario_id"])
    yield f"{utc(call['started_at'])}, ended: {call['ended_reason'] or 'not yet'}"
    yield f"record: {call['record']}, voice: {call['upstream']} {call['model']}"
    for event in events:
        if event.body["type"] == "vivavoce.consent":
            said = "may be kept" if event.body["audio"] else "may not be kept"
            yield f"{_clock(event.at)}  You said that the sound {said}."
    yield ""
    for line in record_from(events).lines:
        speaker = "You" if line.role == "user" else "Persona"
        yield f"{_clock(line.at)}  {speaker}: {line.heard}"
    for _, body in events:
        if body["type"] == "vivavoce.quiz.marked":
            yield ""
            yield f"Quiz: {body['given']} ({'right' if body['correct'] else 'not right: ' + str(body['answer'])})"
    for at, grade in grades:
        yield ""
        yield f"Grade of {utc(at)}: {grade['score']} of 100, {'passed' if grade['passed'] else 'not passed'}"
        yield from (f"  {criterion['name']}: {criterion['score']}" for criterion in grade["criteria"])


def _readable(row: Row) -> Row:
    """Without what is internal, and with times that people can read."""
    times = ("started_at", "ended_at", "retain_until", "at")
    kept = {name: value for name, value in row.items() if name not in INTERNAL}
    for name in times:
        if isinstance(kept.get(name), float):
            kept[name] = utc(kept[name])
    return kept


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:3}:{int(seconds) % 60:02}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
