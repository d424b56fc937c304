"""A browser between the handshake and its call, while the disk is asked whether it may come in."""

from __future__ import annotations

from collections.abc import Callable

from vivavoce.hosts.native.link import Link, Owner


class Waiting:
    """Owns a link meanwhile. It does not read on; what had come with the handshake is kept for the call."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._missed: list[Callable[[Owner], None]] = []
        link.owner = self
        link.pause_reading()

    def turn_away(self, code: int, reason: str) -> None:
        self.link.owner = None
        self.link.close(code, reason)

    def hand_over(self, attach: Callable[[Link], Owner]) -> None:
        """Give the link to the owner that `attach` returns, and that what it missed."""
        self.link.owner = None
        self.link.resume_reading()
        owner = attach(self.link)
        for missed in self._missed:
            missed(owner)

    # The link's owner

    def received(self, link: Link, frame: bytes) -> None:
        self._missed.append(lambda owner: owner.received(link, frame))

    def received_binary(self, link: Link, size: int) -> None:
        self._missed.append(lambda owner: owner.received_binary(link, size))

    def congestion_changed(self, link: Link) -> None:
        pass

    def disconnected(self, link: Link, code: int, reason: str) -> None:
        self._missed.append(lambda owner: owner.disconnected(link, code, reason))
