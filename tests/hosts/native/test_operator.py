"""The operator's page, the switch and the metrics, over real sockets and from the command line."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus

from kit.billing import TOKEN, BillingUpstream, capped
from kit.eventually import eventually
from kit.server import SCENARIO, Server, vivavoce

ROOT = Path(__file__).parents[3]
KEY = "operator-key-of-the-tests"
_SCHEMA = json.loads((ROOT / "shared" / "operator.schema.json").read_text())


def held_to_the_schema(answer: Any) -> dict[str, Any]:
    Draft202012Validator({"$ref": "#/$defs/Operation", "$defs": _SCHEMA["$defs"]}).validate(answer)
    operation: dict[str, Any] = answer
    return operation


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with BillingUpstream(tokens=100).listening() as url:
        settings = capped(tmp_path, url, call=0.5, day=7.5)
        with Server(tmp_path, **settings, VIVAVOCE_OPERATOR_KEY=KEY, VIVAVOCE_LOG="json") as server:
            yield server


@pytest.fixture
def operator(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}) as http:
        yield http


def seen_by(operator: httpx.Client) -> dict[str, Any]:
    return held_to_the_schema(operator.get("/api/operator").json())


def from_the_command_line(server: Server, *arguments: str) -> str:
    done = vivavoce(*arguments, home=server.database.parent, VIVAVOCE_DATABASE=str(server.database))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_before_the_first_call_there_is_nothing_to_see(operator: httpx.Client) -> None:
    operation = seen_by(operator)
    assert operation["calls_open"]
    assert operation["caps"] == {"call": 0.5, "user_day": None, "day": 7.5, "month": None}
    assert (operation["spent"], operation["reserved"]) == ({"today": 0.0, "month": 0.0}, 0.0)
    assert operation["live"] == operation["users"] == operation["days"] == operation["models"] == []


def test_the_operator_sees_who_speaks_and_what_it_costs(server: Server, operator: httpx.Client) -> None:
    with server.browser("ada") as browser:
        hello = browser.go_live()
        eventually(lambda: seen_by(operator)["spent"]["today"] == 100 * TOKEN / 1e6)
        operation = seen_by(operator)
        [live] = operation["live"]
        assert (live["id"], live["scenario"], live["user"]) == (hello["session_id"], SCENARIO, "ada")
        assert live["dollars"] == 0.01
        assert operation["reserved"] == 0.49
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    eventually(lambda: not seen_by(operator)["live"])
    operation = seen_by(operator)
    assert operation["reserved"] == 0
    [user] = operation["users"]
    assert (user["user"], user["calls"], user["tokens"], user["dollars"]) == ("ada", 1, 100, 0.01)
    assert [day["dollars"] for day in operation["days"]] == [0.01]
    assert [(model["model"], model["unpriced"]) for model in operation["models"]] == [("house-voice", 0)]


def test_nobody_else_sees_or_switches_anything(server: Server) -> None:
    for shown in ({}, {"Authorization": "Bearer wrong"}):
        assert httpx.get(f"{server.url}/api/operator", headers=shown).status_code == 401
        answer = httpx.post(f"{server.url}/api/operator/calls", headers=shown, json={"open": False})
        assert answer.status_code == 401
    assert httpx.post(f"{server.url}/api/tickets", json={"scenario": SCENARIO}).status_code == 200


@pytest.mark.parametrize("body", [{}, {"open": "no"}, {"open": True, "end_running": True}, {"open": 1}])
def test_what_is_no_order_is_refused(operator: httpx.Client, body: object) -> None:
    answer = operator.post("/api/operator/calls", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_json")
    assert seen_by(operator)["calls_open"]


def test_closed_means_no_new_calls_and_those_that_go_on_go_on(server: Server, operator: httpx.Client) -> None:
    with server.browser("ada") as browser:
        hello = browser.go_live()
        assert not held_to_the_schema(operator.post("/api/operator/calls", json={"open": False}).json())["calls_open"]
        refused = httpx.post(f"{server.url}/api/tickets", json={"scenario": SCENARIO, "user": "bob"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "calls_closed")
        assert int(refused.headers["retry-after"]) > 0
        session = httpx.get(f"{server.url}/api/session").json()
        assert session["calls"] == {"open": False, "message": refused.json()["error"]["message"]}
        with pytest.raises(InvalidStatus) as closed, server.browser("bob"):
            pass
        assert closed.value.response.status_code == 503
        browser.say("I am sorry to hear that.")
        browser.until("response.done")
        browser.connection.socket.shutdown(socket.SHUT_RDWR)  # who is in a call may come back to it
        assert httpx.post(f"{server.url}/api/tickets", json={"scenario": SCENARIO, "user": "ada"}).status_code == 200
        with server.browser("ada", resume=hello["resume_token"], after=hello["seq"]) as back:
            assert back.until("vivavoce.hello")["resumed"]
            assert held_to_the_schema(operator.post("/api/operator/calls", json={"open": True}).json())["calls_open"]
    with server.browser("bob") as browser:
        browser.go_live()


def test_the_command_line_ends_running_calls_within_a_heartbeat(server: Server, record_property: Any) -> None:
    with server.browser("ada") as browser:
        browser.go_live()
        browser.say("I am sorry to hear that.")
        browser.until("response.done")
        said = from_the_command_line(server, "calls", "close", "--end-running")
        began = time.monotonic()
        assert "No new calls are taken" in said
        assert browser.until("vivavoce.notice")["code"] == "operator_stopped"
        record_property("seconds from the switch to the notice", round(time.monotonic() - began, 2))
        browser.until("vivavoce.grade")
        assert browser.until("vivavoce.ended")["reason"] == "operator_stopped"
    with pytest.raises(InvalidStatus), server.browser("ada"):
        pass
    assert "Calls are taken" in from_the_command_line(server, "calls", "open")
    eventually(lambda: httpx.post(f"{server.url}/api/tickets", json={"scenario": SCENARIO}).status_code == 200)
    with server.browser("ada") as browser:
        browser.go_live()  # and is not ended by the order of before


def test_a_server_that_starts_while_calls_are_closed_takes_none(tmp_path: Path, server: Server) -> None:
    from_the_command_line(server, "calls", "close")
    server.stop()
    with server:
        answer = httpx.post(f"{server.url}/api/tickets", json={"scenario": SCENARIO})
        assert answer.json()["error"]["code"] == "calls_closed"


def sample(text: str, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(text):
        for found in family.samples:
            if found.name == name and found.labels == labels:
                return found.value
    return None


def test_the_metrics_tell_of_calls_and_money_and_name_nobody(server: Server) -> None:
    with server.browser("ada") as browser:
        hello = browser.go_live()
        assert sample(httpx.get(f"{server.url}/api/metrics").text, "vivavoce_calls") == 1
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    answer = httpx.get(f"{server.url}/api/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.text
    assert sample(text, "vivavoce_calls_begun_total", how="new") == 1
    assert sample(text, "vivavoce_calls_ended_total", reason="learner_ended") == 1
    assert sample(text, "vivavoce_upstream_dials_total", outcome="connected") == 1
    assert sample(text, "vivavoce_spent_dollars_total", model="house-voice", kind="response") == pytest.approx(0.01)
    assert (sample(text, "vivavoce_commit_seconds_count") or 0) >= 3
    assert sample(text, "vivavoce_calls_open") == 1
    assert "ada" not in text
    assert hello["session_id"] not in text


def test_a_log_for_programs_is_one_object_a_line(server: Server) -> None:
    with server.browser("ada") as browser:
        hello = browser.go_live()
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    eventually(lambda: "ended: learner_ended" in server.log)
    lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    [ended] = [line for line in lines if "ended: learner_ended" in line["message"]]
    assert (ended["level"], ended["logger"]) == ("info", "vivavoce.calls")
    assert hello["session_id"].startswith(ended["call"])
    assert hello["session_id"] not in server.log


def test_the_embedded_persona_says_the_goodbye_of_its_lesson(engine_settings: dict[str, str], tmp_path: Path) -> None:
    lesson = json.loads((ROOT / "scenarios" / f"{SCENARIO}.json").read_text())
    with Server(tmp_path, **engine_settings, VIVAVOCE_OPERATOR_KEY=KEY) as server, server.browser() as browser:
        browser.go_live()
        browser.say("Good evening. I am sorry to hear that.")
        browser.until("response.done")
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}) as operator:
            operator.post("/api/operator/calls", json={"open": False, "end_running": True})
        assert browser.until("vivavoce.ended")["reason"] == "operator_stopped"
        said = [event["line"]["text"] for event in browser.seen if event["type"] == "vivavoce.transcript"]
        assert said[-1] == lesson["script"]["farewell"]["say"][0]
        assert any(event["type"] == "vivavoce.grade" for event in browser.seen)
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}) as operator:
            eventually(lambda: bool(seen_by(operator)["users"]))
            [user] = seen_by(operator)["users"]
        assert (user["dollars"], user["tokens"] > 0) == (0, True)  # no price is known, and it is counted
