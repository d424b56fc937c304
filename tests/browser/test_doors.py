"""Who is let in, and when: signing in with the class's code, and what the operator sees and switches."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from playwright.sync_api import Page, expect

from browser.instruments import OpenPage
from browser.learner import OPERATOR_KEY, SCENARIO, lines, say_typed, start_call, typed_call
from kit.server import Server, free_port

pytestmark = pytest.mark.browser

CODE = "blue-whale-42"
SORRY = "Good evening. I am so sorry about the noise, that must be exhausting."
ROOM = "Which room are you in, and when did it start?"
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="module")
def class_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("class")
    with Server(home, VIVAVOCE_CLASS_CODE=CODE, VIVAVOCE_OPERATOR_KEY=OPERATOR_KEY) as server:
        yield server


def sign_in(page: Page, name: str, code: str = CODE) -> None:
    page.get_by_test_id("class-code").fill(code)
    page.get_by_test_id("name").fill(name)
    page.keyboard.press("Enter")


def held_to(schema: str, name: str, answer: object) -> None:
    """Fails when the answer is not what the page's types are generated from."""
    defined = json.loads((SHARED / f"{schema}.schema.json").read_text("utf-8"))["$defs"]
    Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": defined}).validate(answer)


def test_a_learner_signs_in_where_the_link_led_and_is_who_they_say(class_server: Server, open_page: OpenPage) -> None:
    opened = open_page(f"{class_server.url}/call/{SCENARIO}")
    page = opened.page
    sign_in(page, "Ada Lovelace", "a-guess")
    expect(page.get_by_test_id("sign-in-refused")).to_be_visible()
    held_to("access", "Access", page.request.get(f"{class_server.url}/api/session").json())
    sign_in(page, "Ada Lovelace")
    page.get_by_test_id("type-instead").click()
    opened.wait_for("response.done")
    hello = opened.notes("vivavoce.hello")[-1].event
    assert hello["user"].startswith("Ada-Lovelace.")
    say_typed(opened, SORRY)
    assert lines(page, "user") == [SORRY]
    held_to("access", "Access", page.request.get(f"{class_server.url}/api/session").json())
    ticket = page.request.post(f"{class_server.url}/api/tickets", data={"scenario": SCENARIO}).json()
    held_to("access", "Ticket", ticket)


def test_who_signs_out_leaves_no_call_behind(class_server: Server, open_page: OpenPage) -> None:
    opened = open_page(class_server.url)
    page = opened.page
    sign_in(page, "Ada")
    expect(page.get_by_test_id("learner-name")).to_have_text("Ada")
    start_call(opened, microphone=False)
    opened.wait_for("response.done")
    page.go_back()
    expect(page.get_by_test_id(f"scenario-card-{SCENARIO}")).to_contain_text("Continue, left")
    page.get_by_test_id("sign-out").click()
    page.get_by_test_id("class-code").wait_for()
    assert not page.evaluate("() => Object.keys(localStorage).some(key => key.includes('call/'))")
    sign_in(page, "Ada")
    expect(page.get_by_test_id(f"scenario-card-{SCENARIO}")).to_be_visible()
    expect(page.get_by_test_id(f"scenario-card-{SCENARIO}")).not_to_contain_text("Continue")


def test_who_was_signed_out_meanwhile_signs_in_and_calls(class_server: Server, open_page: OpenPage) -> None:
    opened = open_page(class_server.url)
    page = opened.page
    sign_in(page, "Bo")
    page.get_by_test_id(f"scenario-card-{SCENARIO}").click()
    page.context.clear_cookies()
    page.get_by_test_id("type-instead").click()
    expect(page.get_by_test_id("failure")).to_have_attribute("data-code", "signed-out")
    page.get_by_test_id("failure-sign-in").click()
    sign_in(page, "Bo")
    page.get_by_test_id("type-instead").click()
    opened.wait_for("response.done")


def operate(page: Page, url: str) -> None:
    page.goto(f"{url}/operator")
    page.get_by_test_id("operator-key").fill(OPERATOR_KEY)
    page.keyboard.press("Enter")
    page.get_by_test_id("operation").wait_for()


