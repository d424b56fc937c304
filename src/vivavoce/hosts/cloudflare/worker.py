"""The Worker: answers for the API, brings browsers to their object, and says what the page may do."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import js
from pyodide.ffi import jsnull

from vivavoce.admission import kill_switch, sign_in
from vivavoce.admission.doorkeeper import Asked
from vivavoce.admission.handshake import read_arrival
from vivavoce.admission.page import SECURITY, headers_of
from vivavoce.admission.refused import Refused
from vivavoce.hosts.cloudflare.bodies import TooLong, read_body
from vivavoce.hosts.cloudflare.handed_over import HEADER, name_of_object, write_arrival
from vivavoce.hosts.cloudflare.setup import LESSONS, setup
from vivavoce.hosts.naming import places_of
from vivavoce.settings.error import SettingsError
from workers import Response, WorkerEntrypoint

NO_STORE = {"Cache-Control": "no-store"}
Headers = Mapping[str, str] | list[tuple[str, str]]

log = logging.getLogger("vivavoce.worker")


class Default(WorkerEntrypoint):  # type: ignore[misc]  # the SDK is Cloudflare's alone
    async def fetch(self, request: Any) -> Any:
        try:
            return await self._answer(request.js_object)
        except SettingsError as error:
            log.error("%s", error)
            return _error(503, "not_set_up", "This server is not set up yet. Its log says what is missing.", NO_STORE)
        except Refused as refused:
            return _error(refused.status, refused.code, str(refused), {**NO_STORE, **refused.headers})
        except Exception as error:
            log.error("a request failed: %s", places_of(error))
            return _error(500, "server_error", "This failed on the server.", NO_STORE)

    async def _answer(self, request: Any) -> Any:
        door, asked = setup().door, asked_of(request)
        door.check_host(asked)
        url = urlsplit(request.url)
        if url.path == "/ws":
            return await self._call(request, asked)
        if url.path == "/api" or url.path.startswith("/api/"):
            answer = await self._api(request, asked, url.path)
        else:
            answer = await self._page(request)
        for name, value in headers_of(door, asked).items():
            answer.js_object.headers.set(name, value)
        return answer

    async def _call(self, request: Any, asked: Asked) -> Any:
        if not any(value.lower() == "websocket" for value in asked.lines("Upgrade")):
            upgrade = {"Upgrade": "websocket"}
            raise Refused(HTTPStatus.UPGRADE_REQUIRED, "upgrade_required", "/ws speaks WebSocket.", upgrade)
        url = urlsplit(request.url)
        arrival = read_arrival(f"{url.path}?{url.query}", asked, LESSONS, setup().door)
        if arrival.resume_token is None and not setup().settings.calls_open:
            raise kill_switch.closed()
        session = self.env.REALTIME_SESSION.getByName(name_of_object(arrival))
        return await session.fetch(request.url, headers={"Upgrade": "websocket", HEADER: write_arrival(arrival)})

    async def _api(self, request: Any, asked: Asked, path: str) -> Any:
        routes: dict[str, tuple[str, Callable[[Any, Asked], Awaitable[Any]]]] = {
            "/api/health": ("GET", self._health),
            "/api/scenarios": ("GET", self._scenarios),
            "/api/session": ("GET", self._who),
            "/api/sign-in": ("POST", self._sign_in),
            "/api/sign-out": ("POST", self._sign_out),
            "/api/tickets": ("POST", self._ticket),
        }
        if path not in routes:
            return _error(404, "not_found", "There is no such route.")
        method, answer = routes[path]
        if ("GET" if request.method == "HEAD" else request.method) != method:
            return _error(405, "http_error", "Method Not Allowed", {"Allow": method})
        if answer in (self._health, self._scenarios):
            return await answer(request, asked)
        try:
            sign_in.check_place(setup().door, asked)
            return await answer(request, asked)
        except Refused as refused:
            return _error(refused.status, refused.code, str(refused), {**NO_STORE, **refused.headers})

    async def _health(self, request: Any, asked: Asked) -> Any:
        return _json({"ok": True})

    async def _scenarios(self, request: Any, asked: Asked) -> Any:
        return _json(LESSONS.public(), {"Cache-Control": "no-cache"})

    async def _who(self, request: Any, asked: Asked) -> Any:
        closed = None if setup().settings.calls_open else kill_switch.CLOSED_MESSAGE
        return _json(sign_in.who(setup().door, asked, closed, features=()), NO_STORE)

    async def _sign_in(self, request: Any, asked: Asked) -> Any:
        answer, cookie = sign_in.sign_in(setup().door, asked, await _read_object(request, asked))
        return _json(answer, {**NO_STORE, "Set-Cookie": cookie})

    async def _sign_out(self, request: Any, asked: Asked) -> Any:
        cookies = [("Set-Cookie", cookie) for cookie in sign_in.sign_out(setup().door, asked)]
        return Response(None, status=204, headers=[*NO_STORE.items(), *cookies])

    async def _ticket(self, request: Any, asked: Asked) -> Any:
        door = setup().door
        user, scenario_id = sign_in.who_calls(door, asked, await _read_object(request, asked), LESSONS)
        if not setup().settings.calls_open:
            raise kill_switch.closed()
        return _json(sign_in.ticket(door, user, scenario_id), NO_STORE)

    async def _page(self, request: Any) -> Any:
        """A file of the web app, or the app itself for whatever is none."""
        found = (await self.env.ASSETS.fetch(request.url)).js_object
        headers = js.Headers.new(found.headers)  # those that came cannot be added to
        headers.set("Cache-Control", "no-cache")
        return Response(js.Response.new(found.body, status=found.status, headers=headers))


def asked_of(request: Any) -> Asked:
    """Who asks, as Cloudflare says."""

    def lines(name: str) -> list[str]:
        value = request.headers.get(name)
        return [] if value is None or value is jsnull else [str(value)]

    return Asked("".join(lines("CF-Connecting-IP")), lines, request.url.startswith("https:"))


async def _read_object(request: Any, asked: Asked) -> dict[str, Any]:
    sign_in.check_json(asked)
    try:
        return sign_in.read_object(await read_body(request.body, sign_in.MOST_JSON))
    except TooLong:
        raise sign_in.too_big(sign_in.MOST_JSON) from None


def _json(body: object, headers: Mapping[str, str] | None = None) -> Any:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, headers={"Content-Type": "application/json", **(headers or {})})


def _error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Any:
    body = json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False)
    named = {"Content-Type": "application/json", **SECURITY, **(headers or {})}
    return Response(body, status=int(status), headers=named)
