"""Where a request comes from, also when a reverse proxy brings it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

LOOPBACK = ("127.0.0.0/8", "::1/128")
UNKNOWN = "unknown"
"""Whom a proxy asks for without saying who it is: somebody from elsewhere."""
_WITH_PORT = re.compile(r"\[(.+)\](?::\d+)?|([\d.]+):\d+")
"""As some proxies write addresses."""


def read_address(text: str) -> Address | None:
    """An address; one of IPv4 that came over IPv6 as what it is."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


@dataclass(frozen=True, slots=True)
class Proxies:
    """The reverse proxies that are believed: who the visitor is, and by which scheme and under which user they came."""

    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def read(cls, texts: Sequence[str]) -> Proxies:
        """Raises ValueError for what is neither an address nor a network."""
        return cls(tuple(ip_network(text) for text in texts))

    def __contains__(self, peer: str) -> bool:
        address = read_address(peer)
        return address is not None and any(address in network for network in self.networks)

    def visitor(self, peer: str, forwarded: Sequence[str]) -> str:
        """The address that a request came from; `forwarded` are the lines of X-Forwarded-For.

        Each proxy adds the address that it was asked from at the end, so the last one that is no proxy of ours is true,
        and whatever stands before it may have been made up. One that cannot be read is not taken for the proxy's own:
        from this machine more is allowed.
        """
        if peer not in self:
            return peer
        for text in reversed([part.strip() for line in forwarded for part in line.split(",")]):
            if match := _WITH_PORT.fullmatch(text):
                text = match[1] or match[2]
            if read_address(text) is None:
                return UNKNOWN
            peer = text
            if text not in self:
                break
        return peer

    def over_tls(self, peer: str, forwarded: Sequence[str]) -> bool:
        """Whether a proxy says that the visitor asked by https; `forwarded` are the lines of X-Forwarded-Proto."""
        return peer in self and bool(forwarded) and forwarded[-1].rpartition(",")[2].strip().lower() == "https"
