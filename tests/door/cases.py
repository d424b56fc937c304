"""Requests that must be refused, each with how: at /ws, and at the routes of /api."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from kit.door import CLASS_CODE, OPERATOR_KEY, SECRET
from vivavoce.door.sign_in import KEPT_SECONDS, OPERATOR_SECONDS, Person, write_operator, write_sign_in
from vivavoce.door.signing import Keys
from vivavoce.door.ticket import LIFE_SECONDS, write_ticket

HOTEL = "hotel-complaint"
LESSONS = (HOTEL, "job-interview", "lost-luggage", "doctor-first-visit", "train-ticket", "sales-discovery")
USERS = (
    "ada.k3x9q2",
    "ada.k3x9q3",
    "ada",
    "Ada.k3x9q2",
    "bob.aaaaaa",
    "learner",
    "李雷.x2x2x2",
    "ada.k3x9q2@school.example",
)
KEYS = Keys([SECRET])
OTHER_KEYS = Keys(["the secret of quite another server!"])

_serial = iter(range(1_000_000))


def ticket(user: str = USERS[0], scenario: str = HOTEL, age: float = 0, keys: Keys = KEYS, jti: str = "") -> str:
    return write_ticket(keys, user, scenario, jti or f"case-{next(_serial)}", time.time() - age)


def cookie(user: str = USERS[1], age: float = 0, code: str = CLASS_CODE, keys: Keys = KEYS) -> str:
    return "vivavoce=" + write_sign_in(keys, Person(user, "Somebody"), code, time.time() - age)


def _operators(key: str, keys: Keys = KEYS, age: float = 0) -> str:
    return "vivavoce-operator=" + write_operator(keys, key, time.time() - age)


@dataclass(frozen=True)
class Case:
    """Texts are made when the case is run: tickets do not live long. `{port}` is the server's."""

    name: str
    status: int
    code: str
    mode: str = "code"
    method: str = "GET"
    target: str = f"/ws?scenario={HOTEL}"
    ticket: Callable[[], str] | None = None
    cookie: Callable[[], str] | None = None
    headers: tuple[str, ...] = ()
    """Lines that take the place of those of the same name; a name with nothing behind it takes the line out."""
    offered: tuple[str, ...] = ()
    """Subprotocols beside the public one and the ticket's."""
    body: Any = None


def _made(claims: dict[str, Any], secret: str, prefix: str = "vivavoce ticket\n") -> str:
    """What somebody would write who knows the form of a ticket."""
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    mac = hmac.digest(secret.encode(), (prefix + body).encode(), "sha256")
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"sub": "ada", "scenario": HOTEL, "jti": f"case-{next(_serial)}", "exp": now + 30, "aud": "ticket", **more}


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _with_another_end(text: str) -> str:
    return text[:-1] + ("A" if text[-1] != "A" else "Q")


FORGED: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "a dot": lambda: ".",
    "words": lambda: "let-me-in",
    "a JWT without algorithm": lambda: f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(_claims())}.",
    "a JWT that is signed": lambda: f"{_part({'alg': 'HS256'})}.{_part(_claims())}.{_part('signature')}",
    "alg none among the claims": lambda: f"{_part(_claims(alg='none'))}.",
    "claims alone": lambda: _part(_claims()),
    "no signature": lambda: ticket().partition(".")[0] + ".",
    "signature alone": lambda: "." + ticket().partition(".")[2],
    "another ticket's signature": lambda: ticket("bob.aaaaaa").partition(".")[0] + "." + ticket().partition(".")[2],
    "half a signature": lambda: ticket()[:-20],
    "a letter more": lambda: ticket() + "A",
    "a dot more": lambda: ticket() + ".",
    "padding": lambda: ticket() + "=",
    "the last letter changed": lambda: _with_another_end(ticket()),
    "the first letter changed": lambda: "f" + ticket()[1:],
    "other letters": lambda: ticket().swapcase(),
    "a space in it": lambda: ticket().replace(".", ". "),
    "not ASCII": lambda: ticket() + "\xe9",
    "very long": lambda: ticket() + "A" * 4000,
    "another secret": lambda: ticket(keys=OTHER_KEYS),
    "an empty secret": lambda: _made(_claims(), ""),
    "a plain hash": lambda: _made(_claims(), "", ""),
    "without the purpose": lambda: _made(_claims(), SECRET, ""),
    "for another purpose": lambda: KEYS.seal("sign-in", _claims()),
    "another audience among the claims": lambda: _made(_claims(aud="sign-in"), SECRET),
    "no audience": lambda: _made({k: v for k, v in _claims().items() if k != "aud"}, SECRET),
    "a cookie": lambda: cookie().partition("=")[2],
    "the fingerprint of the code": lambda: KEYS.fingerprint(CLASS_CODE),
    "the class code": lambda: CLASS_CODE,
    "just expired": lambda: ticket(age=LIFE_SECONDS + 1),
    "long expired": lambda: ticket(age=86_400),
    "from the future": lambda: ticket(age=-3600),
    "good for a year": lambda: KEYS.seal("ticket", _claims(exp=int(time.time()) + 365 * 86_400)),
    "good for ever": lambda: KEYS.seal("ticket", _claims(exp=2**62)),
}

