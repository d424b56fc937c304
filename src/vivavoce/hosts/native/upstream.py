"""The other end of a call: OpenAI, Azure, a compatible server, or the embedded engine. All speak the same protocol."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import time
from functools import cached_property
from http import HTTPStatus

import aiofastnet
from picows import WSError, WSHandshakeError
from picows.url import parse_url

from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.watchful import WatchfulProtocol
from vivavoce.hosts.native.wiring import wired
from vivavoce.session.breaker import Breaker
from vivavoce.session.line import refuses
from vivavoce.session.not_opened import UpstreamError, answered
from vivavoce.settings.upstream import UpstreamSettings, with_query

MAX_FRAME = 16 * 1024 * 1024
HANDSHAKE_SECONDS = 10.0
RECEIVE_BUFFER = 512 * 1024
"""Bytes the kernel may hold of one upstream; also bounds how much stale voice is on its way after a barge-in."""
PING_SECONDS = 6.0
_LOG = logging.LoggerAdapter(logging.getLogger("vivavoce.upstream"), {})  # given a Logger, picows makes one per link


class Upstream:
    """Dials the upstream that the settings name. The key exists nowhere but in the headers of the handshake."""

    def __init__(self, settings: UpstreamSettings, url: str) -> None:
        """`url` is the settings' own, or the address of the embedded engine."""
        self.settings = settings
        self._url = url
        self._breaker = Breaker()

    def down_for(self) -> float | None:
        """In how many seconds a new call is worth trying, because most of them fail now; None when they do not."""
        return self._breaker.retry_after(asyncio.get_running_loop().time())

    async def connect(self, link: Link, scenario_id: str, user: str) -> None:
        """Open the link. Raises UpstreamError; neither it nor its context holds a request header."""
        await self._open(link, {"model": self.settings.model_for(scenario_id)}, user)

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
            response = error.response
            raise answered(response.status.value, response.headers, error.raw_body or b"", time.time()) from None
        except TimeoutError:
            raise UpstreamError(0, f"no answer within {HANDSHAKE_SECONDS:g} s") from None
        except ssl.SSLError as error:
            raise UpstreamError(0, f"no secure connection: {error.reason or 'TLS failed'}") from None
        except (OSError, WSError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise UpstreamError(0, f"no connection: {reason}") from None

    async def _connect(self, link: Link, asked: dict[str, str], user: str) -> None:
        url = parse_url(with_query(self._url, asked))
        headers = self.settings.headers(user)
        protocol = _Protocol(
            lambda request, response: link,
            dialled=(url.netloc, url.resource_name),
            headers=headers,
            max_frame=MAX_FRAME,
            handshake_seconds=HANDSHAKE_SECONDS,
            log=_LOG,
            ping_seconds=PING_SECONDS,
        )
        loop, tls = asyncio.get_running_loop(), self._tls if url.is_secure else None
        transport, _ = await aiofastnet.create_connection(loop, asyncio.Protocol, url.host, url.port, ssl=tls)
        transport.set_protocol(protocol)  # not before: a transport whose dial is given up must not be a wire already
        protocol.connection_made(transport)
        try:
            await protocol.wait_until_handshake_complete()
        except BaseException:
            protocol.transport.disconnect(graceful=False)  # an answer that comes late would open it, after all
            raise
        wire: asyncio.Transport = protocol.transport.underlying_transport
        headers.clear()  # picows holds on to them
        if certificate := wire.get_extra_info("peercert"):
            certificate.clear()  # it was checked, and the transport holds on to all that stands in it
        if protocol.listener is None:  # picows takes a hang-up before the answer for success
            raise UpstreamError(0, "the upstream hung up instead of answering")
        kernel: socket.socket = wire.get_extra_info("socket")
        with contextlib.suppress(OSError):  # the connection may be over already
            kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()


class _Protocol(WatchfulProtocol):
    """Who is gone without a word is not waited for: another upstream is dialled as soon as this one is away."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(wired(transport, self))

    def taken_for_gone(self) -> None:
        super().taken_for_gone()
        self.listener.abort()
