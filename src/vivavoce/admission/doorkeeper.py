"""Decides over every request and every handshake: from where it may come, who makes it, and what it may see.

The rules stand in `vivavoce.door`; here are the headers they are asked about, and what was used up.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from vivavoce.admission.refused import Refused
from vivavoce.admission.world import World
from vivavoce.door.addresses import UNKNOWN
from vivavoce.door.origins import is_loopback
from vivavoce.door.rates import Attempts, Rates, place_of
from vivavoce.door.sign_in import (
    SUFFIX_CHARS,
    SUFFIX_LETTERS,
    Person,
    is_operators,
    is_user,
    read_name,
    read_sign_in,
    same_code,
    user_of,
    write_operator,
    write_sign_in,
)
from vivavoce.door.signing import Keys
from vivavoce.door.ticket import Ticket, read_ticket, write_ticket
from vivavoce.settings.door import DoorSettings

DEFAULT_USER = "learner"
SIGN_IN_NEEDED = "Sign in first."
SIGN_IN = "vivavoce"
OPERATOR_SIGN_IN = "vivavoce-operator"
"""Names of cookies."""
_OF_PROXIES = ("Forwarded", "X-Real-IP", "Via")
"""By these a proxy is known that does not say who asks in the way that is read here."""
OPERATOR = Person("operator", "Operator")
"""Whoever has shown the operator's key and is not signed in as somebody else."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a request before anything is believed."""

    peer: str
    """The address of the other end of the connection; empty if there is none."""
    lines: Callable[[str], Sequence[str]]
    """The values of all header lines of a name, in the order in which they came."""
    tls: bool = False