ORIGINS = (
    "null",
    "*",
    "https://evil.example",
    "http://evil.example",
    "http://evil.example:{port}",
    "http://localhost",
    "http://localhost:1",
    "https://localhost",
    "https://localhost:8443",
    "http://127.0.0.1:{port}",  # the request is for localhost
    "http://[::1]:{port}",
    "http://localhost.evil.example:{port}",
    "http://evil.example.localhost.:{port}",
    "http://localhost:{port}.evil.example",
    "http://localhost:{port}@evil.example",
    "http://evil.example#localhost:{port}",
    "http://evil.example/localhost:{port}",
    "http://localhost:{port}/",
    "http://localhost:{port}/page",
    "http://localhost:{port}, http://evil.example",
    "http://evil.example, http://localhost:{port}",
    "HTTP://localhost:{port}",
    "ws://localhost:{port}",
    "file://",
    "chrome-extension://abcdefghijklmnop",
    "moz-extension://localhost:{port}",
    "http://l\xf6calhost:{port}",
    "http://localhost:5174",
    "http://localhost:51730",
    "http://192.168.0.10:5173",
    "localhost:{port}",
    "//localhost:{port}",
    "data:text/html",
    "about:blank",
)

HOSTS = (
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example:{port}",
    "127.0.0.1.evil.example",
    "10.0.0.7:{port}",
    "0.0.0.0:{port}",
    "[::2]:{port}",
    "[::ffff:10.0.0.7]:{port}",
    "2130706433",
    "0x7f000001",
    "localhost:{port}:1",
    "localhost;evil.example",
    "localhost@evil.example",
    "local host",
    "localhost/",
    "*",
    "class.example",
    "xn--lcalhost-n4a:{port}",
)


