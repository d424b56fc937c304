"""A WebSocket client without manners: it sends the bytes it is told to."""

from __future__ import annotations

import base64
import os
import select
import socket
import struct
from types import TracebackType

MASK = b"\x01\x02\x03\x04"


def frame(
    opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, masked: bool = True, declared: int = -1
) -> bytes:
    """`declared` is the length in the header when it shall not be the true one."""
    length = len(payload) if declared < 0 else declared
    first = bytes([fin << 7 | rsv << 4 | opcode])
    mask_bit = masked << 7
    if length < 126:
        head = first + bytes([mask_bit | length])
    elif length < 65536:
        head = first + bytes([mask_bit | 126]) + struct.pack("!H", length)
    else:
        head = first + bytes([mask_bit | 127]) + struct.pack("!Q", length)
    if not masked:
        return head + payload
    masks = (MASK * (len(payload) // 4 + 1))[: len(payload)]
    masked_payload = int.from_bytes(payload, "big") ^ int.from_bytes(masks, "big")
    return head + MASK + masked_payload.to_bytes(len(payload), "big")


class RawWebSocket:
    def __init__(self, port: int, target: str, *header_lines: str, method: str = "GET") -> None:
        """Opens with the usual handshake; `header_lines` replace the lines of the same name, or take them out."""
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._buffer = b""
        self.request(target, *header_lines, method=method)
        self.status, self.head = self.response_head()

    def request(self, target: str, *header_lines: str, method: str = "GET") -> None:
        lines = {
            "host": f"Host: localhost:{self._socket.getpeername()[1]}",
            "upgrade": "Upgrade: websocket",
            "connection": "Connection: Upgrade",
            "sec-websocket-version": "Sec-WebSocket-Version: 13",
            "sec-websocket-key": f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        }
        for line in header_lines:
            lines[line.split(":")[0].lower()] = line
        kept = [line for line in lines.values() if not line.endswith(":")]
        self._socket.sendall("\r\n".join([f"{method} {target} HTTP/1.1", *kept, "", ""]).encode("latin-1"))

    def response_head(self) -> tuple[int, str]:
        while b"\r\n\r\n" not in self._buffer:
            more = self._socket.recv(4096)
            if not more:
                return 0, ""
            self._buffer += more
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        return int(head.split(b" ")[1]), head.decode("latin-1")

    def body(self, size: int) -> bytes:
        return self._exactly(size)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload."""
        first, second = self._exactly(2)
        length = second & 127
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        return first & 15, self._exactly(length)

    def has_received(self) -> bool:
        """Whether anything is there to be read, the end of the connection included."""
        return bool(self._buffer) or bool(select.select([self._socket], [], [], 0)[0])

    def close_code(self) -> int:
        """Read on to the close frame, and past it to the end of the connection."""
        while True:
            opcode, payload = self.receive()
            if opcode == 8:
                assert self._socket.recv(1) == b"", "the server must hang up after its close frame"
                return int.from_bytes(payload[:2], "big")

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            more = self._socket.recv(65536)
            if not more:
                raise ConnectionError("the server hung up")
            self._buffer += more
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def __enter__(self) -> RawWebSocket:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._socket.close()
