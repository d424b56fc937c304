"""Several workers: every call has its own, whichever of them a browser came to, and none needs the others to live."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path

import pytest
import trustme
from starlette.requests import Request
from starlette.responses import Response

from kit.eventually import eventually
from kit.server import SCENARIO, Browser, Event, vivavoce, with_speech
from kit.tiny_whisper import tiny_whisper
from kit.workers import COUNT, Crew, ask, is_there
from vivavoce.hosts.native.asking import ask_over
from vivavoce.hosts.native.server import loop_factory
from vivavoce.hosts.native.workers import Workers

WORKERS = [Workers(index, None, [None] * COUNT) for index in range(COUNT)]  # type: ignore[list-item]
USERS = ("ada", "eve")
"""Of each worker one."""


@pytest.fixture(scope="module")
def server(engine_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    with Crew(tmp_path_factory.mktemp("crew"), **engine_settings) as server:
        yield server


def say(browser: Browser, text: str) -> None:
    browser.say(text)
    browser.until("response.done")


def durable(browser: Browser) -> list[Event]:
    return [event for event in browser.seen if "seq" in event and event["type"] != "vivavoce.hello"]


def code_of(answer: tuple[int, bytes]) -> tuple[int, str]:
    return answer[0], json.loads(answer[1])["error"]["code"]


def engine_of(server: Crew) -> int:
    return int(re.findall(r"the engine of all workers is process (\d+)", server.log)[-1])


def loading(server: Crew) -> list[bool]:
    """What each worker says of the engine's voice."""
    said = []
    for worker in range(COUNT):
        with server.reach(worker) as connection:
            status, text = ask(connection, "GET", "/api/ready")
        said.append(status != HTTPStatus.OK)
        assert not said[-1] or code_of((status, text)) == (503, "warming_up")
    return said


def test_many_users_are_shared_out_evenly_and_stay_where_they_are() -> None:
    for count in (2, 3, 8):
        workers = Workers(0, None, [None] * count)  # type: ignore[list-item]
        each = Counter(workers.owner(SCENARIO, f"user-{number}") for number in range(10_000))
        assert len(each) == count
        assert all(0.9 < each[worker] * count / 10_000 < 1.1 for worker in range(count))
    assert [WORKERS[0].owner(SCENARIO, user) for user in USERS] == [0, 1]
    assert Workers().mine(SCENARIO, "anybody")


@pytest.mark.parametrize("came_to", range(COUNT))
@pytest.mark.parametrize("owner", range(COUNT))
def test_a_call_is_its_workers_whichever_takes_the_connection(server: Crew, came_to: int, owner: int) -> None:
    user = USERS[owner]
    with server.browser(user, sock=server.reach(came_to)) as browser:
        hello = browser.go_live()
        say(browser, "Good evening, I am so sorry to hear that.")
        assert server.metrics("vivavoce_calls", owner) >= 1
        assert f"worker {owner}: call {hello['session_id'][:13]} began" in server.log
        browser.send("vivavoce.end")
        assert browser.until("vivavoce.ended")["reason"] == "learner_ended"


@pytest.mark.parametrize("came_to", range(COUNT))
def test_who_comes_back_comes_back_to_the_call_as_it_goes_on(server: Crew, came_to: int) -> None:
    with server.browser("ada", sock=server.reach(1 - came_to)) as first:
        hello = first.go_live()
        say(first, "Good evening, I am so sorry to hear that.")
        has = durable(first)
    with server.browser("ada", resume=hello["resume_token"], after=has[0]["seq"], sock=server.reach(came_to)) as again:
        back = again.until("vivavoce.hello")
        assert (back["session_id"], back["resumed"]) == (hello["session_id"], True)
        say(again, "I can move you to another room now.")
        assert durable(again)[: len(has) - 1] == has[1:]
    assert f"call {hello['session_id'][:13]} goes on" not in server.log  # it was not put together again


@pytest.mark.parametrize("came_to", range(COUNT))
def test_a_second_tab_takes_over_through_any_worker(server: Crew, came_to: int) -> None:
    with server.browser("eve", sock=server.reach(1 - came_to)) as first:
        first.go_live()
        with server.browser("eve", sock=server.reach(came_to)) as second:
            second.go_live()
            assert first.closed() == (4001, "taken_over")
            say(second, "Good evening.")


@pytest.mark.parametrize("asked", range(COUNT))
def test_a_call_is_graded_again_and_deleted_through_any_worker(server: Crew, asked: int) -> None:
    with server.browser("ada", sock=server.reach(1 - asked)) as browser, server.reach(asked) as http:
        call = browser.go_live()["session_id"]
        assert code_of(ask(http, "DELETE", f"/api/calls/{call}")) == (409, "going_on")
        assert code_of(ask(http, "POST", f"/api/calls/{call}/grade")) == (409, "going_on")
        say(browser, "Good evening, I am so sorry to hear that.")
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
        status, review = ask(http, "POST", f"/api/calls/{call}/grade")
        assert (status, json.loads(review)["call"]["id"]) == (200, call)
        assert ask(http, "DELETE", f"/api/calls/{call}") == (204, b"")
        assert browser.closed() == (1000, "the call was deleted")
        assert code_of(ask(http, "GET", f"/api/calls/{call}")) == (404, "unknown_call")