def test_the_operator_sees_the_call_and_ends_it_with_its_grade(class_server: Server, open_page: OpenPage) -> None:
    opened = open_page(class_server.url)
    page = opened.page
    sign_in(page, "Cleo")
    start_call(opened, microphone=False)
    opened.wait_for("response.done")
    say_typed(opened, SORRY)
    operator = open_page(class_server.url).page
    operate(operator, class_server.url)
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    held_to("operator", "Operation", operator.request.get(f"{class_server.url}/api/operator", headers=headers).json())
    row = operator.get_by_test_id("live-call").filter(has_text="Cleo.")
    expect(row).to_contain_text(SCENARIO)
    operator.get_by_test_id("end-all").click()
    operator.get_by_test_id("confirm-end-all").click()
    try:
        expect(operator.get_by_test_id("switch")).to_have_attribute("data-open", "false")
        expect(page.get_by_test_id("grade")).to_be_visible(timeout=40_000)
        assert opened.wait_for("vivavoce.ended").event["reason"] == "operator_stopped"
        late = open_page(class_server.url).page
        sign_in(late, "Dora")
        expect(late.get_by_test_id("banner")).to_contain_text("No calls can be made")
        page.goto(f"{class_server.url}/call/{SCENARIO}")
        page.get_by_test_id("type-instead").click()
        expect(page.get_by_test_id("failure")).to_have_attribute("data-code", "calls-closed")
        expect(operator.get_by_test_id("live-call").filter(has_text="Cleo.")).to_have_count(0)
    finally:
        operator.get_by_test_id("switch-calls").click()
        expect(operator.get_by_test_id("switch")).to_have_attribute("data-open", "true")
    answered = len(opened.notes("response.done"))
    page.get_by_test_id("failure-reconnect").click()
    opened.wait_for("response.done", after=answered)


def test_the_operators_page_opens_with_the_key_alone(class_server: Server, open_page: OpenPage) -> None:
    page = open_page(f"{class_server.url}/operator").page
    page.get_by_test_id("operator-key").fill("somebody-elses")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not open")
    page.get_by_test_id("other-key").click()
    operate(page, class_server.url)
    expect(page.get_by_test_id("switch")).to_have_attribute("data-open", "true")


def test_a_budget_that_is_used_up_is_told_before_the_call(tmp_path: Path, open_page: OpenPage) -> None:
    with Server(tmp_path, OPENAI_API_KEY="sk-nobody", VIVAVOCE_CAP_DAY="2") as server:
        with sqlite3.connect(server.database) as database:
            a_call = ("call_1", "ada", time.time(), "response", "gpt-realtime-2.1", 2_000_000, 60.0, 9000)
            columns = "session_id, user, at, kind, model, microdollars, seconds, tokens"
            database.execute(f"INSERT INTO spending ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", a_call)
        page = open_page(server.url).page
        page.get_by_test_id(f"scenario-card-{SCENARIO}").click()
        page.get_by_test_id("type-instead").click()
        expect(page.get_by_test_id("failure")).to_have_attribute("data-code", "no-budget")
        expect(page.get_by_test_id("failure")).to_contain_text("budget")


def test_a_voice_service_that_does_not_answer_is_told_at_once(tmp_path: Path, open_page: OpenPage) -> None:
    nowhere = f"ws://127.0.0.1:{free_port()}/v1/realtime"
    with Server(tmp_path, VIVAVOCE_UPSTREAM="compatible", VIVAVOCE_UPSTREAM_URL=nowhere) as server:
        opened = open_page(server.url)
        page = opened.page
        page.get_by_test_id(f"scenario-card-{SCENARIO}").click()
        page.get_by_test_id("type-instead").click()
        opened.wait_for("vivavoce.notice")
        expect(page.get_by_text("The voice service does not answer yet. It is tried again.")).to_be_visible()
        expect(page.get_by_test_id("failure")).to_have_attribute("data-code", "upstream-down", timeout=60_000)


def test_typed_calls_work_on_a_class_server(class_server: Server, open_page: OpenPage) -> None:
    opened = open_page(class_server.url)
    sign_in(opened.page, "Dee")
    typed_call(opened, SORRY, ROOM)
    opened.page.get_by_test_id("to-review").click()
    opened.page.get_by_test_id("review").wait_for()


def test_the_operator_opens_a_learners_review_from_the_class_page(class_server: Server, open_page: OpenPage) -> None:
    learner = open_page(class_server.url)
    sign_in(learner.page, "Emil")
    typed_call(learner, SORRY, ROOM)
    operator = open_page(f"{class_server.url}/class").page
    operator.get_by_test_id("operator-key").fill(OPERATOR_KEY)
    operator.keyboard.press("Enter")
    operator.get_by_test_id("class-call").filter(has_text="Emil").get_by_role("link").click()
    operator.get_by_test_id("review").wait_for()
    expect(operator.get_by_text(SORRY).first).to_be_visible()


def test_where_a_proxy_signs_in_the_page_knows_whom_it_named_and_nobody_else(
    tmp_path: Path, open_page: OpenPage
) -> None:
    with Server(tmp_path, VIVAVOCE_USER_HEADER="X-Forwarded-User") as server:
        nobody = open_page(server.url).page
        expect(nobody.get_by_role("alert")).to_contain_text("You are not signed in")
        opened = open_page(server.url, extra_http_headers={"X-Forwarded-User": "ada"})
        page = start_call(opened, microphone=False)
        opened.wait_for("response.done")
        assert opened.notes("vivavoce.hello")[-1].event["user"] == "ada"
        page.go_back()
        expect(page.get_by_test_id("learner-name")).to_have_text("ada")
        assert page.get_by_test_id("sign-out").count() == 0, "the proxy signs out"
