"""What differs from host to host by design is what docs/cloudflare.md lists, row by row, and nothing else."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from websockets.exceptions import InvalidStatus

from kit.chaos_proxy import ChaosProxy
from kit.eventually import eventually
from kit.server import SCENARIO, Browser, Server, Site, vivavoce
from parity.hosts import Cloudflare, Host, Native
from parity.http import JSON, ask
from parity.play import Play
from parity.transcript import Transcript, transcripts
from vivavoce.hosts.cloudflare import settings as of_worker
from vivavoce.hosts.native import settings as of_server
from vivavoce.hosts.native.link import OUT_OF_PACE, STALL_SECONDS
from vivavoce.session.breaker import LEAST_CONNECTS
from vivavoce.settings.error import SettingsError

PAGE = Path(__file__).parents[2] / "docs" / "cloudflare.md"
CODE = "blue-whale-42"
SIGN_IN = {
    "VIVAVOCE_SIGN_IN": "code",
    "VIVAVOCE_CLASS_CODE": CODE,
    "VIVAVOCE_SECRET": "the secret that all servers of the tests share",
}
OPENAI = {"OPENAI_API_KEY": "sk-0123456789abcdef0123456789", **SIGN_IN}
TICKET = json.dumps({"scenario": SCENARIO}).encode()
BROKEN = 1006
PIECES = 400
"""Of sound, 19 MB together: more than the buffers on the way hold."""

Test = TypeVar("Test", bound=Callable[..., None])
asserted: set[str] = set()


def difference(row: str) -> Callable[[Test], Test]:
    """Marks the test of a row of the table."""

    def note(test: Test) -> Test:
        asserted.add(row)
        return test

    return note


def test_every_row_of_the_table_is_asserted_here() -> None:
    section = PAGE.read_text("utf-8").partition("## What differs from the native host")[2]
    table = section.partition("| | native | Cloudflare |\n|---|---|---|\n")[2].partition("\n\n")[0]
    assert {row.split("|")[1].strip() for row in table.splitlines()} == asserted


# What an operator may ask for


def worker_refuses(name: str, value: str) -> str:
    with pytest.raises(SettingsError) as refused:
        of_worker.read_settings({**OPENAI, name: value})
    assert name in str(refused.value)
    return str(refused.value)


@difference("caps on cost")
@pytest.mark.parametrize("name", ["VIVAVOCE_CAP_USER_DAY", "VIVAVOCE_CAP_DAY", "VIVAVOCE_CAP_MONTH"])
def test_only_a_call_has_a_cap(name: str) -> None:
    assert of_server.read_settings({**OPENAI, name: "5"}).budget.capped
    assert "each object knows its own calls only" in worker_refuses(name, "5")
    assert of_worker.read_settings({**OPENAI, "VIVAVOCE_CAP_CALL": "5"}).budget.call == 5_000_000


@difference("a chat model as judge")
def test_no_chat_model_decides() -> None:
    chat = "http://127.0.0.1:11434/v1"
    told = {"VIVAVOCE_CHAT_URL": chat, "VIVAVOCE_CHAT_MODEL": "any"}
    assert of_server.read_settings({**OPENAI, **told}).chat_url == chat
    worker_refuses("VIVAVOCE_CHAT_URL", chat)


@difference("embedded engine")
def test_there_is_no_engine() -> None:
    assert of_server.read_settings(SIGN_IN).upstream.kind == "embedded"
    with pytest.raises(SettingsError, match="no engine"):
        of_worker.read_settings(SIGN_IN)


@difference("signing in by a proxy's header")
def test_a_header_proves_nothing() -> None:
    assert of_server.read_settings({"VIVAVOCE_USER_HEADER": "X-User", "VIVAVOCE_SIGN_IN": "header"}).door.sign_in
    assert "a header proves nothing here" in worker_refuses("VIVAVOCE_USER_HEADER", "X-User")


# What a learner finds


@difference("sound")
@pytest.mark.parametrize("host", ["native", "cloudflare"])
def test_sound_is_kept_on_the_native_host_alone(
    host: str, request: pytest.FixtureRequest, upstream: ChaosProxy
) -> None:
    own: list[Transcript] = transcripts(host)
    assert own
    for transcript in own:
        Play(transcript, request.getfixturevalue(host), upstream)()


@difference(
    "reviews, history, the class page, the operator's page, `vivavoce usage`, `forget`, `export`",
)
def test_nothing_is_looked_at_again(native: Native, cloudflare: Cloudflare) -> None:
    paths = ["/api/calls", "/api/calls/call_0123456789abcdef01234567", "/api/class", "/api/operator"]
    for path in paths:
        assert ask(cloudflare.site, path) == (404, "not_found")
        assert ask(native.site, path)[1] != "not_found"
    assert ask(native.site, "/api/session")[1]["features"] == ["reviews"]
    assert ask(cloudflare.site, "/api/session")[1]["features"] == []


# How a host ends, and is closed


@difference("end of the process")
def test_only_the_native_host_says_goodbye(
    native: Native, cloudflare: Cloudflare, variables: dict[str, str], tmp_path: Path
) -> None:
    with Server(tmp_path, **variables) as server, server.browser("leaver") as browser:
        browser.go_live()
        server.process.send_signal(signal.SIGTERM)
        browser.until("vivavoce.going_away")
        assert browser.closed()[0] == 1012
        server.process.wait(25)
    with cloudflare.site.browser("leaver") as browser:
        hello = browser.go_live()
        cloudflare.forget(SCENARIO, "leaver")
        assert browser.closed()[0] == 1006
        shown = [event for event in browser.seen if "seq" in event and event is not hello]
        assert "vivavoce.going_away" not in {event["type"] for event in browser.seen}
    [call] = cloudflare.record("leaver")
    assert call["events"] == shown != []


@pytest.fixture(scope="module")
def closed(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloudflare]:
    """A Worker that takes no calls, and where learners sign in."""
    given = {**variables, **SIGN_IN, "VIVAVOCE_CALLS": "closed"}
    with Cloudflare.running(tmp_path_factory.mktemp("closed"), given) as host:
        yield host


@pytest.fixture(scope="module")
def signing_in(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Native]:
    with Native.running(tmp_path_factory.mktemp("signing-in"), {**variables, **SIGN_IN}) as host:
        yield host


@difference("closing for new calls")
def test_calls_are_closed_by_a_command_or_a_variable(closed: Cloudflare, signing_in: Native, tmp_path: Path) -> None:
    database = str(signing_in.database)
    said = vivavoce("calls", "close", home=tmp_path, VIVAVOCE_DATABASE=database)
    assert said.returncode == 0, said.stderr
    eventually(lambda: not ask(signing_in.site, "/api/session")[1]["calls"]["open"])
    for host in (closed, signing_in):
        assert not ask(host.site, "/api/session")[1]["calls"]["open"]
        cookie = sign_in(host.site)
        assert ask(host.site, "/api/tickets", TICKET, Cookie=cookie) == (503, "calls_closed")


def sign_in(site: Site) -> str:
    request = urllib.request.Request(
        f"{site.url}/api/sign-in", json.dumps({"code": CODE, "name": "Ada"}).encode(), JSON
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.headers["Set-Cookie"]).partition(";")[0]


@difference("how often a class code may be tried, how often a visitor may connect")
def test_another_process_or_isolate_counts_anew(closed: Cloudflare, signing_in: Native) -> None:
    wrong = b'{"code":"grey-seal-17","name":"Mallory"}'
    for host in (closed, signing_in):
        tries = [ask(host.site, "/api/sign-in", wrong)[0] for _ in range(25)]
        assert tries[0] == 401
        assert tries[-1] == 429
        host.die()
        assert ask(host.site, "/api/sign-in", wrong)[0] == 401


# What a host notices


@difference("an upstream that fails most of the time")
def test_only_a_process_with_all_calls_leaves_an_upstream_alone(
    cloudflare: Cloudflare, upstream: ChaosProxy, variables: dict[str, str], tmp_path: Path
) -> None:
    upstream.go_down(503)
    with ExitStack() as pages, Server(tmp_path, **variables) as server:
        with pytest.raises(InvalidStatus) as refused:
            for number in range(LEAST_CONNECTS + 1):
                page = pages.enter_context(server.browser(f"caller.{number}"))
                page.until("vivavoce.notice")
        assert (refused.value.response.status_code, code_of(refused.value)) == (503, "provider_down")
        for number in range(LEAST_CONNECTS + 1):
            page = pages.enter_context(cloudflare.site.browser(f"caller.{number}"))
            assert page.until("vivavoce.notice")["code"] == "upstream_lost"
    upstream.come_up()


def code_of(refused: InvalidStatus) -> str:
    return str(json.loads(refused.response.body or b"")["error"]["code"])


@difference("a page that reads slowly")
def test_a_page_that_reads_slowly_is_noticed_by_the_native_host_alone(
    native: Native, cloudflare: Cloudflare, upstream: ChaosProxy
) -> None:
    with slow_page(native) as noticed, slow_page(cloudflare) as unnoticed:
        for number in range(PIECES):
            upstream.say(type="response.output_audio.delta", number=number, delta="AAAA" * 12_000)
        time.sleep(STALL_SECONDS + 1)
        for number in range(PIECES):
            assert unnoticed.until("response.output_audio.delta")["number"] == number
        unnoticed.send("nothing.known")
        unnoticed.until("error")
        assert noticed.closed()[0] in (OUT_OF_PACE, BROKEN)
        assert len(noticed.seen) < PIECES


@contextmanager
def slow_page(host: Host) -> Iterator[Browser]:
    """A page that has heard the opening line, and reads on only when it is told to."""
    port = int(re.sub(r".*:", "", host.site.url))
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", port))
    with host.site.browser("slow", sock=small, max_queue=4, ping_interval=None) as browser:
        browser.go_live()
        yield browser
