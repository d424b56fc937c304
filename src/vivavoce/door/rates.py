"""How often somebody may do something: a few times at once, then one more after each interval."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv6Address

from vivavoce.door.addresses import read_address

MOST_KEYS = 10_000


@dataclass(slots=True)
class Rates:
    """`burst` times at once, and once more each `interval` seconds, for each key."""

    burst: int
    interval: float
    _full_at: dict[str, float] = field(default_factory=dict)
    """When a key has all of its burst back; a key that has it is not in here."""

    def wait(self, key: str, now: float) -> float:
        """Seconds until the next time; 0: now."""
        return max(0.0, self._full_at.get(key, now) - now - (self.burst - 1) * self.interval)

    def take(self, key: str, now: float) -> None:
        if key not in self._full_at and len(self._full_at) >= MOST_KEYS:
            self._forget(now)
        self._full_at[key] = max(now, self._full_at.get(key, now)) + self.interval

    def _forget(self, now: float) -> None:
        """Those who have all of it back; when these are few, those who took the least, too."""
        kept = sorted((at, key) for key, at in self._full_at.items() if at > now)[-MOST_KEYS // 2 :]
        self._full_at = {key: at for at, key in kept}


@dataclass(frozen=True, slots=True)
class Attempts:
    """Wrong class codes: from one place, and from everywhere together. Right ones cost nothing.

    A class behind one address may mistype a good deal, and a code of 6 letters or digits is still not guessed in a
    hundred years.
    """

    of_one: Rates = field(default_factory=lambda: Rates(burst=20, interval=15.0))
    of_all: Rates = field(default_factory=lambda: Rates(burst=100, interval=5.0))

    def wait(self, address: str, now: float) -> float:
        """Seconds until another code may be tried, right or wrong; 0: now."""
        return max(self.of_one.wait(place_of(address), now), self.of_all.wait("", now))

    def failed(self, address: str, now: float) -> None:
        self.of_one.take(place_of(address), now)
        self.of_all.take("", now)


def place_of(address: str) -> str:
    """Whose attempts are counted together: an IPv4 address, or a network of IPv6 as one household has it."""
    known = read_address(address)
    if isinstance(known, IPv6Address):
        return str(IPv6Address(int(known) >> 64 << 64))
    return str(known or address[:64])
