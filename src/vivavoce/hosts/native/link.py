"""One WebSocket of a call, to the browser or to the upstream: whole text messages in, frames out.

picows parses frames and leaves to its user what RFC 6455 says about reserved bits, fragments and UTF-8, and what a
close handshake is; that stands here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from vivavoce.hosts.native.pace import Pace
from vivavoce.hosts.native.passage import Passage
from vivavoce.hosts.native.pumping import framer, front
from vivavoce.hosts.native.wiring import is_fit, outlet_of, resume_reading
from vivavoce.session.inputs import Peer

if TYPE_CHECKING:
    from vivavoce.hosts.native._pump import Outlet, Pump

STALL_SECONDS = 10.0
"""How long a peer may leave what we write unread (promise P10)."""
CLOSE_SECONDS = 3.0
"""How long the last bytes and the close frame may take to leave, and the peer's close frame to come."""
MOST_IGNORED = 250
"""Messages of a peer that goes on talking after the end was said. Its close frame is not waited for any more, then."""
MOST_REASON = 123
"""Bytes: a control frame has 125."""
NORMAL = 1000
PROTOCOL_ERROR = 1002
INVALID_TEXT = 1007
MESSAGE_TOO_BIG = 1009
OUT_OF_PACE = 4008

_SENDABLE = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015)})
"""Close codes that may stand in a frame; those from 3000 on are anybody's."""
_TEXT = WSMsgType.TEXT
"""Each frame is compared with it, and an enum is slow to look it up."""
_OPENING = (_TEXT, WSMsgType.BINARY)


class Owner(Protocol):
    """The actor of the call."""

    def received(self, link: Link, frame: bytes) -> None: ...

    def received_binary(self, link: Link, size: int) -> None: ...

    def congestion_changed(self, link: Link) -> None: ...

    def disconnected(self, link: Link, code: int, reason: str) -> None: ...


