"""Sound that is kept, from consent to the WAV file: real server, real HTTP, an upstream that speaks."""

from __future__ import annotations

import base64
import io
import signal
import struct
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.server import ServerConnection

from kit.review import held_to
from kit.server import Browser, Server
from kit.upstream import ScriptedUpstream

SCENARIOS = Path(__file__).parents[3] / "scenarios"
SECOND = 24_000


def tone(value: int, seconds: float) -> str:
    return base64.b64encode(struct.pack("<h", value) * int(seconds * SECOND)).decode()


def speaks(upstream: ScriptedUpstream, connection: ServerConnection) -> None:
    """Asked a second time, the persona says two seconds at once, faster than anybody can hear them."""
    items = [event["item"] for event in upstream.received if event["type"] == "conversation.item.create"]
    if items[-1]["role"] != "user":
        return
    item = {"id": "item_2", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    where = {"response_id": "resp_1", "item_id": "item_2", "output_index": 0, "content_index": 0}
    upstream.send(connection, "conversation.item.added", item=item)
    upstream.send(connection, "response.content_part.added", **where, part={"type": "audio"})
    for _ in range(4):
        upstream.send(connection, "response.output_audio.delta", **where, delta=tone(1000, 0.5))
    upstream.send(connection, "response.output_audio_transcript.done", **where, transcript="Two seconds of words.")
    upstream.send(connection, "response.output_audio.done", **where)
    upstream.send(connection, "rate_limits.updated", rate_limits=[])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ScriptedUpstream(speaks).listening() as url:
        settings = {"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": url}
        folder = tmp_path_factory.mktemp("server")
        with Server(folder, **settings, VIVAVOCE_SCENARIOS=str(SCENARIOS)) as server:
            yield server


def heard(browser: Browser) -> dict[str, Any]:
    """Agree, and hear the persona; the `hello`."""
    hello = browser.until("vivavoce.hello")
    browser.send("vivavoce.consent", audio=True)
    browser.until("vivavoce.consent")
    browser.say("Go on.")
    browser.until("rate_limits.updated")
    time.sleep(0.05)  # who leaves at once has heard nothing, and nothing is kept of that
    return hello


def settled(url: str) -> Any:
    """The review once both lanes are written, on a thread that nobody waits for."""
    until = time.monotonic() + 5
    while True:
        review = httpx.get(url).json()
        audio = review["audio"]
        if (audio and audio["learner"] and audio["persona"]) or time.monotonic() > until:
            return review
        time.sleep(0.02)


def samples(answer: httpx.Response) -> tuple[int, ...]:
    with wave.open(io.BytesIO(answer.content)) as file:
        assert file.getparams()[:3] == (1, 2, SECOND)
        frames = file.readframes(file.getnframes())
    return struct.unpack(f"<{len(frames) // 2}h", frames)


def test_what_was_said_and_heard_is_kept(server: Server) -> None:
    with server.browser("kept") as browser:
        id = heard(browser)["session_id"]
        heard_until = time.monotonic() + 0.5
        while time.monotonic() < heard_until:  # to be heard takes its time
            assert httpx.get(f"{server.url}/api/health").is_success
        browser.send("input_audio_buffer.append", audio=tone(-500, 0.4))
        browser.send("conversation.item.truncate", item_id="item_2", content_index=0, audio_end_ms=300)
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    url = f"{server.url}/api/calls/{id}"
    review = held_to("Review", settled(url))
    assert (review["audio"]["learner"], review["audio"]["persona"], review["call"]["audio"]) == (True, True, True)
    learner, persona = (samples(httpx.get(f"{url}/audio/{lane}")) for lane in ("learner", "persona"))
    assert 0 < learner.count(-500) <= 0.4 * SECOND
    assert set(learner) <= {0, -500}
    assert persona.count(1000) == int(0.3 * SECOND)  # cut where the learner spoke
    assert persona[0] == 0 and persona[-1] == 1000
    [line] = [line for line in review["lines"] if line["item_id"] == "item_2"]
    assert line["until"] - line["at"] == pytest.approx(0.3, abs=0.01)
    assert persona.index(1000) / SECOND == pytest.approx(line["at"], abs=0.01)


def test_a_player_may_ask_for_a_part(server: Server) -> None:
    with server.browser("range") as browser:
        id = heard(browser)["session_id"]
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    url = f"{server.url}/api/calls/{id}/audio/persona"
    whole = httpx.get(url)
    assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
    assert (whole.headers["content-type"], whole.headers["cache-control"]) == ("audio/wav", "no-store")
    size = len(whole.content)
    for asked, begin, end in (
        ("bytes=0-", 0, size),
        ("bytes=10-99", 10, 100),
        ("bytes=44-44", 44, 45),
        (f"bytes={size - 5}-{size + 5}", size - 5, size),
        ("bytes=-100", size - 100, size),
        (f"bytes=-{size * 2}", 0, size),
    ):
        part = httpx.get(url, headers={"Range": asked})
        assert (part.status_code, part.content) == (206, whole.content[begin:end])
        assert part.headers["content-range"] == f"bytes {begin}-{end - 1}/{size}"
    beyond = httpx.get(url, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    for odd in ("bytes=9-3", "bytes=-", "seconds=1-2", "bytes=0-1,4-5", "bytes=" + "9" * 40 + "-"):
        assert httpx.get(url, headers={"Range": odd}).content == whole.content


def test_nothing_is_kept_without_consent(server: Server) -> None:
    with server.browser("refused") as browser:
        id = browser.until("vivavoce.hello")["session_id"]
        browser.say("Go on.")
        browser.until("rate_limits.updated")
        browser.send("input_audio_buffer.append", audio=tone(1, 0.2))
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    assert held_to("Review", httpx.get(f"{server.url}/api/calls/{id}").json())["audio"] is None
    assert httpx.get(f"{server.url}/api/calls/{id}/audio/learner").status_code == 404


def test_who_changes_their_mind_is_forgotten(server: Server) -> None:
    with server.browser("mind") as browser:
        id = heard(browser)["session_id"]
        browser.send("input_audio_buffer.append", audio=tone(1, 0.2))
        browser.send("vivavoce.consent", audio=False)
        browser.until("vivavoce.consent")
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    assert httpx.get(f"{server.url}/api/calls/{id}").json()["audio"] is None


def test_sound_is_deleted_with_its_call(server: Server) -> None:
    with server.browser("deleted") as browser:
        id = heard(browser)["session_id"]
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")
    assert httpx.get(f"{server.url}/api/calls/{id}/audio/persona").is_success
    assert httpx.delete(f"{server.url}/api/calls/{id}").status_code == 204
    assert not [file for file in server.database.parent.rglob("*.pcm") if id in file.name]
    assert httpx.get(f"{server.url}/api/calls/{id}/audio/persona").status_code == 404


def test_the_sound_outlives_a_killed_server(tmp_path: Path) -> None:
    with ScriptedUpstream(speaks).listening() as url:
        settings = {"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": url}
        home = {**settings, "VIVAVOCE_SCENARIOS": str(SCENARIOS)}
        with Server(tmp_path, **home) as server, server.browser("killed") as browser:
            id = heard(browser)["session_id"]
            whole = 2 * SECOND
            path = f"/api/calls/{id}/audio/persona"
            while samples_if_any(httpx.get(server.url + path)).count(1000) < whole:
                pass  # it is being written
            server.stop(signal.SIGKILL)
        with Server(tmp_path, **home) as server:
            assert samples(httpx.get(server.url + path)).count(1000) == whole
            review = held_to("Review", httpx.get(f"{server.url}/api/calls/{id}").json())
            assert (review["call"]["ended_reason"], review["audio"]["persona"]) == (None, True)


def test_the_sound_goes_on_with_its_call_in_the_next_server(tmp_path: Path) -> None:
    with ScriptedUpstream(speaks).listening() as url:
        settings = {"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": url}
        server = Server(tmp_path, **settings, VIVAVOCE_SCENARIOS=str(SCENARIOS))
        with server, server.browser("killed") as browser:
            hello = heard(browser)
            browser.send("input_audio_buffer.append", audio=tone(-500, 0.2))
            path = f"/api/calls/{hello['session_id']}/audio"
            while not samples_if_any(httpx.get(f"{server.url}{path}/persona")):
                pass  # it is being written
            server.stop(signal.SIGKILL)
        with server, server.browser("killed", resume=hello["resume_token"]) as browser:
            back = browser.until("vivavoce.hello")
            browser.say("Go on.")
            browser.until("rate_limits.updated")
            browser.send("vivavoce.end")
            browser.until("vivavoce.ended")
            heard_again = settled(f"{server.url}/api/calls/{hello['session_id']}")["audio"]["seconds"]
            assert heard_again > back["elapsed_seconds"]
            persona = samples(httpx.get(f"{server.url}{path}/persona"))
            assert 1000 in persona[round(back["elapsed_seconds"] * SECOND) :]
            browser.send("vivavoce.consent", audio=False)
            browser.until("vivavoce.consent")
        assert not list(tmp_path.rglob("*.pcm"))


def samples_if_any(answer: httpx.Response) -> tuple[int, ...]:
    return samples(answer) if answer.is_success else ()
