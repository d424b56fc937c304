"""Whoever stops `vivavoce forget` halfway, says it again and all is gone."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from kit.people import canary, found_in, populate
from kit.server import clean_environment
from vivavoce.hosts.native.backup import write_backup
from vivavoce.hosts.native.forget import Unknown, forget
from vivavoce.hosts.native.restore import restore_backup
from vivavoce.hosts.native.sqlite import Database
from vivavoce.store.people import People

ROUNDS = 12
WHOLE_S = 0.12
"""What it takes, about, once it has begun; a kill that comes too late or too early does no harm."""

FORGET = """
import sys
from pathlib import Path
from vivavoce.hosts.native.forget import forget
print("ready", flush=True)
forget(Path(sys.argv[1]), "ada", end_calls=False, say=lambda text: None)
"""


def test_what_was_broken_off_is_finished_the_next_time(tmp_path: Path) -> None:
    chance = random.Random(7)
    populate(tmp_path / "template" / "calls.sqlite3")
    for number in range(ROUNDS):
        home = tmp_path / str(number)
        database = Path(shutil.copytree(tmp_path / "template", home / "data")) / "calls.sqlite3"
        write_backup(database, home / "backup.tar", replace=False, progress=lambda *_: None, wait=lambda: None)
        with subprocess.Popen(
            [sys.executable, "-c", FORGET, str(database)],
            env=clean_environment(home, PYTHONPATH=":".join(sys.path)),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            time.sleep(chance.random() * WHOLE_S)  # the kill comes at any instant
            process.kill()
        with suppress(Unknown):
            forget(database, "ada", end_calls=False, say=lambda text: None)
        assert found_in(home, canary("ada"), '"ada"') == []
        restored = restore_backup(database, home / "backup.tar", keys=None, replace=True, progress=lambda *_: None)
        assert restored.forgotten == 1
        with Database(database) as sql:
            assert People(sql).names() == ["bert", "cleo"]
        assert found_in(home, canary("ada"), '"ada"') == []
