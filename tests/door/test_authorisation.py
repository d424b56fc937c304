"""Who may not come in does not: each request is refused in its own words, and nobody dials the upstream or writes."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from door.cases import HOTEL, USERS, Case, at_api, at_ws, cookie, ticket
from kit.door import CLASS_CODE, OPERATOR_KEY
from kit.house import House, house
from kit.raw_websocket import RawWebSocket
from kit.server import Server

NO_CALL = "call_000000000000000000000000"
QUESTION = "q1"
AT_WS = list(at_ws())
AT_API = list(at_api(NO_CALL, QUESTION))


@pytest.fixture(scope="session")
def call(houses: dict[str, House]) -> Iterator[str]:
    """The id of a call of USERS[0] that is over."""
    with houses["code"].server.browser(ticket=ticket()) as browser:
        id = browser.go_live()["session_id"]
        browser.say("Good evening, I am sorry about that.")
        browser.until("response.done")
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    yield id


def test_there_are_three_hundred_cases_and_more() -> None:
    names = [case.name for case in (*AT_WS, *AT_API)]
    assert len(set(names)) == len(names) >= 300


@pytest.mark.parametrize("case", AT_WS, ids=lambda case: case.name)
def test_at_ws(houses: dict[str, House], case: Case) -> None:
    house = houses[case.mode]
    offered = ["vivavoce", *([f"vivavoce.ticket.{case.ticket()}"] if case.ticket else []), *case.offered]
    lines = [f"Sec-WebSocket-Protocol: {', '.join(offered)}", *([f"Cookie: {case.cookie()}"] if case.cookie else [])]
    headers = [line.replace("{port}", str(house.server.port)) for line in case.headers]
    with house.nothing_happens(), RawWebSocket(house.server.port, case.target, *lines, *headers) as raw:
        length = next(line.split(":")[1] for line in raw.head.splitlines() if line.lower().startswith("content-length"))
        error = json.loads(raw.body(int(length)))["error"]
        assert (raw.status, error["code"]) == (case.status, case.code)


@pytest.mark.parametrize("case", AT_API, ids=lambda case: case.name)
def test_at_the_api(houses: dict[str, House], call: str, case: Case) -> None:
    house = houses[case.mode]
    with house.nothing_happens():
        status, _, answer = ask(house.server, case)
    assert (status, answer["error"]["code"]) == (case.status, case.code)


@pytest.mark.parametrize("case", [case for case in AT_API if NO_CALL in case.target], ids=lambda case: case.name)
def test_at_a_call_that_is_somebody_elses(houses: dict[str, House], call: str, case: Case) -> None:
    """It is there, and the answer is the same: what calls there are is not to be found out."""
    house = houses[case.mode]
    with house.nothing_happens():
        status, _, answer = ask(house.server, case)
        there = ask(house.server, replace(case, target=case.target.replace(NO_CALL, call)))
    assert (status, answer) == (there[0], there[2])


def ask(server: Server, case: Case) -> tuple[int, http.client.HTTPMessage, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    lines = {"host": f"localhost:{server.port}", "content-type": "application/json"}
    if case.cookie is not None:
        lines["cookie"] = case.cookie()
    for line in case.headers:
        name, _, value = line.replace("{port}", str(server.port)).partition(": ")
        lines[name.lower()] = value
    body = b"" if case.body is None else json.dumps(case.body).encode()
    connection.putrequest(case.method, case.target, skip_host=True, skip_accept_encoding=True)
    for name, value in lines.items():
        connection.putheader(name, value.encode("latin-1"))
    connection.putheader("content-length", str(len(body)))
    connection.endheaders(body)
    with connection.getresponse() as response:
        read = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        answer = response.status, response.headers, json.loads(read) if is_json else read
    connection.close()
    return answer


# What the table says no to is not the whole of it: the same doors open for those who may.


def test_a_call_would_be_noticed(houses: dict[str, House], call: str) -> None:
    house = houses["code"]
    with (
        pytest.raises(AssertionError),
        house.nothing_happens(),
        house.server.browser(ticket=ticket(USERS[2])) as browser,
    ):
        browser.go_live()


def test_a_ticket_opens_the_door_once(houses: dict[str, House], call: str) -> None:
    house = houses["code"]
    shown, dialled = ticket(), house.tap.dialled
    with house.server.browser(ticket=shown) as browser:
        browser.go_live()
        assert house.tap.dialled == dialled + 1
        for target in (f"/ws?scenario={HOTEL}", f"/ws?scenario={HOTEL}&user={USERS[0]}", "/ws?scenario=job-interview"):
            with RawWebSocket(house.server.port, target, f"Sec-WebSocket-Protocol: vivavoce.ticket.{shown}") as raw:
                assert raw.status == 401
        browser.say("I am still here.")
        browser.until("response.done")
    assert house.tap.dialled == dialled + 1


def test_the_ticket_is_never_said_back(houses: dict[str, House]) -> None:
    shown = ticket(USERS[1])
    port = houses["code"].server.port
    with RawWebSocket(
        port, f"/ws?scenario={HOTEL}", f"Sec-WebSocket-Protocol: vivavoce, vivavoce.ticket.{shown}"
    ) as raw:
        assert raw.status == 101
        assert shown not in raw.head
    assert shown not in houses["code"].server.log


def test_whoever_signs_in_gets_a_ticket_and_a_call(houses: dict[str, House]) -> None:
    house = houses["code"]
    sign_in = Case(
        "", 200, "", "code", "POST", "/api/sign-in", body={"code": "Blue-Whale-42 ", "name": "Ada  Lovelace"}
    )
    status, headers, me = ask(house.server, sign_in)
    assert (status, me["name"]) == (200, "Ada Lovelace")
    assert me["user"].startswith("Ada-Lovelace.")
    kept, *attributes = headers["set-cookie"].split("; ")
    assert {"HttpOnly", "Path=/", "SameSite=strict", "Max-Age=2592000"} <= set(attributes)
    assert "Secure" not in attributes  # the page is not served by TLS here
    again = ask(house.server, replace(sign_in, cookie=lambda: kept))[2]
    assert again == me
    assert ask(house.server, sign_in)[2]["user"] != me["user"]  # a classmate of the same name
    session = ask(house.server, Case("", 200, "", target="/api/session", cookie=lambda: kept))[2]
    assert (session["sign_in"], session["user"], session["calls"]["open"]) == ("code", me["user"], True)
    given = ask(
        house.server, Case("", 200, "", "code", "POST", "/api/tickets", None, lambda: kept, body={"scenario": HOTEL})
    )
    assert (given[0], given[2]["expires_in"]) == (200, 60)
    with house.server.browser(ticket=given[2]["ticket"]) as browser:
        id = browser.go_live()["session_id"]
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    mine = ask(house.server, Case("", 200, "", target=f"/api/calls?ids={id}", cookie=lambda: kept))[2]
    assert [one["id"] for one in mine["calls"]] == [id]
    others = ask(house.server, Case("", 200, "", target=f"/api/calls?ids={id}", cookie=cookie))[2]
    assert others["calls"] == []
    out = ask(house.server, Case("", 204, "", "code", "POST", "/api/sign-out", cookie=lambda: kept))
    assert (out[0], "Max-Age=0" in out[1]["set-cookie"]) == (204, True)


def test_a_call_is_its_learners_and_the_operators(houses: dict[str, House], call: str) -> None:
    server = houses["code"].server
    for who in ({"cookie": lambda: cookie(USERS[0])}, {"headers": (f"Authorization: Bearer {OPERATOR_KEY}",)}):
        status, _, review = ask(server, Case("", 200, "", target=f"/api/calls/{call}", **who))
        assert (status, review["call"]["user"]) == (200, USERS[0])


def test_from_the_class_page_the_operator_opens_every_review(houses: dict[str, House], call: str) -> None:
    server = houses["code"].server
    shown = (f"Authorization: Bearer {OPERATOR_KEY}",)
    status, headers, _ = ask(server, Case("", 200, "", target="/api/class", headers=shown))
    kept, *attributes = headers["set-cookie"].split("; ")
    assert status == 200
    assert {"HttpOnly", "SameSite=strict", "Max-Age=43200"} <= set(attributes)

    def seen(target: str) -> Any:
        return ask(server, Case("", 200, "", target=target, cookie=lambda: kept))[2]

    assert seen(f"/api/calls/{call}")["call"]["user"] == USERS[0]
    assert [one["id"] for one in seen(f"/api/calls?ids={call}")["calls"]] == [call]
    assert seen("/api/session")["user"] == "operator"
    both = f"{kept}; {cookie(USERS[1])}"
    assert ask(server, Case("", 200, "", target="/api/session", cookie=lambda: both))[2]["user"] == USERS[1]
    out = ask(server, Case("", 204, "", "code", "POST", "/api/sign-out", cookie=lambda: kept))[1].get_all("set-cookie")
    assert sorted(line.partition("=")[0] for line in out or ()) == ["vivavoce", "vivavoce-operator"]
    opened = ask(houses["open"].server, Case("", 200, "", "open", target="/api/class", headers=shown))
    assert (opened[0], opened[1]["set-cookie"]) == (200, None)


@pytest.mark.parametrize("shown", ["ada@school.example", "李雷", "a.b+c_d-e"])
def test_a_proxy_that_is_believed_says_who_it_is(engine: str, tmp_path: Path, shown: str) -> None:
    with house(tmp_path, engine, VIVAVOCE_USER_HEADER="X-Forwarded-User") as here:
        ada = (f"X-Forwarded-User: {shown.encode().decode('latin-1')}",)
        assert ask(here.server, Case("", 200, "", target="/api/session", headers=ada))[2]["user"] == shown
        got = ask(here.server, Case("", 200, "", "", "POST", "/api/tickets", headers=ada, body={"scenario": HOTEL}))
        with here.server.browser(ticket=got[2]["ticket"]) as browser:
            id = browser.go_live()["session_id"]
        assert ask(here.server, Case("", 200, "", target=f"/api/calls/{id}", headers=ada))[0] == 200
        for other in ("X-Forwarded-User: a b", "X-Forwarded-User: ", "X-Forwarded-User: a,b", "X-Forwarded-Use: ada"):
            assert ask(here.server, Case("", 200, "", target="/api/session", headers=(other,)))[2]["user"] is None


def test_guessing_the_class_code_ends_soon_and_in_vain(engine: str, tmp_path: Path) -> None:
    with house(tmp_path, engine, VIVAVOCE_CLASS_CODE=CLASS_CODE) as here:

        def attempt(code: str, visitor: str) -> tuple[int, http.client.HTTPMessage]:
            body = {"code": code, "name": "Eve"}
            came = (f"X-Forwarded-For: {visitor}", f"Origin: http://localhost:{here.server.port}")
            return ask(here.server, Case("", 0, "", "", "POST", "/api/sign-in", headers=came, body=body))[:2]

        answers = [attempt(f"wrong-{number}", "203.0.113.9")[0] for number in range(30)]
        assert answers == [401] * 20 + [429] * 10
        status, headers = attempt(CLASS_CODE, "203.0.113.9")
        assert status == 429  # else the right one could be told from the others
        assert 1 <= int(headers["retry-after"]) <= 16
        assert attempt(CLASS_CODE, "203.0.113.10")[0] == 200  # nobody else is held up
        everywhere = [attempt("wrong", f"198.51.100.{number}")[0] for number in range(200)]
        assert 80 <= everywhere.count(401) < 100
        assert everywhere[-1] == 429
        assert attempt(CLASS_CODE, "203.0.113.10")[0] == 429
        assert CLASS_CODE not in here.server.log
        assert "wrong" not in here.server.log


def test_a_thousand_handshakes_from_one_place_are_slowed_down(engine: str, tmp_path: Path) -> None:
    with house(tmp_path, engine, VIVAVOCE_CLASS_CODE=CLASS_CODE) as here:
        came = "X-Forwarded-For: 203.0.113.9", f"Origin: http://localhost:{here.server.port}"
        seen = []
        for _ in range(1000):
            with RawWebSocket(here.server.port, f"/ws?scenario={HOTEL}", *came) as raw:
                seen.append((raw.status, "Retry-After: 1" in raw.head))
        assert seen[:120] == [(401, False)] * 120
        assert set(seen) == {(401, False), (429, True)}
        assert seen.count((429, True)) > 500
