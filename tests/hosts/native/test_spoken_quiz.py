"""An answer that is spoken: from a WAV file over HTTP to the upstream's words and the mark that the page is sent."""

from __future__ import annotations

import base64
import io
import json
import sqlite3
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from websockets.sync.server import ServerConnection

from kit.billing import TOKEN, capped, noted
from kit.eventually import eventually
from kit.review import held_to
from kit.server import Browser, Server, with_speech
from kit.upstream import ScriptedUpstream
from vivavoce.hosts.native import spoken_quiz
from vivavoce.hosts.native.spoken_quiz import MOST_HEARD
from vivavoce.hosts.native.wav import WavError

ROOT = Path(__file__).parents[3]
SCENARIO = "train-ticket"
"""A lesson whose quiz has a spoken question."""


USED = {"input_tokens": 10, "input_token_details": {"text_tokens": 0, "audio_tokens": 10}, "output_tokens": 4}
COST = 10 * 3 + 4 * 5
"""Microdollars, by the price list that comes along."""


def wav(pcm: bytes, rate: int = 24_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm)
    return file.getvalue()


def spoken_question() -> dict[str, str]:
    lesson = json.loads((ROOT / "scenarios" / f"{SCENARIO}.json").read_text())
    item: dict[str, str] = next(item for item in lesson["quiz"]["items"] if item["kind"] == "spoken")
    return item


class Transcriber(ScriptedUpstream):
    """Plays a persona, and in a transcription session writes down what a test tells it to."""

    def __init__(self) -> None:
        super().__init__()
        self.says: Callable[[ServerConnection], None] = lambda connection: None
        self.sound = b""

    def _talk(self, connection: ServerConnection) -> None:
        request = connection.request
        assert request is not None
        if "intent=transcription" not in request.path:
            super()._talk(connection)
            return
        assert "model=" not in request.path
        self.sound = b""
        for frame in connection:
            event = json.loads(frame)
            match event["type"]:
                case "session.update":
                    assert event["session"]["type"] == "transcription"
                    assert event["session"]["audio"]["input"]["turn_detection"] is None
                    self.send(connection, "session.updated", session=event["session"])
                case "input_audio_buffer.append":
                    self.sound += base64.b64decode(event["audio"])
                case "input_audio_buffer.commit":
                    self.says(connection)

    def writes(self, transcript: str) -> None:
        kind = "conversation.item.input_audio_transcription.completed"
        done = {"item_id": "i", "content_index": 0, "transcript": transcript, "usage": {"type": "tokens", **USED}}
        self.says = lambda connection: self.send(connection, kind, **done)


@pytest.fixture(scope="module")
def upstream() -> Transcriber:
    return Transcriber()