class Link(WSListener):
    """Tells `owner` what happens, from `opened` on; without an owner it reads on in silence."""

    __slots__ = (
        "_fragments",
        "_fragments_are_text",
        "_framed",
        "_ignored",
        "_inlet",
        "_max_message",
        "_now",
        "_opened",
        "_pace",
        "_passage",
        "_pump",
        "_timer",
        "_transport",
        "_wants_pump",
        "closing",
        "congested",
        "flows",
        "outlet",
        "owner",
        "peer",
    )

    def __init__(self, peer: Peer, max_message: int, opened: Callable[[Link], None], pace: Pace | None = None) -> None:
        """`max_message` in bytes bounds a message of many fragments; that of a frame is picows' to check."""
        self.peer = peer
        self.owner: Owner | None = None
        self.congested = False
        """The peer reads slower than we write; whoever makes us write should pause."""
        self.flows = False
        """Whether the newest frame went through the passage."""
        self._passage: Passage | None = None
        """What comes in may go through it."""
        self._inlet: Passage | None = None
        """The passage that leads here."""
        self._pump: Pump | None = None
        """Fills the passage in our place."""
        self.outlet: Outlet | None = None
        """Takes what is framed as `write` does. Only a pump tells it when picows has said the end."""
        self._framed = framer()
        self._wants_pump = True
        self._max_message = max_message
        self._opened = opened
        self._pace = pace
        self._now = asyncio.get_running_loop().time
        self._transport: WSTransport
        self._fragments: bytearray | None = None
        self._fragments_are_text = True
        self.closing = False
        """The end has been said, or heard: what still comes in is ignored."""
        self._ignored = 0
        self._timer: asyncio.TimerHandle | None = None

    def join(self, passage: Passage, inlet: Passage) -> None:
        """What comes in may go through `passage`; `inlet` is the one that leads here."""
        self._passage, self._inlet = passage, inlet
        if self._pump is not None:
            self._pump.passage = passage

    # Out

    def write(self, frames: bytes | memoryview) -> None:
        """Send what is framed already; after a close frame, also one of picows' own, nothing may be sent."""
        transport = self._transport
        if not (transport.is_close_frame_sent or transport.is_disconnected):
            transport.underlying_transport.write(frames)

    def send(self, *texts: bytes) -> None:
        """In one go."""
        framed, masked = self._framed, self.peer is Peer.UPSTREAM
        self.write(b"".join([framed(text, masked) for text in texts]))

    def close(self, code: int, reason: str) -> None:
        """Send what is queued, then a close frame, and wait for the peer's; hang up when it does not come."""
        if self.closing:
            return
        self._send_close(code, reason)
        self._end()
        resume_reading(self._transport.underlying_transport)

    def hang_up(self) -> None:
        """End the connection once the close frame has left."""
        if not self.closing:
            self._end()
        self._transport.disconnect()

    def abort(self) -> None:
        """Hang up at once, whatever is queued."""
        self._transport.disconnect(graceful=False)

    def pause_reading(self) -> None:
        if not self.closing:
            self._transport.underlying_transport.pause_reading()

    def resume_reading(self) -> None:
        if not self.closing:
            resume_reading(self._transport.underlying_transport)

    # In, called by picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        # On any other transport picows corrupts frames of more than 8 KiB under back-pressure.
        assert is_fit(transport.underlying_transport)
        self._transport = transport
        for head in (transport.request, transport.response):  # picows holds on to them, and to the key of the upstream
            for part in head.__slots__:
                setattr(head, part, None)
        opened = self._opened
        del self._opened  # it belongs to the owner, who has this link: a circle, which would outlive the call
        opened(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        whole = kind is _TEXT and frame.fin and self._fragments is None
        reserved = frame.rsv1 or frame.rsv2 or frame.rsv3
        text = frame.get_payload_as_bytes() if whole and not reserved else b""
        if self._passage is not None:
            if self._wants_pump and whole and not frame.tail_size:  # nothing of another message has come yet
                self._wants_pump = False
                wire = transport.underlying_transport
                self._pump = front(wire, wire.get_protocol(), self._passage, masked=self.peer is Peer.BROWSER)
                self.outlet = outlet_of(wire) if self._pump is not None else None
            self.flows = self._passage.take(text, self._now(), not frame.last_in_buffer)
            if self.flows:
                return
        if self.closing:
            self._ignored += 1
            if kind is WSMsgType.CLOSE or self._ignored > MOST_IGNORED:
                self.hang_up()
        elif self._pace is not None and not self._pace.allows(frame.payload_size, whole, self._now()):
            self._fail(OUT_OF_PACE, "too fast")
        elif reserved:
            self._fail(PROTOCOL_ERROR, "reserved bits are set")
        elif whole:
            self._deliver_text(text)
        elif kind is WSMsgType.PING:
            if not self.congested:  # a peer that pings and does not read gets no pile of pongs
                transport.send_pong(frame.get_payload_as_bytes())
        elif kind is WSMsgType.CLOSE:
            self._close_heard(frame)
        elif kind is not WSMsgType.PONG:
            self._collect(kind, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._set_timer(0, None)
        if self.owner is not None:
            self.owner.disconnected(self, *_close_of(transport))

    def pause_writing(self) -> None:
        if not self.closing:
            self._set_timer(STALL_SECONDS, self._stalled)
        self._congestion(True)

    def resume_writing(self) -> None:
        if not self.closing:
            self._set_timer(0, None)
        self._congestion(False)

    def _fail(self, code: int, reason: str) -> None:
        """The peer breaks the protocol: nothing that it sends is waited for."""
        self._send_close(code, reason)
        self.hang_up()

    def _send_close(self, code: int, reason: str) -> None:
        reason = reason.encode()[:MOST_REASON].decode(errors="ignore")
        self._transport.send_close(code, reason)  # type: ignore[arg-type]  # the stub knows the RFC's codes only

    def _end(self) -> None:
        self.closing = True
        for passage in (self._passage, self._inlet):
            if passage is not None:
                passage.allow(None, 0, 0)
        self._passage = self._inlet = None
        self.flows = False
        if self._pump is not None:
            self._pump.passage = None
        self._set_timer(CLOSE_SECONDS, self.abort)

    def _congestion(self, congested: bool) -> None:
        self.congested = congested
        if self.owner is not None:
            self.owner.congestion_changed(self)

    def _stalled(self) -> None:
        self.close(OUT_OF_PACE, "too slow")

    def _deliver_text(self, text: bytes) -> None:
        if not text.isascii():
            try:
                text.decode()
            except UnicodeDecodeError:
                self._fail(INVALID_TEXT, "not UTF-8")
                return
        if self.owner is not None:
            self.owner.received(self, text)

    def _deliver_binary(self, message: bytes) -> None:
        if self.owner is not None:
            self.owner.received_binary(self, len(message))

    def _close_heard(self, frame: WSFrame) -> None:
        code = int(frame.get_close_code()) if frame.payload_size else NORMAL  # type: ignore[call-overload]
        if not (code in _SENDABLE or 3000 <= code < 5000):
            self._fail(PROTOCOL_ERROR, "no such close code")
            return
        self._send_close(code, "")
        self.hang_up()

    def _collect(self, kind: WSMsgType, frame: WSFrame) -> None:
        """A binary frame, or a part of a message in several frames."""
        if (kind in _OPENING) == (self._fragments is not None):
            self._fail(PROTOCOL_ERROR, "fragments are out of order")
            return
        if self._fragments is None:
            self._fragments, self._fragments_are_text = bytearray(), kind is _TEXT
        if len(self._fragments) + frame.payload_size > self._max_message:
            self._fail(MESSAGE_TOO_BIG, f"a message may have {self._max_message} bytes")
            return
        self._fragments += frame.get_payload_as_memoryview()
        if frame.fin:
            message, self._fragments = bytes(self._fragments), None
            if self._fragments_are_text:
                self._deliver_text(message)
            else:
                self._deliver_binary(message)

    def _set_timer(self, seconds: float, action: Callable[[], None] | None) -> None:
        """A link waits for one thing at a time."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, action) if action else None


def _close_of(transport: WSTransport) -> tuple[int, str]:
    """With which code and reason a WebSocket ended; the peer's word counts before ours."""
    handshake = transport.close_handshake
    close = handshake and (handshake.recv or handshake.sent)
    if not close:
        return 1006, ""
    code = int(close.code) or 1005  # type: ignore[call-overload]  # the stub calls it an Enum
    return code, close.reason or ""  # None where the frame has none, whatever the stub says