def at_ws() -> Iterator[Case]:
    yield Case("no ticket", 401, "ticket_needed")
    for user in USERS:
        yield Case(f"no ticket, user={user}", 401, "ticket_needed", target=f"/ws?scenario={HOTEL}&user={_quoted(user)}")
        yield Case(
            f"header mode, no ticket, as {user}",
            401,
            "ticket_needed",
            "header",
            headers=(f"X-Forwarded-User: {user.encode().decode('latin-1')}",),
        )
    yield Case("a cookie is no ticket", 401, "ticket_needed", cookie=cookie)
    yield Case("a resume token is no ticket", 401, "ticket_needed", offered=("vivavoce.resume." + "0" * 32,))
    yield Case("a ticket in the query", 401, "ticket_needed", target=f"/ws?scenario={HOTEL}&ticket={ticket()}")
    yield Case("a ticket as a bearer", 401, "ticket_needed", headers=(f"Authorization: Bearer {ticket()}",))
    for mode in ("code", "header", "open"):
        for name, forge in FORGED.items():
            yield Case(f"{mode}, forged: {name}", 401, "bad_ticket", mode, ticket=forge)
    for mine in USERS:
        for other in USERS:
            if mine != other:
                yield Case(
                    f"the ticket of {mine}, user={other}",
                    403,
                    "not_you",
                    ticket=partial(ticket, mine),
                    target=f"/ws?scenario={HOTEL}&user={_quoted(other)}",
                )
    for lesson in LESSONS:
        for other in LESSONS:
            if lesson != other:
                yield Case(
                    f"a ticket for {lesson}, scenario={other}",
                    403,
                    "other_scenario",
                    ticket=partial(ticket, scenario=lesson),
                    target=f"/ws?scenario={other}",
                )
    for origin in ORIGINS:
        yield Case(
            f"a good ticket, origin {origin}", 403, "origin_refused", ticket=ticket, headers=(f"Origin: {origin}",)
        )
        yield Case(f"open, origin {origin}", 403, "origin_refused", "open", headers=(f"Origin: {origin}",))
    for host in HOSTS:
        for mode in ("code", "open"):
            yield Case(f"{mode}, host {host}", 421, "wrong_host", mode, ticket=ticket, headers=(f"Host: {host}",))
    for visitor in ("203.0.113.9", "10.0.0.9", "2001:db8::9", "127.0.0.1, 203.0.113.9"):
        yield Case(
            f"open, for {visitor} behind a proxy",
            403,
            "not_from_here",
            "open",
            headers=(f"X-Forwarded-For: {visitor}",),
        )
    for scenario in ("", "no-such-thing", "../index", "%00"):
        yield Case(
            f"a good ticket, scenario={scenario}",
            404,
            "unknown_scenario",
            ticket=ticket,
            target=f"/ws?scenario={scenario}",
        )
    for path in ("/", "/ws/", "/wsx", "/api/tickets", "/api/../ws", "/%77s"):
        yield Case(f"a good ticket at {path}", 404, "not_found", ticket=ticket, target=f"{path}?scenario={HOTEL}")


STRANGERS: dict[str, Callable[[], str] | None] = {
    "nobody": None,
    "an empty cookie": lambda: "vivavoce=",
    "a cookie of another secret": lambda: cookie(USERS[0], keys=OTHER_KEYS),
    "a cookie of an earlier class code": lambda: cookie(USERS[0], code="red-whale-41"),
    "an expired cookie": lambda: cookie(USERS[0], age=KEPT_SECONDS + 1),
    "a ticket as a cookie": lambda: f"vivavoce={ticket()}",
    "a cookie that was changed": lambda: cookie(USERS[0])[:-3] + "AAA",
    "a cookie without a signature": lambda: cookie(USERS[0]).rpartition(".")[0] + ".",
    "an operator of another key": lambda: _operators("another-key-of-an-operator"),
    "an operator of another secret": lambda: _operators(OPERATOR_KEY, OTHER_KEYS),
    "an operator of yesterday": lambda: _operators(OPERATOR_KEY, age=OPERATOR_SECONDS + 1),
    "a learner as the operator": lambda: cookie(USERS[0]).replace("vivavoce=", "vivavoce-operator="),
    "the operator as a learner": lambda: _operators(OPERATOR_KEY).replace("vivavoce-operator=", "vivavoce="),
    "a cookie of another name": lambda: cookie(USERS[0]).replace("vivavoce=", "__Host-vivavoce="),
}


def of_a_call(id: str, question: str) -> list[tuple[str, str, Any]]:
    """The routes that show a call or change it."""
    return [
        ("GET", f"/api/calls/{id}", None),
        ("DELETE", f"/api/calls/{id}", None),
        ("POST", f"/api/calls/{id}/grade", None),
        ("GET", f"/api/calls/{id}/audio/learner", None),
        ("GET", f"/api/calls/{id}/export?format=json", None),
        ("GET", f"/api/calls/{id}/export?format=csv", None),
        ("GET", f"/api/calls/{id}/export?format=xapi", None),
        ("POST", f"/api/calls/{id}/quiz/{question}", None),
    ]


