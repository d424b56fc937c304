"""Whether new calls are to be sent here: asked by whatever stands in front of the server, all the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vivavoce.admission.refused import Refused
from vivavoce.hosts.native.personal import NO_STORAGE, NO_STORE, error

if TYPE_CHECKING:
    from vivavoce.hosts.native.calls import Calls
    from vivavoce.hosts.native.heartbeat import Heartbeat
    from vivavoce.hosts.native.warming import Warming


def ready_route(calls: Calls, heartbeat: Heartbeat, warming: Warming) -> Route:
    """`GET /api/ready`. The process is well as long as `/api/health` answers; a server that still loads its voice, or
    that drains, is well, and not ready.
    """

    async def ready(request: Request) -> Response:
        if calls.stopping:
            return error(503, "stopping", "The server is being restarted.", {**NO_STORE, "Retry-After": "5"})
        if not heartbeat.regular:
            return error(503, "no_storage", NO_STORAGE, {**NO_STORE, "Retry-After": "10"})
        try:
            warming.check()
        except Refused as refused:
            return error(refused.status, refused.code, str(refused), {**NO_STORE, **refused.headers})
        return JSONResponse({"ready": True}, headers=NO_STORE)

    return Route("/api/ready", ready)
