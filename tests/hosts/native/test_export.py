"""A person gets all that is kept of them, to be read, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import wave
import zipfile
from pathlib import Path

import pytest

from kit.people import CALLS, LINES, call_ids, canary, populate, sound_of
from vivavoce.hosts.native.export import Exported, ExportError, export_person
from vivavoce.hosts.native.sqlite import Database
from vivavoce.store.sessions import SessionStore


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("populated") / "calls.sqlite3"
    populate(path)
    with Database(path) as sql, sql.transaction():
        store = SessionStore(sql)
        id = "call_" + "d" * 24
        store.begin(id, "scene", 1, "dora", "embedded", "m", 1_790_000_000.0, resume_hash="secrethash", alive_until=2e9)
        consent = json.dumps({"type": "vivavoce.consent", "seq": 1, "audio": False})
        marked = {"type": "vivavoce.quiz.marked", "seq": 2, "item_id": "q1", "given": "Sorry", "correct": False}
        marked |= {"answer": "I am sorry", "explain": "More words."}
        store.append(id, 1, [(1, 2.0, "vivavoce.consent", consent), (2, 65.0, "q", json.dumps(marked))])
    return path


def export(database: Path, user: str, file: Path, replace: bool = False) -> Exported:
    steps: list[tuple[int, int]] = []
    exported = export_person(database, user, file, replace=replace, progress=lambda *step: steps.append(step))
    assert steps == [(done, exported.calls) for done in range(exported.calls + 1)]
    return exported


def test_it_is_all_there_and_nobody_else_s(database: Path, tmp_path: Path) -> None:
    assert export(database, "ada", tmp_path / "ada.zip") == Exported(CALLS, 2)
    with zipfile.ZipFile(tmp_path / "ada.zip") as file:
        names = file.namelist()
        everything = {name: file.read(name) for name in names}
    folder = f"2026-09-21T14-13-20Z hotel-complaint {call_ids('ada')[0]}"
    assert {"README.txt", "spending.json", f"{folder}/call.txt", f"{folder}/call.json"} <= set(names)
    assert len(names) == 2 + 2 * CALLS + 2

    text = everything[f"{folder}/call.txt"].decode()
    assert text.startswith(f"A complaint, {canary('ada')}\n2026-09-21T14:13:20Z, ended: learner_ended\n")
    assert text.count(canary("ada")) == LINES + 1
    assert f"  0:01  You: {canary('ada')}" in text and f"  0:02  Persona: {canary('ada')}" in text
    assert text.count("80 of 100, passed") == 2  # one of the call, one from later
    assert "  Says sorry: 80" in text

    whole = json.loads(everything[f"{folder}/call.json"])
    assert len(whole["events"]) == LINES + 1
    assert whole["tools"] == {"tool": {"note": canary("ada")}}
    assert whole["call"]["started_at"] == "2026-09-21T14:13:20Z"
    assert [cost["microdollars"] for cost in json.loads(everything["spending.json"])] == [1000] * CALLS

    with wave.open(io.BytesIO(everything[f"{folder}/learner.wav"])) as sound:
        assert (sound.getframerate(), sound.getsampwidth()) == (24_000, 2)
        assert sound.readframes(sound.getnframes()) == sound_of("ada", "learner")[: sound.getnframes() * 2]
    for user in ("bert", "cleo", "dora"):
        assert not [name for name, content in everything.items() if user.encode() in name.encode() + content]


def test_what_opens_a_call_is_not_handed_out(database: Path, tmp_path: Path) -> None:
    export(database, "dora", tmp_path / "dora.zip")
    with zipfile.ZipFile(tmp_path / "dora.zip") as file:
        text = [file.read(name).decode() for name in file.namelist() if name.endswith("call.txt")]
        assert not [name for name in file.namelist() if b"secrethash" in file.read(name)]
    assert "ended: not yet" in text[0]
    assert "  0:02  You said that the sound may not be kept." in text[0]
    assert "Quiz: Sorry (not right: I am sorry)" in text[0]


def test_what_cannot_be_read_is_handed_out_as_it_is(database: Path, tmp_path: Path) -> None:
    with Database(database) as sql, sql.transaction():
        store = SessionStore(sql)
        store.begin("call_" + "f" * 24, "scene", 1, "frida", "embedded", "m", 1_790_000_000.0)
        store.append(
            "call_" + "f" * 24, 1, [(1, 1.0, "vivavoce.transcript", '{"type":"vivavoce.transcript","words":1}')]
        )
    export(database, "frida", tmp_path / "frida.zip")
    with zipfile.ZipFile(tmp_path / "frida.zip") as file:
        text, whole = (file.read(name).decode() for name in sorted(file.namelist(), reverse=True) if "call." in name)
    assert text.endswith("see call.json.\n")
    assert json.loads(whole)["events"] == [{"at": 1.0, "type": "vivavoce.transcript", "words": 1}]


def test_only_its_owner_may_read_it(database: Path, tmp_path: Path) -> None:
    export(database, "ada", tmp_path / "ada.zip")
    assert (tmp_path / "ada.zip").stat().st_mode & 0o077 == 0


def test_it_is_said_what_cannot_be_done(database: Path, tmp_path: Path) -> None:
    for nobody in ("zoe", "", "Ada"):
        with pytest.raises(ExportError, match="Nothing is kept of"):
            export(database, nobody, tmp_path / "zoe.zip")
    export(database, "ada", tmp_path / "ada.zip")
    with pytest.raises(ExportError, match=r"is there already.*--replace"):
        export(database, "ada", tmp_path / "ada.zip")
    export(database, "ada", tmp_path / "ada.zip", replace=True)
    with pytest.raises(ExportError, match="cannot be written"):
        export(database, "ada", tmp_path / "missing" / "ada.zip")
    assert [file.name for file in tmp_path.iterdir()] == ["ada.zip"]