@pytest.fixture(scope="module")
def server(upstream: Transcriber, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with upstream.listening() as url:
        settings = {"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": url}
        folder = tmp_path_factory.mktemp("server")
        with Server(folder, **settings, VIVAVOCE_SCENARIOS=str(ROOT / "scenarios")) as server:
            yield server


def asked(browser: Browser) -> str:
    """Talk until the quiz is there; the address of its spoken question."""
    id = browser.go_live()["session_id"]
    browser.say("Good morning, a ticket to the sea, please.")
    browser.until("vivavoce.transcript")
    browser.send("vivavoce.end")
    items = browser.until("vivavoce.quiz")["items"]
    browser.until("vivavoce.ended")
    assert spoken_question()["id"] in [item["id"] for item in items]
    return f"/api/calls/{id}/quiz/{spoken_question()['id']}"


def post(server: Server, path: str, body: bytes = b"", kind: str = "audio/wav") -> httpx.Response:
    return httpx.post(server.url + path, content=body or wav(bytes(48_000)), headers={"Content-Type": kind}, timeout=20)


def spent(server: Server, path: str) -> list[tuple[str, int]]:
    query = "SELECT model, microdollars FROM spending WHERE session_id = ? AND kind = 'transcription'"
    with closing(sqlite3.connect(server.database)) as db:
        return db.execute(query, (path.split("/")[3],)).fetchall()


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, held_to("ApiError", answer.json())["error"]["code"]


def test_a_spoken_answer_is_marked_like_a_typed_one(server: Server, upstream: Transcriber) -> None:
    answer = spoken_question()["answer"]
    with server.browser("spoken", scenario=SCENARIO) as browser:
        path = asked(browser)
        pcm = b"\x10\x20" * 30_000
        upstream.writes(f" {answer} ")
        given = post(server, path, wav(pcm))
        assert given.headers["cache-control"] == "no-store"
        mark = held_to("SpokenAnswer", given.json())["mark"]
        assert (mark["given"], mark["correct"], mark["item_id"]) == (answer, True, spoken_question()["id"])
        assert upstream.sound == pcm
        marked = browser.until("vivavoce.quiz.marked")
        assert (marked["given"], marked["correct"]) == (answer, True)
        upstream.sound = b"not heard"
        assert code(post(server, path)) == (409, "not_taken")  # the first answer counts
        assert upstream.sound == b"not heard", "an answer that cannot count is not paid for"
        assert spent(server, path) == [("gpt-4o-mini-transcribe", COST)]
    review = httpx.get(server.url + path.partition("/quiz")[0]).json()
    assert [kept["given"] for kept in review["quiz"]["marks"]] == [answer]


def test_what_cannot_be_marked_is_told_and_costs_nothing(server: Server, upstream: Transcriber) -> None:
    with server.browser("odd", scenario=SCENARIO) as browser:
        path = asked(browser)
        assert code(post(server, path, kind="audio/webm")) == (415, "no_wav")
        assert code(post(server, path, b"RIFF")) == (415, "bad_wav")
        assert code(post(server, path, bytes(2 * 1024 * 1024 + 1))) == (413, "too_big")
        assert code(post(server, path.rpartition("/")[0] + "/nothing")) == (404, "unknown_question")
        upstream.writes("")
        assert code(post(server, path)) == (422, "nothing_understood")
        upstream.says = lambda connection: upstream.send(
            connection, "error", error={"code": "bad", "message": "secret"}
        )
        refused = post(server, path)
        assert code(refused) == (503, "not_heard")
        assert "secret" not in refused.text
        upstream.says = lambda connection: connection.close(1011)
        assert code(post(server, path)) == (503, "not_heard")
        upstream.writes("I do not know")
        assert post(server, path).json()["mark"]["correct"] is False
        assert len(spent(server, path)) == 2, "what was listened to is paid for, understood or not"


def test_a_call_is_not_listened_to_without_end(server: Server, upstream: Transcriber) -> None:
    with server.browser("endless", scenario=SCENARIO) as browser:
        path = asked(browser)
        upstream.writes("")
        answers = [code(post(server, path)) for _ in range(MOST_HEARD + 1)]
        assert answers == [(422, "nothing_understood")] * MOST_HEARD + [(429, "too_many")]
        assert len(spent(server, path)) == MOST_HEARD


def test_no_answer_is_listened_to_when_the_money_is_spent(tmp_path: Path, upstream: Transcriber) -> None:
    with upstream.listening() as url:
        settings = {**capped(tmp_path, url, user_day=0.5), "VIVAVOCE_SCENARIOS": str(ROOT / "scenarios")}
        with Server(tmp_path, **settings) as server, server.browser("spender", scenario=SCENARIO) as browser:
            path = asked(browser)
            used = {"input_tokens": 9_999, "output_tokens": 1}
            kind = "conversation.item.input_audio_transcription.completed"
            upstream.says = lambda connection: upstream.send(connection, kind, transcript="", usage=used)
            assert code(post(server, path)) == (422, "nothing_understood")
            upstream.sound = b"not heard"
            eventually(lambda: noted(server) >= 10_000 * TOKEN)
            assert code(post(server, path)) == (429, "budget_spent")
            assert upstream.sound == b"not heard"


def test_a_question_that_was_not_asked_yet_is_not_listened_to(server: Server, upstream: Transcriber) -> None:
    with server.browser("early", scenario=SCENARIO) as browser:
        id = browser.go_live()["session_id"]
        upstream.writes("I do not know")
        upstream.sound = b"not heard"
        assert code(post(server, f"/api/calls/{id}/quiz/{spoken_question()['id']}")) == (409, "not_taken")
        assert upstream.sound == b"not heard"


@pytest.mark.asyncio
async def test_a_recording_is_not_unpacked_on_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def unpack(data: bytes) -> bytes:
        threads.append(threading.get_ident())
        raise WavError("no sound")

    monkeypatch.setattr(spoken_quiz, "read_wav", unpack)
    with pytest.raises(WavError):
        await spoken_quiz.unpacked(b"RIFF")
    assert threads != [threading.get_ident()]


def test_a_call_that_is_over_for_good_takes_no_answer(server: Server, upstream: Transcriber) -> None:
    with server.browser("over", scenario=SCENARIO) as browser:
        path = asked(browser)
        browser.connection.close(1000)
    id = path.split("/")[3]
    assert httpx.delete(f"{server.url}/api/calls/{id}").status_code in (204, 404)
    assert code(post(server, path)) == (404, "unknown_call")
    with server.browser("over", scenario=SCENARIO) as first:
        path = asked(first)
        with server.browser("over", scenario=SCENARIO) as second:  # takes the place of the first
            second.go_live()
            first.closed()
            assert code(post(server, path)) == (409, "call_over")


@pytest.mark.speech
def test_the_embedded_engine_writes_it_down(tmp_path: Path) -> None:
    with Server(tmp_path, **with_speech()) as server, server.browser("voice", scenario=SCENARIO) as browser:
        path = asked_by_voice_engine(browser)
        answer = post(server, path, (ROOT / "tests" / "audio" / "apology.wav").read_bytes())
        assert "sorry" in answer.json()["mark"]["given"].lower() or "apolog" in answer.json()["mark"]["given"].lower()


def asked_by_voice_engine(browser: Browser) -> str:
    id = browser.until("vivavoce.hello")["session_id"]
    browser.until("vivavoce.transcript", 60)
    browser.say("Good morning, a ticket to the sea, please.")
    while browser.until("vivavoce.transcript", 60)["line"]["role"] != "user":
        pass
    browser.send("vivavoce.end")
    browser.until("vivavoce.ended", 60)
    return f"/api/calls/{id}/quiz/{spoken_question()['id']}"
