"""What all routes with a learner's data share: who may ask, what is said when it fails, and that nobody keeps it.

Without sign-in, the id of a call is its key: 96 random bits that only the page that made the call was told. With it, a
call is its learner's own, and the operator's. Other sites' pages are turned away by their Origin, as at /ws.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from vivavoce.admission.doorkeeper import Asked, Doorkeeper
from vivavoce.admission.refused import Refused
from vivavoce.admission.sign_in import MOST_JSON, check_json, check_place, read_object, too_big
from vivavoce.hosts.naming import places_of
from vivavoce.hosts.native.archive import Unknown, Unready

NO_STORE = {"Cache-Control": "no-store"}

NO_STORAGE = "The server cannot read or write its record right now. Try again later, or tell whoever runs it."

FAILED = "This failed on the server. Tell whoever runs it."

log = logging.getLogger("vivavoce.archive")

Answer = Callable[[Request], Awaitable[Response]]


def personal(door: Doorkeeper, answer: Answer) -> Answer:
    """A route that answers with personal data, or changes it."""

    async def guarded(request: Request) -> Response:
        try:
            check_place(door, asked_of(request))
            response = await answer(request)
        except Refused as refused:
            response = error(refused.status, refused.code, str(refused), refused.headers)
        except Unknown as unknown:
            response = error(404, "unknown_call", str(unknown))
        except Unready as unready:
            response = error(409, unready.code, str(unready))
        except (sqlite3.Error, OSError) as fault:
            log.error("what a page asked for failed: %s", places_of(fault))
            response = error(503, "no_storage", NO_STORAGE)
        except ClientDisconnect:
            response = Response(status_code=400)
        except Exception as fault:  # uvicorn would write down its text, which may quote what was said
            log.error("what a page asked for failed: %s", places_of(fault))
            response = error(500, "server_error", FAILED)
        response.headers.update(NO_STORE)
        return response

    return guarded


async def read_body(request: Request, most: int) -> bytes:
    """A request's body. Raises Refused when it is longer."""
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > most:
        raise too_big(most)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise too_big(most)
    return bytes(body)


async def read_json(request: Request) -> dict[str, Any]:
    """A small JSON object. Raises Refused."""
    check_json(asked_of(request))
    return read_object(await read_body(request, MOST_JSON))


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


def attachment(content: str, media_type: str, name: str) -> Response:
    """A file to save. `name` is ASCII without quotes."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def json_text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def asked_of(request: Request) -> Asked:
    return Asked(request.client.host if request.client else "", request.headers.getlist, request.url.scheme == "https")
