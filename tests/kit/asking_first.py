"""A WebSocket client that may be used over TLS."""

from __future__ import annotations

import threading
from typing import Any

from websockets.sync.client import ClientConnection


class AskingFirst(ClientConnection):
    """Reads nothing before it has sent its request.

    One thread of this client reads and another writes, but an OpenSSL connection is not for two threads at once. What
    a server sends first after a TLS 1.3 handshake are session tickets, and while they are read OpenSSL takes itself
    for being in a handshake: a request that is written right then never leaves, and its answer is waited for in vain
    (one connection in a hundred on two cores, with any server). The tickets come before the answer, so whoever begins
    to read when the request is out has read them before anything else is written.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._asked = threading.Event()
        super().__init__(*arguments, **options)

    def send_data(self) -> None:
        super().send_data()
        self._asked.set()

    def close_socket(self) -> None:
        super().close_socket()
        self._asked.set()  # its reading thread is waited for next

    def recv_events(self) -> None:
        self._asked.wait()
        super().recv_events()
