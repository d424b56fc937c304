"""`vivavoce usage` and `vivavoce calls`, as an operator and as a program read them."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from kit.server import vivavoce
from vivavoce.hosts.native.sqlite import SqliteSql
from vivavoce.store.migrations import migrate
from vivavoce.store.usage import UsageStore

DAY = 86_400


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two learners, today and yesterday, with a model that has no price."""
    path = tmp_path / "calls.sqlite3"
    with closing(SqliteSql(path)) as sql:
        migrate(sql)
        usage, now = UsageStore(sql), time.time()
        with sql.transaction():
            usage.note("s1", "ada", now, "response", "gpt-realtime-2.1", 1_250_000, 90.0, 12_000)
            usage.note("s1", "ada", now, "transcription", "gpt-4o-mini-transcribe", 400, 0.0, 80)
            usage.note("s2", "[bold]bob", now - DAY, "response", "house-voice", None, 30.0, None)
            usage.note("s3", "wendy", now - 40 * DAY, "response", "gpt-realtime-2.1", 9_000_000, 30.0, 10)
    return path


def run(database: Path, *arguments: str) -> CompletedProcess[str]:
    return vivavoce(*arguments, home=database.parent, VIVAVOCE_DATABASE=str(database))


def test_the_table_is_for_people(database: Path) -> None:
    shown = run(database, "usage").stdout
    lines = [line.split() for line in shown.splitlines() if line.strip()]
    assert ["ada", "1", "1.5", "12,080", "1.2504"] in lines
    assert ["[bold]bob", "1", "0.5", "0", "0.0000+"] in lines
    assert ["all", "2", "2.0", "12,080", "1.2504"] in lines
    assert "wendy" not in shown
    assert "+ 1 answer of models without a known price" in shown
    assert "1 answer without a word" in shown


def test_by_day_and_by_model(database: Path) -> None:
    today, yesterday = (time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago)) for ago in (0, DAY))
    by_day = run(database, "usage", "--by", "day").stdout
    assert by_day.index(yesterday) < by_day.index(today)
    by_model = run(database, "usage", "--by", "model", "--days", "1").stdout
    assert "gpt-4o-mini-transcribe" in by_model
    assert "house-voice" not in by_model


def test_json_is_for_programs(database: Path) -> None:
    answer = json.loads(run(database, "usage", "--json", "--days", "60").stdout)
    assert (answer["days"], answer["by"]) == (60, "user")
    assert answer["dollars"] == pytest.approx(10.2504)
    assert [row["user"] for row in answer["rows"]] == ["wendy", "ada", "[bold]bob"]
    assert answer["rows"][2] | {"seconds": 0} == {
        "user": "[bold]bob",
        "calls": 1,
        "seconds": 0,
        "tokens": 0,
        "dollars": 0,
        "without_price": 1,
        "without_usage": 1,
    }


def test_nothing_used_is_said_in_words(tmp_path: Path, database: Path) -> None:
    nowhere = tmp_path / "none.sqlite3"
    assert run(nowhere, "usage").stdout.startswith("No call has used anything in the last 30 days")
    assert not nowhere.exists(), "to look is not to make"
    assert json.loads(run(nowhere, "usage", "--json").stdout)["rows"] == []
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("DELETE FROM spending")
    assert run(database, "usage", "--days", "1").stdout.startswith("No call has used anything today")


def test_the_switch_tells_how_it_stands(database: Path) -> None:
    assert run(database, "calls", "status").stdout == "Calls are taken.\n0 calls go on.\n"
    assert "No new calls are taken" in run(database, "calls", "close").stdout
    assert "No new calls are taken" in run(database, "calls", "status").stdout
    assert "Calls are taken." in run(database, "calls", "open").stdout


def test_what_makes_no_sense_is_refused(tmp_path: Path, database: Path) -> None:
    ended = run(database, "calls", "open", "--end-running")
    assert (ended.returncode, "vivavoce calls close" in ended.stderr) == (2, True)
    nowhere = run(tmp_path / "none.sqlite3", "calls", "close")
    assert (nowhere.returncode, "VIVAVOCE_DATABASE" in nowhere.stderr) == (2, True)
    (tmp_path / "text").write_text("no database, but long enough to look at")
    for command in (["usage"], ["calls", "status"]):
        broken = run(tmp_path / "text", *command)
        assert (broken.returncode, "cannot be opened" in broken.stderr) == (2, True)
