"""One WebSocket of a call, to the browser or to the upstream: whole text messages in, frames out.

What RFC 6455 says of frames, fragments, pings and UTF-8 is Cloudflare's to see to. A page that reads slowly cannot be
noticed here: there is no word for how much is on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakMethod

from pyodide.ffi import JsException, create_proxy

from vivavoce.session.inputs import Peer
from vivavoce.session.limits import TokenBucket

CLOSE_SECONDS = 3.0
"""How long the peer's close frame may take to come."""
MOST_REASON = 123
"""Bytes: a control frame has 125."""
OUT_OF_PACE = 4008
MESSAGE_TOO_BIG = 1009
ABNORMAL = 1006


class Owner(Protocol):
    """The call."""

    def received(self, socket: Socket, frame: bytes) -> None: ...

    def received_binary(self, socket: Socket, size: int) -> None: ...

    def disconnected(self, socket: Socket, code: int, reason: str) -> None: ...


class Socket:
    """Tells `owner` what happens, until it is over. Nothing of it stays behind: JavaScript lets go of its listeners."""

    def __init__(self, peer: Peer, web_socket: Any, most: int, pace: TokenBucket | None = None) -> None:
        """A message may have `most` bytes, and all of them together what `pace` allows."""
        self.peer = peer
        self.owner: Owner | None = None
        self._socket = web_socket
        self._most = most
        self._pace = pace
        self._closing = False
        """The end has been said: what still comes in is ignored."""
        self._over = False
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._listeners = {
            "message": create_proxy(_weakly(self._message)),
            "close": create_proxy(_weakly(self._closed)),
            "error": create_proxy(_weakly(self._errored)),
        }
        for kind, listener in self._listeners.items():
            web_socket.addEventListener(kind, listener)
        web_socket.binaryType = "arraybuffer"
        web_socket.accept()

    def send(self, frame: bytes) -> None:
        if not self._closing:
            self._socket.send(frame.decode())

    def close(self, code: int, reason: str) -> None:
        """Send what is queued, then a close frame, and wait for the peer's, but not for long."""
        if self._closing:
            return
        self._closing = True
        self._timer = self._loop.call_later(CLOSE_SECONDS, self._end, ABNORMAL, "")
        try:
            self._socket.close(code, reason.encode()[:MOST_REASON].decode(errors="ignore"))
        except JsException:  # it is gone, and its end is about to be told
            return

    def _message(self, event: Any) -> None:
        if self._closing:
            return
        data = event.data
        text = data if isinstance(data, str) else None
        frame = b"" if text is None else text.encode("utf-8", "replace")
        size = len(frame) if text is not None else int(data.byteLength)
        if self._pace is not None and not self._pace.take(size, self._loop.time()):
            self.close(OUT_OF_PACE, "too fast")
        elif size > self._most:
            self.close(MESSAGE_TOO_BIG, f"a message may have {self._most} bytes")
        elif self.owner is None:
            return
        elif text is None:
            self.owner.received_binary(self, size)
        else:
            self.owner.received(self, frame)

    def _closed(self, event: Any) -> None:
        self._end(int(event.code), str(event.reason))

    def _errored(self, event: Any) -> None:
        self._end(ABNORMAL, "")

    def _end(self, code: int, reason: str) -> None:
        if self._over:
            return
        self._over = self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        for kind, listener in self._listeners.items():
            self._socket.removeEventListener(kind, listener)
        self._loop.call_soon(self._let_go)  # one of them is being called just now
        if self.owner is not None:
            self.owner.disconnected(self, code, reason)

    def __del__(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        for listener in self._listeners.values():
            listener.destroy()
        self._listeners.clear()


def _weakly(method: Callable[[Any], None]) -> Callable[[Any], None]:
    """A listener that does not keep its socket in memory. JavaScript keeps what it listens with until it is told to let
    go; and when an object is thrown out of memory in mid-call, nobody is there who would tell it.
    """
    found = WeakMethod(method)

    def listen(event: Any) -> None:
        if listener := found():
            listener(event)

    return listen
