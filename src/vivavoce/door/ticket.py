"""A ticket: lets one person begin or go on with one call of one scenario, once, within a minute.

A page cannot send headers with a WebSocket, and what stands in a URL is logged by everybody on the way; so a ticket
travels as a subprotocol, and lives for so short a time that a stolen one is worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from vivavoce.door.signing import Keys

LIFE_SECONDS = 60
_AUDIENCE = "ticket"


@dataclass(frozen=True, slots=True)
class Ticket:
    user: str
    scenario: str
    jti: str
    """Its own name, by which the store knows that it was used."""
    expires_at: int


def write_ticket(keys: Keys, user: str, scenario: str, jti: str, now: float) -> str:
    """A ticket that is good for LIFE_SECONDS. `jti` must never have been used before."""
    claims = {"sub": user, "scenario": scenario, "jti": jti, "exp": int(now) + LIFE_SECONDS}
    return keys.seal(_AUDIENCE, claims)


def read_ticket(keys: Keys, text: str, now: float) -> Ticket | None:
    """A ticket that this server gave out and that is still good. Whether it was used is the store's to know."""
    claims = keys.unseal(_AUDIENCE, text)
    if claims is None or not now < claims["exp"] <= now + LIFE_SECONDS:
        return None
    return Ticket(claims["sub"], claims["scenario"], claims["jti"], claims["exp"])
