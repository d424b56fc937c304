"""A finished call over real HTTP: reviewed, listed, graded again, exported, tried again from a turn, deleted."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from kit.review import held_to
from kit.server import SCENARIO, Browser, Server
from vivavoce.hosts.native.archive import MOST_GRADES

KEY = "operator-0123456789"
UNKNOWN = "call_000000000000000000000000"
SAID = ["Good evening, I am sorry to hear that.", "I apologise. I can move you to another room now."]


@pytest.fixture(scope="module")
def server(engine_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with Server(folder, **engine_settings, VIVAVOCE_OPERATOR_KEY=KEY) as server:
        yield server


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client


def whole_call(server: Server, user: str, **where: Any) -> tuple[str, list[dict[str, Any]]]:
    """The id of a call that was ended, and everything that its page saw."""
    with server.browser(user, **where) as browser:
        hello = talk(browser)
        item = browser.until("vivavoce.quiz")["items"][0]
        browser.until("vivavoce.ended")
        browser.send("vivavoce.quiz.answer", item_id=item["id"], answer="I do not know")
        browser.until("vivavoce.quiz.marked")
    return hello["session_id"], browser.seen


def talk(browser: Browser) -> dict[str, Any]:
    hello = browser.go_live()
    for line in SAID:
        browser.say(line)
        browser.until("response.done")
    browser.send("vivavoce.end")
    browser.until("vivavoce.grade")
    return hello


def test_a_review_is_what_the_page_saw(server: Server, http: httpx.Client) -> None:
    id, seen = whole_call(server, "review")
    answer = http.get(f"/api/calls/{id}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    review = held_to("Review", answer.json())
    lines = {event["line"]["item_id"]: event["line"] for event in seen if event["type"] == "vivavoce.transcript"}
    assert review["lines"] == sorted(lines.values(), key=lambda line: line["order"])
    [grade] = [event["grade"] for event in seen if event["type"] == "vivavoce.grade"]
    assert review["grade"] == grade
    [quiz] = [event["items"] for event in seen if event["type"] == "vivavoce.quiz"]
    [mark] = [event for event in seen if event["type"] == "vivavoce.quiz.marked"]
    assert review["quiz"]["items"] == quiz
    assert review["quiz"]["marks"][0]["given"] == mark["given"]
    assert review["goals"] == [event["goal_id"] for event in seen if event["type"] == "vivavoce.goal"]
    assert review["scenario"] == seen[0]["scenario"]
    assert (review["call"]["user"], review["call"]["ended_reason"]) == ("review", "learner_ended")
    assert review["audio"] is None
    shown = {check["id"] for c in grade["criteria"] for check in c["checks"] if check["result"] == "shown"}
    quoted = [marker for marker in review["markers"] if marker["kind"] == "evidence"]
    assert shown >= {marker["ref"] for marker in quoted} != set()
    assert all(marker["item_id"] in lines for marker in quoted)


def test_the_log_does_not_hold_the_key_to_a_call(server: Server, http: httpx.Client) -> None:
    id, _ = whole_call(server, "log")
    assert http.post(f"/api/calls/{id}/grade").is_success
    assert http.delete(f"/api/calls/{id}").status_code == 204
    assert f"call {id[:13]} was deleted" in server.log
    assert id not in server.log


def test_a_history_is_of_the_calls_that_are_asked_for(server: Server, http: httpx.Client) -> None:
    ids = [whole_call(server, "history")[0] for _ in range(2)]
    history = held_to("CallList", http.get("/api/calls", params={"ids": ",".join([*ids, UNKNOWN, "x", ids[0]])}).json())
    assert [call["id"] for call in history["calls"]] == ids[::-1]
    assert held_to("CallList", http.get("/api/calls").json()) == {"calls": []}
    many = http.get("/api/calls", params={"ids": ",".join([UNKNOWN] * 101)})
    assert (many.status_code, many.json()["error"]["code"]) == (400, "too_many")


@pytest.mark.parametrize("id", [UNKNOWN, "call_1", "x" * 200, "%2e%2e", "call_%00"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/grade"),
        ("GET", "/export"),
        ("GET", "/audio/learner"),
        ("POST", "/quiz/q"),
    ],
)
def test_an_id_that_is_not_known_opens_nothing(http: httpx.Client, id: str, method: str, path: str) -> None:
    answer = http.request(method, f"/api/calls/{id}{path}")
    assert answer.status_code == 404
    held_to("ApiError", answer.json())


def test_pages_of_other_sites_are_turned_away(server: Server, http: httpx.Client) -> None:
    id, _ = whole_call(server, "origin")
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/grade"), ("GET", "/export")):
            answer = http.request(method, f"/api/calls/{id}{path}", headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_refused")
    assert http.get(f"/api/calls/{id}", headers={"Origin": server.url, "Sec-Fetch-Site": "same-origin"}).is_success


def test_grading_again_keeps_what_was_and_shows_the_difference(server: Server, http: httpx.Client) -> None:
    id, _ = whole_call(server, "regrade")
    before = http.get(f"/api/calls/{id}").json()
    again = held_to("Review", http.post(f"/api/calls/{id}/grade").json())
    first, second = again["grades"]
    assert [grade["reason"] for grade in again["grades"]] == ["end", "regrade"]
    assert (first["revision"], second["revision"], first["difference"]) == (1, 2, None)
    assert second["difference"] == {"checks": []}  # the same record, the same rubric, the same grader
    assert again["grade"]["criteria"] == before["grade"]["criteria"]
    with closing(sqlite3.connect(server.database)) as db, db:  # as an older grader might have graded
        query = "SELECT seq, body FROM event WHERE session_id = ? AND type = 'vivavoce.grade'"
        [(seq, body)] = db.execute(query, (id,)).fetchall()
        older = json.loads(body)
        older["grade"]["score"] += 1
        check = older["grade"]["criteria"][0]["checks"][0]
        check["result"] = "unproven"
        query = "UPDATE event SET body = ? WHERE session_id = ? AND seq = ?"
        db.execute(query, (json.dumps(older), id, seq))
    review = held_to("Review", http.get(f"/api/calls/{id}").json())
    difference = review["grades"][1]["difference"]
    assert difference["score"] == {"old": older["grade"]["score"], "new": review["grade"]["score"]}
    assert difference["checks"][0]["id"] == check["id"]


def test_a_call_that_goes_on_is_neither_graded_nor_deleted(server: Server, http: httpx.Client) -> None:
    with server.browser("going-on") as browser:
        id = browser.go_live()["session_id"]
        assert held_to("Review", http.get(f"/api/calls/{id}").json())["grade"] is None
        for method, path in (("DELETE", ""), ("POST", "/grade")):
            answer = http.request(method, f"/api/calls/{id}{path}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "going_on")
        browser.say("Hello.")
        browser.until("response.done")


def test_a_call_without_a_word_cannot_be_graded(server: Server, http: httpx.Client) -> None:
    with server.browser("silent") as browser:
        id = browser.go_live()["session_id"]
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
        answer = http.post(f"/api/calls/{id}/grade")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_said")


def test_the_words_of_an_earlier_call_alone_cannot_be_graded(server: Server, http: httpx.Client) -> None:
    id, seen = whole_call(server, "mute")
    last = [event["line"]["item_id"] for event in seen if event["type"] == "vivavoce.transcript"][-1]
    with server.browser("mute", begin_at=f"{id}:{last}") as browser:
        retry = browser.until("vivavoce.hello")["session_id"]
        browser.until("vivavoce.transcript")
        browser.send("vivavoce.end")
        assert "Nothing was said" in browser.until("vivavoce.ended")["message"]
        answer = http.post(f"/api/calls/{retry}/grade")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_said")


def test_a_call_is_not_graded_without_end(server: Server, http: httpx.Client) -> None:
    id, _ = whole_call(server, "again-and-again")
    assert http.post(f"/api/calls/{id}/grade").is_success
    with closing(sqlite3.connect(server.database)) as db, db:
        query = "INSERT INTO regrade SELECT session_id, graded_at, body FROM regrade WHERE session_id = ?"
        while db.execute("SELECT count(*) FROM regrade WHERE session_id = ?", (id,)).fetchone()[0] < MOST_GRADES:
            db.execute(query, (id,))
    answer = http.post(f"/api/calls/{id}/grade")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "graded_often")
    assert http.get(f"/api/calls/{id}").is_success


def test_what_is_deleted_is_gone_though_its_quiz_is_open(server: Server, http: httpx.Client) -> None:
    with server.browser("delete") as browser:
        id = talk(browser)["session_id"]
        browser.until("vivavoce.ended")
        assert http.delete(f"/api/calls/{id}").status_code == 204
        assert browser.closed()[0] == 1000
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/grade"), ("GET", "/export")):
        assert http.request(method, f"/api/calls/{id}{path}").status_code == 404
    with closing(sqlite3.connect(server.database)) as db:
        for table in ("session", "event", "regrade"):
            assert db.execute(f"SELECT count(*) FROM {table} WHERE session_id = ?", (id,)).fetchone() == (0,)


def test_exports_are_files_to_save(server: Server, http: httpx.Client) -> None:
    id, _ = whole_call(server, "export")
    review = http.get(f"/api/calls/{id}").json()
    exported = http.get(f"/api/calls/{id}/export")
    assert exported.headers["content-disposition"].startswith('attachment; filename="vivavoce-hotel-complaint-')
    assert exported.headers["cache-control"] == "no-store"
    assert exported.json() == review
    table = http.get(f"/api/calls/{id}/export", params={"format": "csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    said = [row["text"] for row in rows if row["kind"] == "line" and row["who"] == "learner"]
    assert said == SAID
    assert {row["id"] for row in rows if row["kind"] == "check"} == {
        check["id"] for criterion in review["grade"]["criteria"] for check in criterion["checks"]
    }
    wrong = http.get(f"/api/calls/{id}/export", params={"format": "pdf"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "unknown_format")


def test_xapi_statements_are_the_same_whenever_they_are_asked_for(server: Server, http: httpx.Client) -> None:
    id, _ = whole_call(server, "xapi")
    first, second = (http.get(f"/api/calls/{id}/export", params={"format": "xapi"}).json() for _ in range(2))
    assert first == second
    assert len({uuid.UUID(statement["id"]) for statement in first}) == len(first) == 3
    assert first[0]["actor"]["account"] == {"homePage": server.url, "name": "xapi"}


def test_a_retry_begins_at_the_turn(server: Server, http: httpx.Client) -> None:
    id, _ = whole_call(server, "retry")
    lines = http.get(f"/api/calls/{id}").json()["lines"]
    place = next(place for place, line in enumerate(lines) if line["text"] == SAID[1])
    with server.browser("retry", begin_at=f"{id}:{lines[place]['item_id']}") as browser:
        hello = browser.until("vivavoce.hello")
        assert hello["retry_of"] == id
        for line in lines[:place]:
            assert browser.until("vivavoce.transcript")["line"]["text"] == line["text"]
        browser.say("Let me move you to a quiet room at once.")
        browser.until("response.done")
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    again = held_to("Review", http.get(f"/api/calls/{hello['session_id']}").json())
    assert again["call"]["retry_of"] == id
    assert [line["text"] for line in again["lines"]][:place] == [line["text"] for line in lines[:place]]
    assert again["call"]["score"] is not None


@pytest.mark.parametrize("begin_at", ["call_1:item_1", f"{UNKNOWN}:", f"{UNKNOWN}:{'x' * 65}"])
def test_a_retry_of_nothing_is_refused(server: Server, begin_at: str) -> None:
    with pytest.raises(InvalidStatus) as refused, server.browser("nothing", begin_at=begin_at):
        pass
    assert refused.value.response.status_code == 400


def test_a_retry_of_a_call_that_is_not_there_ends_before_it_begins(server: Server) -> None:
    with server.browser("nothing", begin_at=f"{UNKNOWN}:item_1") as browser:
        assert browser.closed() == (4004, "There is no such call, or it was deleted.")
        assert browser.seen == []


def test_a_retry_knows_its_lesson_its_lines_and_whose_they_are(server: Server) -> None:
    id, seen = whole_call(server, "elsewhere")
    item = next(event["line"]["item_id"] for event in seen if event["type"] == "vivavoce.transcript")
    for user, scenario, begin_at in (
        ("elsewhere", "job-interview", f"{id}:{item}"),
        ("elsewhere", SCENARIO, f"{id}:item_nowhere"),
        ("somebody-else", SCENARIO, f"{id}:{item}"),
    ):
        with server.browser(user, scenario=scenario, begin_at=begin_at) as browser:
            code, reason = browser.closed()
        assert code == 4004
        assert reason.startswith(("That call was", "There is no such line"))
        assert browser.seen == []


def test_the_class_page_needs_its_key(server: Server, http: httpx.Client) -> None:
    id, _ = whole_call(server, "@class")
    for shown in ("", "Bearer wrong", f"Basic {KEY}", "Bearer", f"Bearer {KEY}x", "Bearer \xe4"):
        refused = [(b"Authorization", shown.encode("latin-1"))] if shown else []
        for path in ("/api/class", "/api/class.csv"):
            answer = http.get(path, headers=refused)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    headers = {"Authorization": f"Bearer {KEY}"}
    results = held_to("ClassResults", http.get("/api/class", headers=headers).json())
    [learner] = [learner for learner in results["learners"] if learner["user"] == "@class"]
    [call] = [call for call in results["calls"] if call["id"] == id]
    assert learner["calls"] == 1
    assert learner["scenarios"][0]["best"] == learner["scenarios"][0]["last"] == call["score"]
    shares = [check["shown"] / check["attempts"] for check in results["checks"]]
    assert shares == sorted(shares)
    table = http.get("/api/class.csv", headers=headers)
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["user"] for row in rows if row["call"] == id] == ["'@class"]


def test_without_a_key_there_is_no_class_page(engine_settings: dict[str, str], tmp_path: Path) -> None:
    with Server(tmp_path, **engine_settings) as server:
        answer = httpx.get(f"{server.url}/api/class", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 404
    assert "VIVAVOCE_OPERATOR_KEY" in answer.json()["error"]["message"]
