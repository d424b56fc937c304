"""Between relay and upstream: passes everything on and keeps what the upstream was sent."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve


class Wiretap:
    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.heard: list[dict[str, Any]] = []
        """Every event that reached the upstream, of all calls."""
        self.dialled = 0
        """How often somebody connected."""

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        """The URL to dial instead of the upstream's."""
        with serve(self._relay, "127.0.0.1", 0, compression=None, max_size=None) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v1/realtime"
            finally:
                server.shutdown()
                thread.join(10)

    def _relay(self, client: ServerConnection) -> None:
        assert client.request is not None
        self.dialled += 1
        query = client.request.path.partition("?")[2]
        with connect(f"{self._upstream}?{query}", compression=None, max_size=None) as upstream:
            answers = threading.Thread(target=_pump, args=(upstream, client))
            answers.start()
            with contextlib.suppress(ConnectionClosed):
                for frame in client:
                    self.heard.append(json.loads(frame))
                    upstream.send(frame)
            upstream.close()
            answers.join(10)


def _pump(source: ClientConnection, target: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        for frame in source:
            target.send(frame)
