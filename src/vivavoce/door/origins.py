"""Who may connect: the page of this server, and pages that the operator named.

A browser sends `Origin` with every WebSocket handshake and no page can forge it, so it keeps other sites from using a
visitor's browser to make calls. The Host check keeps them from doing so under a name of their own that resolves to
this machine (DNS rebinding): that takes a name, so addresses are harmless, and names must be known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vivavoce.door.addresses import read_address

DEVELOPMENT = frozenset({"http://localhost:5173", "http://127.0.0.1:5173"})
"""Vite's development server, which proxies /api and /ws."""

ANY = "*"
_ORIGIN = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?")
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?")
_DEFAULT_PORT = {"http": "80", "https": "443"}


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without port and brackets, means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = read_address(host)
    return address is not None and address.is_loopback


def is_origin(text: str) -> bool:
    """Whether a text is an origin as browsers write it: scheme and host, port when it is unusual, no path."""
    return _ORIGIN.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class OriginPolicy:
    allowed: frozenset[str]
    """Exact origins; empty means this server's own pages and, on loopback, DEVELOPMENT; ANY every page in the world."""
    loopback: bool
    """Whether the server is bound to loopback, where only loopback names can be its own."""
    names: frozenset[str] = frozenset()
    """What this machine is called in its network; ANY where nothing comes in that is not meant for it."""

    def refuses_host(self, host: str | None) -> str | None:
        """Why a request with this Host header is refused, or None."""
        match = _HOST.fullmatch(host.lower()) if host else None
        if match is None:
            return "The Host header is missing or malformed."
        name = match[1].strip("[]")
        if ANY in self.allowed or ANY in self.names or is_loopback(name):
            return None
        if not self.loopback and (name in self.names or read_address(name) is not None):
            return None
        if any(place[2] == match[1] for origin in self.allowed if (place := _ORIGIN.fullmatch(origin))):
            return None
        return f"This server does not go by the name {match[1]}. Add its origin to ALLOWED_ORIGINS."

    def refuses_origin(self, origin: str | None, host: str, visitor: str) -> str | None:
        """Why a request is refused, or None. `host` is its Host header, `visitor` the address it came from."""
        if origin is None:  # not a browser
            return None if is_loopback(visitor) else "An Origin header is required."
        if ANY in self.allowed or origin in self.allowed:
            return None
        if not self.allowed and ((self.loopback and origin in DEVELOPMENT) or _same_place(origin, host)):
            return None
        return f"Pages from {origin[:200]!r} may not connect. Add the origin to ALLOWED_ORIGINS to let them."


def _same_place(origin: str, host: str) -> bool:
    """Whether an origin is the page that this Host header asked for, by whichever scheme a proxy has put in front."""
    place = _ORIGIN.fullmatch(origin)
    asked = _HOST.fullmatch(host.lower())
    if place is None or asked is None:
        return False
    port = _DEFAULT_PORT[place[1]]
    return place[2] == asked[1] and (place[3] or port) == (asked[2] or port)
