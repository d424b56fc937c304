"""A database in which several people have made calls, each with words that are found again wherever they lie."""

from __future__ import annotations

import json
import random
from contextlib import closing
from pathlib import Path

from vivavoce.hosts.native.recording import LANES, AudioFiles
from vivavoce.hosts.native.sqlite import SqliteSql
from vivavoce.store.review import ReviewStore
from vivavoce.store.sessions import FIRST_EPOCH, SessionStore
from vivavoce.store.switches import Switches
from vivavoce.store.usage import UsageStore

PEOPLE = ("ada", "bert", "cleo")
CALLS = 4
"""Of each."""
LINES = 60


def canary(user: str) -> str:
    """A word of this person that is in no other place."""
    return f"canary-of-{user}"


def sound_of(user: str, lane: str) -> bytes:
    return f"<{canary(user)} {lane}>".encode() * 500


def call_ids(user: str) -> list[str]:
    return [f"call_{PEOPLE.index(user):012x}{number:012x}" for number in range(CALLS)]


def populate(database: Path) -> None:
    """Calls of everybody, written at the same time, so that their rows lie side by side in the pages of the file."""
    chance = random.Random(5)
    with closing(SqliteSql(database)) as sql:
        store, usage = SessionStore(sql), UsageStore(sql)
        store.migrate()
        for user in PEOPLE:
            for number, call in enumerate(call_ids(user)):
                with sql.transaction():
                    store.begin(
                        call,
                        "hotel-complaint",
                        1,
                        user,
                        "embedded",
                        "m",
                        1_790_000_000.0 + number,
                        scenario=json.dumps({"title": f"A complaint, {canary(user)}"}),
                        record="audio",
                    )
        said = [(user, call) for user in PEOPLE for call in call_ids(user) for _ in range(LINES)]
        chance.shuffle(said)
        seqs: dict[str, int] = {}
        for user, call in said:
            seqs[call] = seq = seqs.get(call, 0) + 1
            with sql.transaction():
                store.append(call, FIRST_EPOCH, [_line(seq, f"{canary(user)} {'la ' * chance.randrange(400)}")])
        for user in PEOPLE:
            for call in call_ids(user):
                with sql.transaction():
                    store.append(call, FIRST_EPOCH, [_grade(LINES + 1)], ("tool", json.dumps({"note": canary(user)})))
                    store.finish(call, FIRST_EPOCH, 1_790_000_500.0, "learner_ended")
                    ReviewStore(sql).add_regrade(call, 1_790_001_000.0, _grade(0)[3])
                    usage.note(call, user, 1_790_000_100.0, "response", "m", 1000, 30.0, 200)
        with sql.transaction():
            Switches(sql).set("calls", "open", 1.0)
    audio = AudioFiles(database)
    audio.folder.mkdir(mode=0o700)
    for user in PEOPLE:
        for lane in LANES:
            audio.path(call_ids(user)[0], lane).write_bytes(sound_of(user, lane))


def _line(seq: int, text: str) -> tuple[int, float, str, str]:
    line = {
        "item_id": f"item{seq}",
        "role": "user" if seq % 2 else "assistant",
        "text": text,
        "order": float(seq),
        "at": float(seq),
        "until": seq + 0.5,
    }
    return seq, float(seq), "vivavoce.transcript", json.dumps({"type": "vivavoce.transcript", "seq": seq, "line": line})


def _grade(seq: int) -> tuple[int, float, str, str]:
    grade = {
        "score": 80,
        "passed": True,
        "criteria": [{"id": "c1", "name": "Says sorry", "weight": 1, "gate": False, "score": 80, "checks": []}],
    }
    body = json.dumps({"type": "vivavoce.grade", "seq": seq, "grade": grade})
    return seq, 61.0, "vivavoce.grade", body


def found_in(folder: Path, *needles: str) -> list[str]:
    """The files below a folder that hold one of these words, in their name or inside."""
    found = []
    for file in sorted(folder.rglob("*")):
        content = file.read_bytes() if file.is_file() else b""
        if any(needle in file.name or needle.encode() in content for needle in needles):
            found.append(file.name)
    return found