def at_api(id: str, question: str) -> Iterator[Case]:
    """`id` is a call of USERS[0]."""
    for method, target, body in of_a_call(id, question):
        for name, made in STRANGERS.items():
            yield Case(
                f"{method} {target} by {name}", 401, "sign_in_needed", "code", method, target, cookie=made, body=body
            )
        for other in USERS[1:4]:
            yield Case(
                f"{method} {target} by {other}",
                404,
                "unknown_call",
                "code",
                method,
                target,
                cookie=partial(cookie, other),
                body=body,
            )
        yield Case(
            f"{method} {target} from another site",
            403,
            "origin_refused",
            "code",
            method,
            target,
            cookie=lambda: cookie(USERS[0]),
            headers=("Origin: https://evil.example",),
            body=body,
        )
        yield Case(
            f"{method} {target} as a part of another site",
            403,
            "origin_refused",
            "code",
            method,
            target,
            cookie=lambda: cookie(USERS[0]),
            headers=("Sec-Fetch-Site: cross-site",),
            body=body,
        )
    for shown in ("Bearer not-the-operators-key", "Basic dmlhOnZvY2U="):
        line = f"Authorization: {shown}"
        yield Case(f"a review with {shown}", 401, "sign_in_needed", target=f"/api/calls/{id}", headers=(line,))
    for name, made in STRANGERS.items():
        yield _ticket(f"a ticket for {name}", 401, "sign_in_needed", made)
    yield _ticket("a ticket for somebody else", 403, "not_you", lambda: cookie(USERS[1]), user=USERS[0])
    yield _ticket("a ticket for nothing", 404, "unknown_scenario", lambda: cookie(USERS[1]), scenario="nothing")
    for user in USERS:
        shown = f"X-Forwarded-User: {user.encode().decode('latin-1')}"
        yield _ticket(f"{user} in a header that nobody vouches for", 401, "sign_in_needed", None, "header", (shown,))
    for origin in ORIGINS[:12]:
        yield _ticket(f"from {origin}", 403, "origin_refused", lambda: cookie(USERS[1]), headers=(f"Origin: {origin}",))
    for host in HOSTS[:8]:
        yield _ticket(f"at {host}", 421, "wrong_host", lambda: cookie(USERS[1]), headers=(f"Host: {host}",))
    yield _ticket("open, behind a proxy", 403, "not_from_here", None, "open", ("X-Forwarded-For: 203.0.113.9",))
    for target in ("/api/class", "/api/class.csv", "/api/operator"):
        for shown in ("", "Basic eDp4", f"Bearer {CLASS_CODE}", "Bearer not-the-operators-key"):
            yield Case(
                f"{target} with {shown!r}",
                401,
                "wrong_key",
                "code",
                "GET",
                target,
                cookie=cookie,
                headers=(f"Authorization: {shown}",) if shown else (),
            )
    kept = partial(_operators, OPERATOR_KEY)  # opens reviews, and not what it was got with
    for target in ("/api/class", "/api/class.csv", "/api/operator"):
        yield Case(f"{target} with the operator's cookie", 401, "wrong_key", "code", "GET", target, cookie=kept)
    yield Case(
        "closing the house",
        401,
        "wrong_key",
        "code",
        "POST",
        "/api/operator/calls",
        cookie=cookie,
        body={"open": False, "end_running": True},
    )
    for code in ("", "blue-whale", "blue-whale-43", "BLUE_WHALE_42", CLASS_CODE[::-1]):
        yield Case(
            f"the code {code!r}", 401, "wrong_code", "code", "POST", "/api/sign-in", body={"code": code, "name": "Eve"}
        )
    for mode in ("open", "header"):
        yield Case(
            f"a code in {mode} mode",
            404,
            "no_sign_in",
            mode,
            "POST",
            "/api/sign-in",
            body={"code": CLASS_CODE, "name": "Eve"},
        )


def _ticket(
    name: str,
    status: int,
    code: str,
    cookie: Callable[[], str] | None,
    mode: str = "code",
    headers: tuple[str, ...] = (),
    **body: str,
) -> Case:
    body = {"scenario": HOTEL, **body}
    return Case(name, status, code, mode, "POST", "/api/tickets", None, cookie, headers, body=body)


def _quoted(user: str) -> str:
    return quote(user, safe="@.")
