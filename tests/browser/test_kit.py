"""The browser tests' own instruments, tried on a page of a few lines."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from playwright.sync_api import Error
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from browser.audio import chirp, find, from_pcm, microphone_wav, resample, segments, to_pcm, write_wav
from browser.instruments import OpenPage
from browser.speech import word_error_rate

pytestmark = pytest.mark.browser

PAGE = b"""<!doctype html><title>a tiny page</title><script>
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
  async function loop() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: plain })
    window.context = new AudioContext()
    context.createMediaStreamSource(stream).connect(context.destination)
    await context.resume()
    stream.getAudioTracks()[0].addEventListener('ended', () => { window.unplugged = true })
  }
  async function tone(seconds, connected = true) {
    window.context = new AudioContext({ sampleRate: 24000 })
    window.source = new ConstantSourceNode(context, { offset: 0.25 })
    source.connect(context.destination)
    if (!connected) source.disconnect(context.destination)
    await context.resume()
    await new Promise((resolve) => setTimeout(resolve, 200)) // the recorder's code is still loading
    source.start(context.currentTime)
    source.stop(context.currentTime + seconds)
  }
  function socket() {
    window.ws = new WebSocket(location.href.replace('http', 'ws'))
    return new Promise((resolve) => { ws.onopen = resolve })
  }
</script>"""


def page_or_upgrade(connection: ServerConnection, request: Request) -> Response | None:
    if "Upgrade" in request.headers:
        return None
    return Response(HTTPStatus.OK, "OK", Headers({"Content-Type": "text/html"}), PAGE)


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@pytest.fixture(scope="module")
def tiny_page() -> Iterator[str]:
    """The page's address; a WebSocket there sends back what it gets."""
    with serve(echo, "127.0.0.1", 0, process_request=page_or_upgrade) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}/"
        server.shutdown()
    thread.join()


def test_a_file_is_the_microphone(tiny_page: str, open_page: OpenPage, tmp_path: Path) -> None:
    utterance = tmp_path / "utterance.wav"
    write_wav(utterance, chirp(0.2, 16_000), 16_000)
    spoken = microphone_wav(tmp_path / "microphone.wav", [utterance, 0.7, utterance])
    opened = open_page(tiny_page, microphone=spoken)
    opened.page.evaluate("loop()")
    opened.page.wait_for_timeout(3000)
    heard = opened.heard()
    known = resample(chirp(0.2, 16_000), 16_000, heard.rate)
    first, likeness = find(known, heard.samples)
    assert likeness > 0.9
    both = segments(heard.samples, heard.rate, threshold=0.05)
    assert len(both) == 2
    assert both[1].start - both[0].start == pytest.approx(0.9 * heard.rate, abs=0.05 * heard.rate)
    assert min(abs(first - part.start) for part in both) < 0.02 * heard.rate


def test_the_virtual_microphone_speaks_on_command(tiny_page: str, open_page: OpenPage) -> None:
    opened = open_page(tiny_page, virtual_microphone=True)
    opened.page.evaluate("loop()")
    said_ms = opened.say(chirp(0.08, 24_000), 24_000)
    opened.page.wait_for_timeout(800)
    heard = opened.heard()
    start, likeness = find(resample(chirp(0.08, 24_000), 24_000, heard.rate), heard.samples)
    assert likeness > 0.9
    assert 0 <= heard.wall_ms(start) - said_ms < 400


def test_the_virtual_microphone_fails_on_command(tiny_page: str, open_page: OpenPage) -> None:
    opened = open_page(tiny_page, virtual_microphone=True)
    opened.page.evaluate("testMicrophone.fail = 'NotReadableError'")
    with pytest.raises(Error, match="NotReadableError"):
        opened.page.evaluate("loop()")
    opened.page.evaluate("loop()")
    assert opened.page.evaluate("testMicrophone.live()") == 1
    opened.page.evaluate("testMicrophone.unplug()")
    assert opened.page.evaluate("window.unplugged") is True
    assert opened.page.evaluate("testMicrophone.live()") == 0
    asked = opened.page.evaluate("testMicrophone.calls")
    assert [call["failed"] for call in asked] == ["NotReadableError", None]
    assert asked[0]["constraints"]["audio"]["echoCancellation"] is False


def test_a_refused_microphone_is_refused(tiny_page: str, open_page: OpenPage) -> None:
    opened = open_page(tiny_page, allow_microphone=False)
    with pytest.raises(Error, match=r"NotAllowedError|Permission denied"):
        opened.page.evaluate("loop()")


def test_what_the_page_plays_is_heard_whole(tiny_page: str, open_page: OpenPage) -> None:
    opened = open_page(tiny_page)
    opened.page.evaluate("tone(0.5)")
    opened.page.wait_for_timeout(200)
    opened.heard()
    opened.page.wait_for_timeout(600)
    heard = opened.heard()
    assert heard.rate == 24_000
    (tone,) = segments(heard.samples, heard.rate)
    assert tone.end - tone.start == pytest.approx(0.5 * heard.rate, abs=128)
    assert np.median(heard.samples[tone.start : tone.end]) == pytest.approx(0.25, abs=0.001)
    assert heard.wall_ms(tone.end) - heard.wall_ms(tone.start) == pytest.approx(500, abs=60)


def test_what_is_not_connected_is_not_heard(tiny_page: str, open_page: OpenPage) -> None:
    opened = open_page(tiny_page)
    opened.page.evaluate("tone(0.3, false)")
    opened.page.wait_for_timeout(600)
    heard = opened.heard()
    assert len(heard.samples) > 0.2 * heard.rate
    assert segments(heard.samples, heard.rate) == []


def test_the_wire_is_noted_without_its_audio(tiny_page: str, open_page: OpenPage) -> None:
    opened = open_page(tiny_page)
    pcm = to_pcm(chirp(0.1, 24_000))
    append = {"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode()}
    opened.page.evaluate("socket()")
    opened.page.evaluate("text => ws.send(text)", json.dumps(append))
    opened.page.evaluate("ws.send('no json')")
    opened.page.evaluate('ws.send(\'{"type": "the.last"}\')')
    opened.wait_for("the.last", timeout_s=5, after=1)
    sent = opened.notes(way="sent")
    assert [note.type for note in sent] == ["input_audio_buffer.append", "", "the.last"]
    assert sent[0].event["audio"] == len(append["audio"])
    assert [note.type for note in opened.notes(way="received")] == [note.type for note in sent]
    assert opened.sent_audio() == pcm
    assert len(from_pcm(opened.sent_audio())) == 2400
    with pytest.raises(AssertionError, match=r"No never within 0.1 s.*the\.last"):
        opened.wait_for("never", timeout_s=0.1)


def test_word_error_rate_counts_each_kind_of_error() -> None:
    assert word_error_rate("Good evening, how can I help?", "good evening how can I help") == 0
    assert word_error_rate("one two three four", "one two four") == 0.25
    assert word_error_rate("one two three four", "one two and three four") == 0.25
    assert word_error_rate("one two three four", "one too three") == 0.5
    assert word_error_rate("one two", "") == 1
