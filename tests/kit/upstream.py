"""A Realtime peer for what the embedded engine never does: break off, flood, blab, refuse, use TLS."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve


class ScriptedUpstream:
    """Takes the scenario and gives the opening line; `then` does the rest. Keeps what it was sent."""

    def __init__(
        self,
        then: Callable[[ScriptedUpstream, ServerConnection], None] | None = None,
        *,
        refuse: int | None = None,
        retry_after: str | None = None,
        error_code: str = "no",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.received: list[dict[str, Any]] = []
        self._then = then
        self._refuse = refuse
        self._retry_after = retry_after
        self._error_code = error_code
        self._tls = tls

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        """The URL to dial."""
        with serve(
            self._talk,
            "localhost",
            0,
            ssl=self._tls,
            process_request=self._check,
            compression=None,
            close_timeout=1,
        ) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            scheme = "wss" if self._tls else "ws"
            try:
                yield f"{scheme}://localhost:{server.socket.getsockname()[1]}/v1/realtime"
            finally:
                server.shutdown()
                thread.join(10)

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        if self._refuse is None:
            return None
        message = f"Incorrect API key: {request.headers.get('Authorization')}"
        echo = json.dumps({"error": {"message": message, "code": self._error_code}}).encode()
        headers = Headers({"Content-Length": str(len(echo)), "Location": "wss://localhost:1/elsewhere"})
        if self._retry_after is not None:
            headers["Retry-After"] = self._retry_after
        return Response(self._refuse, "Refused", headers, echo)

    def _talk(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            self.send(connection, "session.created", session={"id": "sess_1", "instructions": "default"})
            for frame in connection:
                event = json.loads(frame)
                self.received.append(event)
                if event["type"] == "session.update":
                    self.send(connection, "session.updated", session=event["session"])
                elif event["type"] == "conversation.item.create":
                    self.send(connection, "conversation.item.added", item={**event["item"], "status": "completed"})
                elif event["type"] == "response.create":
                    self.respond(connection, event["response"].get("metadata"))
                    if self._then is not None:
                        self._then(self, connection)

    def send(self, connection: ServerConnection, type: str, **fields: Any) -> None:
        connection.send(json.dumps({"type": type, "event_id": f"event_{id(fields)}", **fields}, separators=(",", ":")))

    def respond(self, connection: ServerConnection, metadata: object, text: str = "Good evening.") -> None:
        response = {"id": "resp_1", "status": "in_progress", "output": [], "metadata": metadata}
        item = {"id": "item_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        where = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
        done = {**item, "status": "completed", "content": [{"type": "output_audio", "transcript": text}]}
        self.send(connection, "response.created", response=response)
        self.send(connection, "response.output_item.added", response_id="resp_1", output_index=0, item=item)
        self.send(connection, "conversation.item.added", item=item)
        self.send(connection, "response.output_audio_transcript.done", **where, transcript=text)
        self.send(connection, "response.output_item.done", response_id="resp_1", output_index=0, item=done)
        self.send(connection, "response.done", response={**response, "status": "completed", "output": [done]})
