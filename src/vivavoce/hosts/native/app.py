"""HTTP: the API's routes and the built web app. WebSockets never come here, see `websocket`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vivavoce.admission.doorkeeper import Asked, Doorkeeper
from vivavoce.admission.page import SECURITY, headers_of
from vivavoce.admission.refused import Refused

STATIC = Path(__file__).parent / "static"

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>vivavoce</title>
<body><h1>The web app is not built yet</h1><p>Run <code>make web</code> and reload this page.</p></body></html>"""


def build_app(index: bytes, door: Doorkeeper, static: Path = STATIC, more: Iterable[Route] = ()) -> ASGIApp:
    """`index` is the content of scenarios/index.json, `more` the routes of /api that need the record."""

    async def health(request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def scenarios(request: Request) -> Response:
        return Response(index, media_type="application/json", headers={"Cache-Control": "no-cache"})

    async def upgrade_required(request: Request) -> Response:
        return _error(426, "upgrade_required", "/ws speaks WebSocket.", {"Upgrade": "websocket"})

    async def unknown(request: Request) -> Response:
        return _error(404, "not_found", "There is no such route.")

    routes = [
        Route("/api/health", health),
        Route("/api/scenarios", scenarios),
        *more,
        Route("/api", unknown),
        Route("/api/{path:path}", unknown),
        Route("/ws", upgrade_required),
        Mount("/", WebApp(static)),
    ]
    return FrontDoor(Starlette(routes=routes, exception_handlers={HTTPException: _http_error}), door)


class FrontDoor:
    """Refuses names that are not ours, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, door: Doorkeeper) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        app, more = self._app, SECURITY
        asked = Asked(scope["client"][0] if scope["client"] else "", headers.getlist, scope["scheme"] == "https")
        try:
            self._door.check_host(asked)
            more = headers_of(self._door, asked)
        except Refused as refused:
            app = _error(refused.status, refused.code, str(refused))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(more)
            await send(message)

        await app(scope, receive, send_with_headers)


class WebApp(StaticFiles):
    """The built app; a path that is no file is a deep link into it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self.config_checked = True  # the app may be built while the server runs
        self._index = folder / "index.html"

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not self._index.is_file():
            return HTMLResponse(_NOT_BUILT, 503, {"Cache-Control": "no-store"})
        is_file = path not in (".", "index.html") and (
            path.split("/")[0] == "assets" or path.startswith(".") or Path(path).suffix
        )
        return await super().get_response(path if is_file else "index.html", scope)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return ("", None) if path.startswith(".") else super().lookup_path(path)

    def file_response(self, *arguments: Any, **named: Any) -> Response:
        response = super().file_response(*arguments, **named)
        hashed = Path(arguments[0]).parent.name == "assets"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.url.path.startswith("/api/"):
        return _error(error.status_code, "http_error", error.detail, error.headers)
    return PlainTextResponse(error.detail, error.status_code, error.headers)


def _error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
