"""An upstream that writes a bill: what it says that each response used, it also keeps, whoever dies meanwhile."""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from websockets.sync.server import ServerConnection

from kit.server import Server
from kit.upstream import ScriptedUpstream

SCENARIOS = str(Path(__file__).parents[2] / "scenarios")
VOICE, EARS = "house-voice", "house-ears"
TOKEN = 100
"""Microdollars of a token, on the price list of `price_list`."""


def price_list(folder: Path, *models: str) -> Path:
    """A list on which every token of these models costs the same."""
    price = dict.fromkeys(("text_in", "text_out", "audio_in", "audio_out"), TOKEN)
    path = folder / "prices.json"
    path.write_text(json.dumps({"as_of": "2026-11-23", "models": dict.fromkeys(models, price)}))
    return path


def capped(folder: Path, url: str, **caps: float) -> dict[str, str]:
    """Settings of a server that pays the upstream at `url`, with caps (call, user_day, day, month) in dollars."""
    return {
        "VIVAVOCE_UPSTREAM": "compatible",
        "VIVAVOCE_UPSTREAM_URL": url,
        "VIVAVOCE_MODEL": VOICE,
        "VIVAVOCE_TRANSCRIPTION_MODEL": EARS,
        "VIVAVOCE_SCENARIOS": SCENARIOS,
        "VIVAVOCE_PRICES": str(price_list(folder, VOICE, EARS)),
        **{f"VIVAVOCE_CAP_{name.upper()}": f"{dollars:.2f}" for name, dollars in caps.items()},
    }


def rows(server: Server, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(server.database)) as db:
        return db.execute(query, parameters).fetchall()


def noted(server: Server) -> int:
    """Microdollars that are in the book."""
    [(microdollars,)] = rows(server, "SELECT COALESCE(sum(microdollars), 0) FROM spending")
    return int(microdollars)


class BillingUpstream(ScriptedUpstream):
    """Every response uses `tokens`."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens = tokens
        self._bill: list[int] = []
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    @property
    def billed(self) -> int:
        """Microdollars."""
        with self._lock:
            return sum(self._bill) * TOKEN

    def respond(self, connection: ServerConnection, metadata: object, text: str = "I see.") -> None:
        with self._lock:
            number, tokens = next(self._numbers), self.tokens
            self._bill.append(tokens)
        id, where = f"item_{number}", {"item_id": f"item_{number}", "output_index": 0, "content_index": 0}
        item = {"id": id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        response = {"id": f"resp_{number}", "status": "in_progress", "output": [], "metadata": metadata}
        self.send(connection, "response.created", response=response)
        self.send(connection, "conversation.item.added", item=item)
        self.send(connection, "response.output_audio_transcript.done", **where, transcript=text)
        self.send(connection, "response.done", response={**response, "status": "completed", "usage": used(tokens)})


def used(tokens: int) -> dict[str, Any]:
    return {
        "total_tokens": tokens,
        "input_tokens": tokens - 1,
        "output_tokens": 1,
        "input_token_details": {"text_tokens": tokens - 1, "audio_tokens": 0},
        "output_token_details": {"text_tokens": 1, "audio_tokens": 0},
    }