@pytest.mark.parametrize("asked", range(COUNT))
def test_what_the_owner_refuses_unread_is_refused_in_its_words(server: Crew, asked: int) -> None:
    with server.browser(USERS[1 - asked], sock=server.reach(asked)) as browser, server.reach(asked) as http:
        path = f"/api/calls/{browser.go_live()['session_id']}/quiz/no-such-question"
        for size in (300_000, 2_000_000):
            assert code_of(ask(http, "POST", path, bytes(size), **server.page)) == (404, "unknown_question")


def test_an_answer_counts_although_the_owner_closed_before_it_was_asked_all() -> None:
    answer = b'{"error":{"code":"being_heard"}}'

    def refuse(connection: socket.socket) -> None:
        with connection:
            connection.recv(1000)
            connection.sendall(b"HTTP/1.1 409 Conflict\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)

    async def asked() -> Response:
        ours, theirs = socket.socketpair()
        refusing = asyncio.get_running_loop().run_in_executor(None, refuse, theirs)
        request = Request({"type": "http", "method": "POST", "headers": []})
        response = await ask_over(ours, request, b"/", bytes(300_000))
        await refusing
        return response

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        response = runner.run(asked())
    assert (response.status_code, response.body) == (409, answer)


def test_one_look_shows_the_metrics_of_all(server: Crew) -> None:
    for asked in range(COUNT):
        with server.reach(asked) as http:
            status, text = ask(http, "GET", "/api/metrics")
            assert status == 200
            for worker in range(COUNT):
                assert f'vivavoce_calls_open{{worker="{worker}"}} 1.0' in text.decode()
            assert text.decode().count("# TYPE vivavoce_calls gauge") == 1
            status, alone = ask(http, "GET", "/api/metrics?alone")
            assert (status, b"worker=" in alone) == (200, False)


@pytest.mark.parametrize("asked", range(COUNT))
def test_all_workers_obey_the_operator_at_once(tmp_path: Path, engine_settings: dict[str, str], asked: int) -> None:
    key = "the-key-of-the-operator"
    with Crew(tmp_path, VIVAVOCE_OPERATOR_KEY=key, **engine_settings) as server:
        headers = {"Authorization": f"Bearer {key}", **server.page}
        for taken in (0, 1):
            with server.reach(asked) as http:
                body = json.dumps({"open": bool(taken)}).encode()
                assert ask(http, "POST", "/api/operator/calls", body, **headers)[0] == 200
            assert [server.metrics("vivavoce_calls_open", worker) for worker in range(COUNT)] == [taken] * COUNT


def test_wrong_codes_are_counted_together(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    with Crew(tmp_path, VIVAVOCE_CLASS_CODE="a-code-to-guess", **engine_settings) as server:

        def guess(worker: int, code: str) -> int:
            body = json.dumps({"code": code, "name": "Eve"}).encode()
            with server.reach(worker) as http:
                return ask(http, "POST", "/api/sign-in", body, **server.page)[0]

        assert [guess(number % COUNT, "wrong") for number in range(24)] == [401] * 20 + [429] * 4


def test_who_is_in_a_call_gets_a_ticket_from_any_worker_while_none_may_begin(
    tmp_path: Path, engine_settings: dict[str, str]
) -> None:
    with Crew(tmp_path, **engine_settings) as server, server.browser("ada") as browser:
        browser.go_live()
        assert vivavoce("calls", "close", home=tmp_path, VIVAVOCE_DATABASE=str(server.database)).returncode == 0

        def ticket(worker: int, user: str) -> int:
            body = json.dumps({"user": user, "scenario": SCENARIO}).encode()
            with server.reach(worker) as http:
                return ask(http, "POST", "/api/tickets", body, **server.page)[0]

        for worker in range(COUNT):
            eventually(partial(lambda worker: ticket(worker, "bob") == 503, worker))
            assert ticket(worker, "ada") == 200


def test_a_worker_that_is_killed_takes_nobody_else_with_it(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    with Crew(tmp_path, **engine_settings) as server, server.browser("ada") as ada, server.browser("eve") as eve:
        hello = ada.go_live()
        eve.go_live()
        say(ada, "Good evening, I am so sorry to hear that.")
        has = durable(ada)
        os.kill(server.processes()[0], signal.SIGKILL)
        assert ada.closed()[0] == 1006
        # At once, while there is nobody yet who has the call:
        with server.browser("ada", resume=hello["resume_token"], after=0, open_timeout=60) as again:
            assert again.until("vivavoce.hello", 60)["session_id"] == hello["session_id"]
            say(again, "I can move you to another room now.")
            assert durable(again)[: len(has)] == has
        say(eve, "Good evening.")
        assert server.starts(0) == 2
        assert server.starts(1) == 1
        assert "worker 0 was killed by signal 9, and is started again" in server.log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_of_the_server_is_told_to_every_call(
    tmp_path: Path, engine_settings: dict[str, str], number: signal.Signals
) -> None:
    server = Crew(tmp_path, **engine_settings)
    with server, server.browser("ada") as ada, server.browser("eve") as eve:
        for browser in (ada, eve):
            browser.go_live()
        assert server.stop(number) == 0
        for browser in (ada, eve):
            assert browser.closed()[0] == 1012
            assert [event["resume"] for event in browser.seen if event["type"] == "vivavoce.going_away"] == [True]
    assert not any(is_there(process) for process in server.processes().values())
    assert "started again" not in server.log


def test_without_their_supervisor_the_workers_end_in_good_order(
    tmp_path: Path, engine_settings: dict[str, str]
) -> None:
    server = Crew(tmp_path, **engine_settings)
    with server, server.browser("ada") as ada, server.browser("eve") as eve:
        for browser in (ada, eve):
            browser.go_live()
        server.stop(signal.SIGKILL)
        for browser in (ada, eve):
            assert browser.closed()[0] == 1012
        eventually(lambda: not any(is_there(process) for process in server.processes().values()))


def test_a_worker_that_cannot_start_any_more_ends_the_server(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    for file in Path(engine_settings["VIVAVOCE_SCENARIOS"]).glob("*.json"):
        (lessons / file.name).write_bytes(file.read_bytes())
    server = Crew(tmp_path, **{**engine_settings, "VIVAVOCE_SCENARIOS": str(lessons)})
    with server, server.browser("eve") as eve:
        eve.go_live()
        (lessons / "index.json").unlink()
        os.kill(server.processes()[0], signal.SIGKILL)
        assert eve.closed(30)[0] == 1012
        assert server.process.wait(30) == 2
        assert "worker 0 ended (2) before it was ready, 4 times in a row. The server stops." in server.log
        assert "index.json" in server.log


def test_all_workers_share_one_engine(tmp_path: Path) -> None:
    server = Crew(tmp_path, **with_speech())
    with server:
        for user in USERS:
            with server.browser(user) as browser:
                browser.go_live()
                say(browser, "Good evening, I am so sorry to hear that.")
        assert server.log.count("the engine of all workers is process") == 1
        os.kill(engine_of(server), signal.SIGKILL)
        eventually(lambda: server.log.count("the engine of all workers is process") == 2)
        eventually(lambda: loading(server) == [False] * COUNT)
        with server.browser("ada") as browser:
            browser.go_live()
        assert "the engine was killed by signal 9, and is started again" in server.log
        engine = engine_of(server)
    assert not is_there(engine)


def test_every_worker_knows_that_the_engine_is_loaded_again(tmp_path: Path) -> None:
    """The disk has become slow: a file of the recogniser is a pipe that nobody has written to yet."""
    folder = tiny_whisper(tmp_path / "whisper", bands=80, languages=["en"])
    slow, whole = folder / "vocabulary.json", tmp_path / "vocabulary.json"
    with Crew(tmp_path, **with_speech(), VIVAVOCE_WHISPER=str(folder)) as server:
        assert loading(server) == [False] * COUNT
        with server.browser("ada") as browser:
            browser.go_live()
        slow.rename(whole)
        os.mkfifo(slow)
        os.kill(engine_of(server), signal.SIGKILL)
        eventually(lambda: loading(server) == [True] * COUNT)
        wanted = json.dumps({"scenario": SCENARIO, "user": "ada"}).encode()
        for worker in range(COUNT):
            with server.reach(worker) as connection:  # who is in a call may come back to it
                status, _ = ask(connection, "POST", "/api/tickets", wanted, **{"Content-Type": "application/json"})
            assert status == HTTPStatus.OK
        os.kill(server.processes()[0], signal.SIGKILL)
        eventually(lambda: server.starts(0) == 2)
        eventually(lambda: loading(server) == [True] * COUNT)
        with slow.open("w") as pipe:
            tokens = whole.read_text()
            whole.replace(slow)  # CTranslate2 reads it, too
            pipe.write(tokens)
        eventually(lambda: loading(server) == [False] * COUNT)
        with server.browser("bob") as browser:
            browser.go_live()


def test_an_engine_that_is_told_to_end_with_all_others_is_not_started_again(tmp_path: Path) -> None:
    server = Crew(tmp_path, **with_speech())
    with server, server.browser("ada") as ada:
        ada.go_live()
        engine = engine_of(server)
        for process in (server.process.pid, engine):
            os.kill(process, signal.SIGTERM)
        assert server.process.wait(40) == 0
    assert not is_there(engine)
    assert "is started again" not in server.log


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--workers", "65"], "64 at most"),
        (["--workers", "2", "--reload"], "--reload is for one process"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, flags: list[str], says: str) -> None:
    ended = vivavoce("serve", *flags, home=tmp_path)
    assert (ended.returncode, says in ended.stderr) == (2, True)


def test_a_connection_that_is_encrypted_here_cannot_be_given_away(tmp_path: Path) -> None:
    pem = tmp_path / "cert.pem"
    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(pem)
    ended = vivavoce("serve", "--workers", "2", "--tls-cert", str(pem), home=tmp_path)
    assert (ended.returncode, "put a proxy in front" in ended.stderr) == (2, True)
