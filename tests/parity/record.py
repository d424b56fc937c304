"""What the store of a host holds of a learner's calls. Both hosts have the same tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

Event = dict[str, Any]

CALLS = "SELECT session_id, scenario_id, scenario_version, upstream, model, ended_reason, record, retry_of, retry_item"


def read_record(databases: Iterable[Path], user: str) -> list[Event]:
    """The learner's calls, the first one first, each with its durable events and the answers of its tools."""
    calls = [call for database in databases for call in _calls(database, user)]
    return sorted(calls, key=lambda call: float(call.pop("started_at")))


def _calls(database: Path, user: str) -> list[Event]:
    # A host may be writing just now, so the file is opened as one that is in use.
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as reader:
        reader.row_factory = sqlite3.Row
        if not reader.execute("SELECT 1 FROM sqlite_master WHERE name = 'session'").fetchone():
            return []  # of an object that never had a call
        rows = reader.execute(f"{CALLS}, started_at FROM session WHERE user = ?", (user,))
        return [{**dict(row), **_content(reader, row["session_id"])} for row in rows.fetchall()]


def _content(reader: sqlite3.Connection, session_id: str) -> Event:
    events = reader.execute("SELECT body FROM event WHERE session_id = ? ORDER BY seq", (session_id,))
    answers = "SELECT call_id, output FROM tool_result WHERE session_id = ? ORDER BY call_id"
    tools = reader.execute(answers, (session_id,))
    return {
        "events": [json.loads(body) for (body,) in events.fetchall()],
        "tools": [{"call_id": call_id, "output": json.loads(output)} for call_id, output in tools.fetchall()],
    }
