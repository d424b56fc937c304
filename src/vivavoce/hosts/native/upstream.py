"""The other end of a call: OpenAI, Azure, a compatible server, or the embedded engine. All speak the same protocol."""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import hashlib
import logging
import re
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from picows import WSError, WSHandshakeError, ws_connect

from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.settings import Settings
from vivavoce.session.breaker import Breaker
from vivavoce.session.line import FATAL_CODES, refuses

MAX_FRAME = 16 * 1024 * 1024
HANDSHAKE_SECONDS = 10.0
RECEIVE_BUFFER = 512 * 1024
"""Bytes the kernel may hold of one upstream; also bounds how much stale voice is on its way after a barge-in."""
PING_IDLE_SECONDS = 6
PING_REPLY_SECONDS = 6
"""A connection whose other end is gone without a word is noticed after both; while the page reads slowly the upstream
is not read at all, but for a shorter time than that."""
MOST_RETRY_SECONDS = 3600.0
SHORTEST_KEY = 16
"""Characters; a shorter one ("EMPTY", "dummy") is no secret, and may be a word of the protocol."""

_PLAIN_NUMBER = re.compile(r"\s*[0-9]{1,12}(\.[0-9]{1,6})?\s*")
_LOG = logging.LoggerAdapter(logging.getLogger("vivavoce.upstream"), {})  # given a Logger, picows makes one per link


class UpstreamError(Exception):
    """The upstream was not reached. `status` is its HTTP answer, or 0; the message holds nothing secret.

    `retry_after`: how many seconds it wants to be left alone.
    """

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Upstream:
    """Dials the upstream that the settings name. The key exists nowhere but in the headers made here."""

    def __init__(self, settings: Settings, url: str) -> None:
        """`url` is the settings' own, or the address of the embedded engine."""
        self.kind = settings.upstream
        self._settings = settings
        self._url = url
        key = settings.api_key or ""
        self._key = key.encode() if len(key) >= SHORTEST_KEY else None
        self._breaker = Breaker()

    def down_for(self) -> float | None:
        """In how many seconds a new call is worth trying, because most of them fail now; None when they do not."""
        return self._breaker.retry_after(asyncio.get_running_loop().time())

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
        """Dial, unless the provider is known to be down; the breaker learns how it went."""
        clock = asyncio.get_running_loop().time
        if not self._breaker.allows(clock()):
            message = "not dialled: most connections to the upstream fail just now"
            raise UpstreamError(HTTPStatus.SERVICE_UNAVAILABLE, message, self._breaker.retry_after(clock()))
        try:
            await self._dial(link, query, user)
        except UpstreamError as error:
            if refuses(error.status, str(error)):  # it is there, and has time to say no
                self._breaker.succeeded(clock())
            else:
                self._breaker.failed(clock())
            raise
        except BaseException:
            self._breaker.abandoned()
            raise
        self._breaker.succeeded(clock())

    async def _dial(self, link: Link, query: dict[str, str], user: str) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await self._connect(link, query, user)
        except WSHandshakeError as error:
            if error.response is None:
                raise UpstreamError(0, "the upstream answered with something else than HTTP") from None
            status, wait = error.response.status.value, retry_after(error.response.headers)
            raise UpstreamError(status, _answer(status, error.raw_body or b""), wait) from None
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
            auto_ping_idle_timeout=PING_IDLE_SECONDS,
            auto_ping_reply_timeout=PING_REPLY_SECONDS,
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


def _answer(status: int, body: bytes) -> str:
    """What the upstream answered. Of the body only the name of an error that is known: the rest may quote the key."""
    named = sorted(code for code in FATAL_CODES if f'"{code}"'.encode() in body)
    return f"the upstream answered {status}" + (f": {', '.join(named)}" if named else "")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks to wait, at most an hour; None when it does not ask, or not in a known way."""
    in_ms = _number(headers.get("retry-after-ms"))
    if in_ms is not None:
        return min(in_ms / 1000, MOST_RETRY_SECONDS)
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is None and said:
        with contextlib.suppress(ValueError, OverflowError):
            at = email.utils.parsedate_to_datetime(said).astimezone(UTC)
            seconds = max(0.0, (at - datetime.now(UTC)).total_seconds())
    return None if seconds is None else min(seconds, MOST_RETRY_SECONDS)


def _number(text: str | None) -> float | None:
    """A plain number that is not negative."""
    return float(text) if text and _PLAIN_NUMBER.fullmatch(text) else None
