"""A call outlives its server: whoever has its token comes back to it, and one that nobody comes back to is graded."""

from __future__ import annotations

import json
import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.server import ServerConnection

from kit.eventually import PATIENCE_S, eventually
from kit.server import Browser, Event, Server
from kit.upstream import ScriptedUpstream


def read(server: Server, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(server.database)) as db:
        return db.execute(query, parameters).fetchall()


def write(server: Server, statement: str, *parameters: object) -> None:
    with closing(sqlite3.connect(server.database, timeout=PATIENCE_S)) as db, db:
        db.execute(statement, parameters)


def reason_of(server: Server, call_id: str) -> str | None:
    [(reason,)] = read(server, "SELECT ended_reason FROM session WHERE session_id = ?", call_id)
    return None if reason is None else str(reason)


def is_asleep(server: Server, call_id: str) -> bool:
    query = "SELECT alive_until IS NULL AND ended_reason IS NULL FROM session WHERE session_id = ?"
    return bool(read(server, query, call_id)[0][0])


def durable(browser: Browser) -> list[Event]:
    return [event for event in browser.seen if "seq" in event and event["type"] != "vivavoce.hello"]


def say(browser: Browser, text: str) -> None:
    browser.say(text)
    browser.until("response.done")


@pytest.fixture(params=["SIGTERM", "SIGINT", "SIGKILL"])
def number(request: pytest.FixtureRequest) -> signal.Signals:
    return signal.Signals[request.param]


@pytest.mark.usefixtures("path")
def test_a_call_goes_on_with_the_next_server(
    tmp_path: Path, engine_settings: dict[str, str], number: signal.Signals
) -> None:
    server = Server(tmp_path, **engine_settings)
    with server, server.browser("ada") as first:
        hello = first.go_live()
        say(first, "Good evening, I am so sorry to hear that.")
        server.stop(number)
        code, _ = first.closed()
        assert code == (1006 if number is signal.SIGKILL else 1012)
        has = durable(first)
        going_away = [event for event in first.seen if event["type"] == "vivavoce.going_away"]
        assert [event["resume"] for event in going_away] == ([] if number is signal.SIGKILL else [True])
    with server, server.browser("ada", resume=hello["resume_token"], after=has[0]["seq"]) as second:
        back = second.until("vivavoce.hello")
        assert (back["session_id"], back["resumed"]) == (hello["session_id"], True)
        say(second, "I can move you to another room now.")
        again = durable(second)
        assert [event["seq"] for event in again] == list(range(2, again[-1]["seq"] + 1))
        assert again[: len(has) - 1] == has[1:]
        second.send("vivavoce.end")
        assert second.until("vivavoce.ended")["reason"] == "learner_ended"
        lines = [event["line"]["text"] for event in durable(second) if event["type"] == "vivavoce.transcript"]
        assert "I can move you to another room now." in lines
        grades = [event for event in durable(second) if event["type"] == "vivavoce.grade"]
        assert len(grades) == 1


