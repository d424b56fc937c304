"""The other end of a call: OpenAI, Azure, a compatible server, or the embedded engine. All speak the same protocol."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import socket
import ssl
from functools import cached_property
from urllib.parse import urlencode, urlsplit

from picows import WSError, WSHandshakeError, ws_connect

from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.settings import Settings

MAX_FRAME = 16 * 1024 * 1024
HANDSHAKE_SECONDS = 10.0
RECEIVE_BUFFER = 512 * 1024
"""Bytes the kernel may hold of one upstream; also bounds how much stale voice is on its way after a barge-in."""
SHORTEST_KEY = 16
"""Characters; a shorter one ("EMPTY", "dummy") is no secret, and may be a word of the protocol."""

_LOG = logging.LoggerAdapter(logging.getLogger("vivavoce.upstream"), {})  # given a Logger, picows makes one per link


class UpstreamError(Exception):
    """The upstream was not reached. `status` is its HTTP answer, or 0; the message holds nothing secret."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Upstream:
    """Dials the upstream that the settings name. The key exists nowhere but in the headers made here."""

    def __init__(self, settings: Settings, url: str) -> None:
        """`url` is the settings' own, or the address of the embedded engine."""
        self.kind = settings.upstream
        self._settings = settings
        self._url = url
        key = settings.api_key or ""
        self._key = key.encode() if len(key) >= SHORTEST_KEY else None

    def model(self, scenario_id: str) -> str:
        """The embedded engine knows a scenario by its model name."""
        return f"vivavoce/{scenario_id}" if self.kind == "embedded" else self._settings.model

    async def connect(self, link: Link, scenario_id: str, user: str) -> None:
        """Open the link. Raises UpstreamError; neither it nor its context holds a request header."""
        await self._open(link, {"model": self.model(scenario_id)}, user)

    async def connect_to_transcribe(self, link: Link, user: str) -> None:
        """Open the link for a session that only writes down what it hears. Raises UpstreamError."""
        await self._open(link, {"intent": "transcription"}, user)

    async def _open(self, link: Link, query: dict[str, str], user: str) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await self._connect(link, query, user)
        except WSHandshakeError as error:
            status = error.response.status.value if error.response is not None else 0
            raise UpstreamError(status, f"the upstream answered {status or 'with something else than HTTP'}") from None
        except TimeoutError:
            raise UpstreamError(0, f"no answer within {HANDSHAKE_SECONDS:g} s") from None
        except ssl.SSLError as error:
            raise UpstreamError(0, f"no secure connection: {error.reason or 'TLS failed'}") from None
        except (OSError, WSError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise UpstreamError(0, f"no connection: {reason}") from None

    def without_key(self, frame: bytes) -> bytes:
        """A frame of the upstream's, which may quote the key that it was called with, wherever and of whatever form."""
        return frame.replace(self._key, b"[key]") if self._key else frame

    async def _connect(self, link: Link, asked: dict[str, str], user: str) -> None:
        parts = urlsplit(self._url)
        query = "&".join(filter(None, [parts.query, urlencode(asked, safe="/")]))
        transport, opened = await ws_connect(
            lambda request, response: link,
            parts._replace(query=query).geturl(),
            ssl_context=self._tls if parts.scheme == "wss" else None,
            websocket_handshake_timeout=HANDSHAKE_SECONDS,
            logger_name=_LOG,
            enable_auto_ping=True,
            auto_ping_idle_timeout=20,
            auto_ping_reply_timeout=20,
            enable_auto_pong=False,
            max_frame_size=MAX_FRAME,
            extra_headers=self._headers(user),
            max_redirects=0,
            read_buffer_init_size=4096,
        )
        if opened is None:  # picows takes a hang-up before the answer for success
            raise UpstreamError(0, "the upstream hung up instead of answering")
        kernel: socket.socket = transport.underlying_transport.get_extra_info("socket")
        with contextlib.suppress(OSError):  # the connection may be over already
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)

    def _headers(self, user: str) -> dict[str, str]:
        key = self._settings.api_key
        match self.kind:
            case "openai":
                identifier = hashlib.sha256(user.encode()).hexdigest()
                return {"Authorization": f"Bearer {key}", "OpenAI-Safety-Identifier": identifier}
            case "azure":
                return {"api-key": str(key)}
            case "compatible":
                return {"Authorization": f"Bearer {key}"} if key else {}
            case "embedded":
                return {}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()
