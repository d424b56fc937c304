"""What a learner's routes say when the record cannot be read or written."""

from __future__ import annotations

import json
import sqlite3

import pytest
from starlette.requests import Request
from starlette.responses import Response

from kit.door import doorkeeper
from kit.review import held_to
from vivavoce.hosts.native.personal import personal


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", [sqlite3.OperationalError("database or disk is full"), OSError(28, "No space left")])
async def test_a_full_disk_is_told_in_words(fault: Exception) -> None:
    async def answer(request: Request) -> Response:
        raise fault

    guarded = personal(doorkeeper(), answer)
    response = await guarded(
        Request({"type": "http", "method": "POST", "path": "/", "headers": [], "client": ("127.0.0.1", 1)})
    )
    assert response.status_code == 503
    assert response.headers["cache-control"] == "no-store"
    assert held_to("ApiError", json.loads(bytes(response.body)))["error"]["code"] == "no_storage"


@pytest.mark.asyncio
async def test_a_fault_of_ours_is_told_in_words_and_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    said = "a learner's words"

    async def answer(request: Request) -> Response:
        raise KeyError(said)

    guarded = personal(doorkeeper(), answer)
    response = await guarded(
        Request({"type": "http", "method": "GET", "path": "/", "headers": [], "client": ("127.0.0.1", 1)})
    )
    assert response.status_code == 500
    assert response.headers["cache-control"] == "no-store"
    assert held_to("ApiError", json.loads(bytes(response.body)))["error"]["code"] == "server_error"
    assert "KeyError" in caplog.text
    assert said not in caplog.text + bytes(response.body).decode()