def test_a_quiz_can_be_answered_with_the_next_server(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    server = Server(tmp_path, **engine_settings)
    with server, server.browser("ada") as first:
        hello = first.go_live()
        say(first, "I am so sorry.")
        first.send("vivavoce.end")
        question = first.until("vivavoce.quiz")["items"][0]["id"]
        newest = first.until("vivavoce.ended")["seq"]
        server.stop(signal.SIGKILL)
    with server, server.browser("ada", resume=hello["resume_token"], after=newest) as second:
        assert second.until("vivavoce.hello")["seq"] == newest
        second.send("vivavoce.quiz.answer", item_id=question, answer="I do not know")
        assert second.until("vivavoce.quiz.marked")["seq"] == newest + 1


@pytest.fixture
def asleep(tmp_path: Path, engine_settings: dict[str, str]) -> Iterator[tuple[Server, Event]]:
    """A running server, and the `hello` of a call that has slept since the one before it was stopped."""
    server = Server(tmp_path, **engine_settings)
    with server, server.browser("ada") as browser:
        hello = browser.go_live()
        say(browser, "Good evening, I am so sorry to hear that.")
        server.stop()
    assert is_asleep(server, hello["session_id"])
    with server:
        yield server, hello


@pytest.mark.parametrize("deleted", [False, True])
def test_a_retry_goes_on_from_the_earlier_call_also_if_its_server_died_before_that_was_written_down(
    asleep: tuple[Server, Event], deleted: bool
) -> None:
    server, hello = asleep
    with server.browser("ada", resume=hello["resume_token"]) as earlier:
        say(earlier, "I can move you to another room now.")
        lines = [event["line"] for event in durable(earlier) if event["type"] == "vivavoce.transcript"]
        begin_at = f"{hello['session_id']}:{lines[-2]['item_id']}"
    with server.browser("ada", begin_at=begin_at) as browser:
        began = browser.until("vivavoce.hello")
        browser.until("vivavoce.transcript")
        server.stop(signal.SIGKILL)
    write(server, "DELETE FROM event WHERE session_id = ?", began["session_id"])
    if deleted:
        for table in ("event", "tool_result", "session"):
            write(server, f"DELETE FROM {table} WHERE session_id = ?", hello["session_id"])
    with server, server.browser("ada", resume=began["resume_token"], after=0) as browser:
        back = browser.until("vivavoce.hello")
        assert (back["session_id"], back["retry_of"]) == (began["session_id"], hello["session_id"])
        first = browser.until("vivavoce.transcript")["line"]
        assert (first["item_id"] == "vv_seed_1") is not deleted
        assert first["text"] == lines[0]["text"]  # the opening line, in any case


def test_two_browsers_that_wake_a_call_at_once_share_it_one_after_the_other(asleep: tuple[Server, Event]) -> None:
    server, hello = asleep
    token = hello["resume_token"]
    with server.browser("ada", resume=token) as one, server.browser("ada", resume=token) as two:
        assert one.until("vivavoce.hello")["session_id"] == hello["session_id"]
        assert two.until("vivavoce.hello")["session_id"] == hello["session_id"]
        assert one.closed()[0] == 4001
        say(two, "I can move you to another room.")
    numbers = [seq for (seq,) in read(server, "SELECT seq FROM event WHERE session_id = ?", hello["session_id"])]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_call_that_nobody_came_back_to_is_graded(asleep: tuple[Server, Event]) -> None:
    server, hello = asleep
    call_id = hello["session_id"]
    write(server, "UPDATE session SET resumable_until = 1.0 WHERE session_id = ?", call_id)
    eventually(lambda: reason_of(server, call_id) == "learner_left")
    query = "SELECT count(*) FROM event WHERE session_id = ? AND type = 'vivavoce.grade'"
    eventually(lambda: read(server, query, call_id) == [(1,)])
    with server.browser("ada", resume=hello["resume_token"]) as late:
        late.until("vivavoce.ended")  # the result is there, and the quiz is open for a while


def test_a_new_call_ends_the_one_that_sleeps(asleep: tuple[Server, Event]) -> None:
    server, hello = asleep
    with server.browser("ada") as new:
        assert new.go_live()["session_id"] != hello["session_id"]
        with server.browser("ada", resume=hello["resume_token"]) as old:
            assert old.closed()[0] == 4004
        eventually(lambda: reason_of(server, hello["session_id"]) == "learner_left")
        say(new, "Good evening.")


def test_a_call_whose_end_had_begun_is_graded_by_the_next_server(
    tmp_path: Path, engine_settings: dict[str, str]
) -> None:
    """As after a crash between the end and the grade: what came after `vivavoce.ending` is taken out of the record."""
    server = Server(tmp_path, **engine_settings)
    with server, server.browser("ada") as browser:
        call_id = browser.go_live()["session_id"]
        say(browser, "Good evening, I am so sorry to hear that.")
        browser.send("vivavoce.end")
        ending = browser.until("vivavoce.ending")["seq"]
        browser.until("vivavoce.ended")
        server.stop(signal.SIGKILL)
    write(server, "DELETE FROM event WHERE session_id = ? AND seq > ?", call_id, ending)
    write(server, "DELETE FROM tool_result WHERE session_id = ?", call_id)
    write(
        server,
        "UPDATE session SET ended_at = NULL, ended_reason = NULL, alive_until = 1.0 WHERE session_id = ?",
        call_id,
    )
    with server:
        eventually(lambda: reason_of(server, call_id) == "learner_ended")
        kinds = [kind for (kind,) in read(server, "SELECT type FROM event WHERE session_id = ? ORDER BY seq", call_id)]
        assert kinds.count("vivavoce.grade") == kinds.count("vivavoce.ended") == 1


def test_a_record_that_cannot_be_read_holds_nobody_up(asleep: tuple[Server, Event]) -> None:
    server, hello = asleep
    call_id = hello["session_id"]
    write(server, "UPDATE event SET body = '{' WHERE session_id = ? AND seq = 1", call_id)
    write(server, "UPDATE session SET resumable_until = 1.0 WHERE session_id = ?", call_id)
    eventually(lambda: reason_of(server, call_id) == "server_error")
    with server.browser("ada") as browser:
        browser.go_live()


def test_a_second_process_takes_a_call_over(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    """As when a restart overlaps: the newer server writes, and the older one hears that it may not any more."""
    old, new = Server(tmp_path, **engine_settings), Server(tmp_path, **engine_settings)
    with old, new, old.browser("ada") as first:
        hello = first.go_live()
        with new.browser("ada", resume=hello["resume_token"]) as second:
            assert second.until("vivavoce.hello")["session_id"] == hello["session_id"]
            first.say("Who hears this?")  # the old server cannot write it down
            assert first.closed()[0] == 4001
            say(second, "I hear you.")
    lines = [
        json.loads(body)["line"]["text"] for (body,) in read(old, "SELECT body FROM event WHERE type LIKE '%script'")
    ]
    assert "I hear you." in lines
    assert "Who hears this?" not in lines


def test_a_process_without_anything_to_write_hears_that_it_lost_its_call(
    tmp_path: Path, engine_settings: dict[str, str]
) -> None:
    old, new = Server(tmp_path, **engine_settings), Server(tmp_path, **engine_settings)
    with old, new, old.browser("ada") as first:
        hello = first.go_live()
        with new.browser("ada", resume=hello["resume_token"]) as second:
            second.until("vivavoce.hello")
            assert first.closed()[0] == 4001


def test_a_database_that_takes_nothing_is_a_clear_refusal(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    with Server(tmp_path, **engine_settings) as server:
        write(server, "CREATE TRIGGER full BEFORE INSERT ON session BEGIN SELECT RAISE(ABORT, 'database is full'); END")
        with server.browser("ada") as refused:
            code, reason = refused.closed()
            assert (code, "record" in reason) == (1011, True)
        write(server, "DROP TRIGGER full")
        with server.browser("ada") as browser:
            browser.go_live()


def lines_of(server: Server) -> tuple[str, str]:
    """The id of a call that was made, and of its last line."""
    with server.browser("ada") as browser:
        call_id = browser.go_live()["session_id"]
        say(browser, "Good evening.")
        return call_id, durable(browser)[-1]["line"]["item_id"]


@pytest.mark.parametrize(
    ("user", "place", "words"),
    [
        ("ada", lambda call, line: f"call_{'0' * 24}:{line}", "no such call"),
        ("ada", lambda call, line: f"{call}:item_0", "no such line"),
        ("bob", lambda call, line: f"{call}:{line}", "another learner's"),
    ],
)
def test_a_place_to_begin_at_that_is_none_is_refused_in_words(
    server: Server, user: str, place: Callable[[str, str], str], words: str
) -> None:
    begin_at = place(*lines_of(server))
    with server.browser(user, begin_at=begin_at) as refused:
        code, reason = refused.closed()
    assert code == 4004
    assert words in reason


def never_finishes(upstream: ScriptedUpstream, connection: ServerConnection) -> None:
    upstream.send(connection, "response.created", response={"id": "resp_2", "status": "in_progress", "output": []})


@pytest.fixture
def talking(tmp_path: Path) -> Iterator[tuple[Server, Browser, str]]:
    """A server that has been told to stop, and waits for a persona who does not come to an end."""
    with ScriptedUpstream(never_finishes).listening() as url:
        settings = {"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": url}
        with Server(tmp_path, **settings) as server, server.browser() as browser:
            call_id = browser.go_live()["session_id"]
            browser.until("response.created")
            server.process.send_signal(signal.SIGINT)
            browser.until("vivavoce.going_away")
            yield server, browser, call_id


def test_a_server_that_drains_is_well_and_not_ready(talking: tuple[Server, Browser, str]) -> None:
    server, browser, call_id = talking
    assert httpx.get(f"{server.url}/api/health").status_code == 200
    answer = httpx.get(f"{server.url}/api/ready")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stopping")
    with pytest.raises(InvalidStatus) as refused, server.browser("late"):
        pass
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (503, "5")
    assert browser.closed()[0] == 1012
    assert server.process.wait(PATIENCE_S) == 0
    assert is_asleep(server, call_id)


def test_ctrl_c_twice_waits_for_nobody(talking: tuple[Server, Browser, str]) -> None:
    server, _, call_id = talking
    server.process.send_signal(signal.SIGINT)
    server.process.wait(PATIENCE_S)
    assert not is_asleep(server, call_id)  # the drain was cut short; the record is enough to come back


def test_ready_says_whether_calls_are_taken(server: Server) -> None:
    answer = httpx.get(f"{server.url}/api/ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True})
    assert answer.headers["cache-control"] == "no-store"


def test_who_waits_for_the_database_goes_on_when_it_is_free(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    with Server(tmp_path, **engine_settings) as server:

        def ready() -> int:
            return httpx.get(f"{server.url}/api/ready").status_code

        with (
            server.browser("ada") as browser,
            closing(sqlite3.connect(server.database, isolation_level=None)) as greedy,
        ):
            browser.go_live()
            greedy.execute("BEGIN IMMEDIATE")
            browser.say("Who writes this down?")
            eventually(lambda: ready() == 503)
            assert httpx.get(f"{server.url}/api/health").status_code == 200
            greedy.execute("ROLLBACK")
            assert browser.until("vivavoce.transcript", PATIENCE_S)["line"]["text"] == "Who writes this down?"
            eventually(lambda: ready() == 200)


def test_a_full_disk_costs_no_call(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    """No file of the server's can grow: its page is sent away, and comes back when there is room."""
    with Server(tmp_path, **engine_settings) as server:
        process, no_limit = server.process.pid, resource.RLIM_INFINITY
        with server.browser("ada") as first:
            hello = first.go_live()
            say(first, "Good evening, I am so sorry to hear that.")
            resource.prlimit(process, resource.RLIMIT_FSIZE, (1, no_limit))
            first.say("Who writes this down?")
            assert first.closed(PATIENCE_S)[0] == 1011
        newest = durable(first)[-1]["seq"]
        with server.browser("ada", resume=hello["resume_token"], after=newest) as refused:
            code, words = refused.closed()
            assert (code, "record" in words) == (1011, True)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (no_limit, no_limit))
        with server.browser("ada", resume=hello["resume_token"], after=newest) as second:
            assert second.until("vivavoce.hello")["session_id"] == hello["session_id"]
            say(second, "I can move you to another room now.")
            assert durable(second)[0]["seq"] == newest + 1