@dataclass(slots=True)
class Doorkeeper:
    settings: DoorSettings
    keys: Keys = field(repr=False)
    world: World = field(repr=False)
    operator_key: str | None = field(default=None, repr=False)
    _arrivals: Rates = field(default_factory=lambda: Rates(burst=120, interval=0.5))
    """Tickets and handshakes of one place: a class may come in at once."""
    _wrong_codes: Attempts = field(default_factory=Attempts)
    _wrong_keys: Rates = field(default_factory=lambda: Rates(burst=20, interval=15.0))
    """Of the operator, from one place. Not from all together: the key is too long to be guessed, and whoever stops the
    calls must not be held up by those who make trouble."""
    _used: dict[str, int] = field(default_factory=dict)
    """Tickets that were shown, until they expire. The store knows those of before a restart."""

    # Where a request comes from

    def visitor(self, asked: Asked) -> str:
        forwarded = asked.lines("X-Forwarded-For")
        if not forwarded and any(asked.lines(name) for name in _OF_PROXIES):
            forwarded = [UNKNOWN]
        return self.settings.proxies.visitor(asked.peer, forwarded)

    def over_tls(self, asked: Asked) -> bool:
        return asked.tls or self.settings.proxies.over_tls(asked.peer, asked.lines("X-Forwarded-Proto"))

    def check_host(self, asked: Asked) -> None:
        """Raises Refused when a request is not for one of this server's names."""
        hosts = asked.lines("Host")
        if len(hosts) > 1:
            raise Refused(HTTPStatus.BAD_REQUEST, "bad_header", "Host may come once.")
        if reason := self.settings.policy.refuses_host(hosts[0] if hosts else None):
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "wrong_host", reason)

    def check_visitor(self, asked: Asked) -> None:
        """Raises Refused for strangers where nobody signs in, such as those that a proxy lets through to loopback."""
        if self.settings.sign_in == "open" and not self.settings.open_access and not is_loopback(self.visitor(asked)):
            message = "Nobody signs in here, so this server is for its own machine only. Set VIVAVOCE_CLASS_CODE."
            raise Refused(HTTPStatus.FORBIDDEN, "not_from_here", message)

    def check_origin(self, asked: Asked, *, vouched: bool = False) -> None:
        """Raises Refused for pages of other sites. Who shows a good ticket is `vouched` for, and need not be a page."""
        origins = asked.lines("Origin")
        if len(origins) > 1:
            raise Refused(HTTPStatus.BAD_REQUEST, "bad_header", "Origin may come once.")
        if not origins and vouched:
            return
        origin = origins[0] if origins else None
        if reason := self.settings.policy.refuses_origin(origin, asked.lines("Host")[0], self.visitor(asked)):
            raise Refused(HTTPStatus.FORBIDDEN, "origin_refused", reason)

    def check_rate(self, asked: Asked) -> None:
        """Raises Refused for who knocks too often; nobody is too often on their own machine."""
        visitor = self.visitor(asked)
        if is_loopback(visitor):
            return
        place, now = place_of(visitor), self.world.ticks()
        if wait := self._arrivals.wait(place, now):
            raise _too_many("Too many calls from your network at once. Try again in a moment.", wait)
        self._arrivals.take(place, now)

    # Who makes it

    def person(self, asked: Asked) -> Person | None:
        """Who is signed in."""
        match self.settings.sign_in:
            case "code":
                token = self._cookie(asked, SIGN_IN)
                known = read_sign_in(self.keys, token, self.world.now(), self.settings.class_code) if token else None
            case "header":
                values = asked.lines(self.settings.user_header) if asked.peer in self.settings.proxies else ()
                user = _utf8(values[0]) if len(values) == 1 else ""
                known = Person(user, user) if is_user(user) else None
            case "open":
                return None
        return OPERATOR if known is None and self._was_operator(asked) else known

    def sign_in(self, asked: Asked, code: str, name: str) -> Person:
        """Let somebody in who knows the class code. Who was known here before stays the same. Raises Refused."""
        if self.settings.class_code is None:
            raise Refused(HTTPStatus.NOT_FOUND, "no_sign_in", "Nobody signs in with a code here.")
        visitor, now = self.visitor(asked), self.world.ticks()
        if wait := self._wrong_codes.wait(visitor, now):
            raise _too_many("Too many wrong codes. Try again later.", wait)
        if not same_code(code, self.settings.class_code):
            self._wrong_codes.failed(visitor, now)
            message = "That is not the class code. Ask whoever gave it to you."
            raise Refused(HTTPStatus.UNAUTHORIZED, "wrong_code", message)
        known_as = read_name(name)
        if known_as is None:
            raise Refused(HTTPStatus.BAD_REQUEST, "bad_name", "Give a name of 1 to 40 letters.")
        token = self._cookie(asked, SIGN_IN)
        before = read_sign_in(self.keys, token, self.world.now(), None) if token else None
        if before is not None and before.name == known_as:
            return before
        chance = self.world.chance(SUFFIX_CHARS)
        suffix = "".join(SUFFIX_LETTERS[byte % len(SUFFIX_LETTERS)] for byte in chance)
        return Person(user_of(known_as, suffix), known_as)

    def sign_in_token(self, person: Person) -> str:
        return write_sign_in(self.keys, person, self.settings.class_code or "", self.world.now())

    def operator_token(self) -> str:
        return write_operator(self.keys, self.operator_key or "", self.world.now())

    def cookie(self, asked: Asked, name: str, token: str, seconds: int) -> str:
        """`Set-Cookie` for a token that no script and no other site can use; with 0 seconds, to forget it."""
        said = f"{self._cookie_name(asked, name)}={token}; HttpOnly; Max-Age={seconds}; Path=/; SameSite=strict"
        return f"{said}; Secure" if self.over_tls(asked) else said

    def _cookie_name(self, asked: Asked, cookie: str) -> str:
        """Over TLS, one that no other host and no unencrypted page can set."""
        return f"__Host-{cookie}" if self.over_tls(asked) else cookie

    def _cookie(self, asked: Asked, cookie: str) -> str | None:
        wanted = self._cookie_name(asked, cookie)
        pairs = [part.strip().partition("=") for line in asked.lines("Cookie") for part in line.split(";")]
        return next((value for name, _, value in pairs if name == wanted), None)

    # What they may do

    def user(self, asked: Asked, wanted: str | None) -> str:
        """Whose calls somebody makes; `wanted` is whose they say. Raises Refused."""
        if self.settings.sign_in == "open":
            return _checked(DEFAULT_USER if wanted is None else wanted)
        person = self.person(asked)
        if person is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "sign_in_needed", SIGN_IN_NEEDED)
        if wanted is not None and wanted != person.user:
            raise Refused(HTTPStatus.FORBIDDEN, "not_you", "You are signed in as somebody else.")
        return person.user

    def write_ticket(self, user: str, scenario_id: str) -> str:
        return write_ticket(self.keys, user, scenario_id, self.world.chance(16).hex(), self.world.now())

    def read_ticket(self, text: str) -> Ticket:
        """A ticket that was not shown to this process before. Raises Refused."""
        now = self.world.now()
        ticket = read_ticket(self.keys, text, now)
        if ticket is None or ticket.jti in self._used:
            raise Refused(HTTPStatus.UNAUTHORIZED, "bad_ticket", "This ticket is no good, or no longer. Get a new one.")
        return ticket

    def use_up(self, ticket: Ticket) -> None:
        """A ticket opens the door once, whatever becomes of who comes in."""
        now = self.world.now()
        for jti in [jti for jti, expires_at in self._used.items() if expires_at <= now]:
            del self._used[jti]
        self._used[ticket.jti] = ticket.expires_at

    def user_without_ticket(self, wanted: str | None) -> str:
        """Whose calls somebody makes who shows no ticket. Raises Refused."""
        if self.settings.sign_in != "open":
            message = "Show a ticket of POST /api/tickets as the subprotocol vivavoce.ticket.<ticket>."
            raise Refused(HTTPStatus.UNAUTHORIZED, "ticket_needed", message)
        return _checked(DEFAULT_USER if wanted is None else wanted)

    def owner(self, asked: Asked) -> str | None:
        """Whose calls this request may see; None: those that it knows the ids of. Raises Refused.

        Without sign-in the id of a call is its key; the operator may see everything.
        """
        if self.settings.sign_in == "open" or self.is_operator(asked):
            return None
        return self.user(asked, None)

    def is_operator(self, asked: Asked) -> bool:
        """Whether the operator's key is shown, or was shown on the class page of this browser."""
        if self.operator_key is None:
            return False
        return (self._key_wait(asked) == 0 and self._shows_key(asked)) or self._was_operator(asked)

    def _was_operator(self, asked: Asked) -> bool:
        token = self._cookie(asked, OPERATOR_SIGN_IN) if self.operator_key else None
        return token is not None and is_operators(self.keys, token, self.world.now(), self.operator_key or "")

    def check_operator(self, asked: Asked) -> None:
        """Raises Refused unless the operator's key is shown."""
        if self.operator_key is None:
            message = "There is no class page. Start the server with VIVAVOCE_OPERATOR_KEY to have one."
            raise Refused(HTTPStatus.NOT_FOUND, "no_class_page", message)
        if wait := self._key_wait(asked):
            raise _too_many("Too many wrong keys. Try again later.", wait)
        if not self._shows_key(asked):
            message = "Show the key of VIVAVOCE_OPERATOR_KEY, as 'Authorization: Bearer KEY'."
            raise Refused(HTTPStatus.UNAUTHORIZED, "wrong_key", message, {"WWW-Authenticate": "Bearer"})

    def _key_wait(self, asked: Asked) -> float:
        if not asked.lines("Authorization"):
            return 0
        return self._wrong_keys.wait(self._guesser(asked), self.world.ticks())

    def _guesser(self, asked: Asked) -> str:
        """Whose wrong keys are counted together: those of a place; of whom a proxy knows their own, because what they
        show may be the token by which it knows them.
        """
        person = self.person(asked) if self.settings.sign_in == "header" else None
        return f"user {person.user}" if person else place_of(self.visitor(asked))

    def _shows_key(self, asked: Asked) -> bool:
        shown = asked.lines("Authorization")
        scheme, _, key = shown[0].partition(" ") if shown else ("", "", "")
        if scheme.lower() != "bearer":
            return False
        if hmac.compare_digest(key.strip().encode(), (self.operator_key or "").encode()):
            return True
        self._wrong_keys.take(self._guesser(asked), self.world.ticks())
        return False


def _checked(user: str) -> str:
    if not is_user(user):
        message = "user must be 1 to 64 letters or digits of any script, or any of _ . @ + -"
        raise Refused(HTTPStatus.BAD_REQUEST, "bad_user", message)
    return user


def _too_many(message: str, wait: float) -> Refused:
    return Refused.for_now(HTTPStatus.TOO_MANY_REQUESTS, "too_many", message, wait)


def _utf8(value: str) -> str:
    """A header's value as it was meant; Latin-1 is how it is read."""
    try:
        return value.encode("latin-1").decode("utf-8").strip()
    except UnicodeError:
        return ""
