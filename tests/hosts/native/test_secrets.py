"""The key goes to the upstream and nowhere else: not to a browser, a log or the database, over a whole call."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from websockets.sync.server import ServerConnection

from kit.server import Server, vivavoce
from kit.upstream import ScriptedUpstream

KEY = "sk-canary-7f3a9c51e2d84b60"
SCENARIOS = str(Path(__file__).parents[3] / "scenarios")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For localhost, with the authority that signed it: what the server shows and what the client trusts, in one."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(authority.issue_cert("localhost").private_key_and_cert_chain_pem.bytes())
    authority.cert_pem.write_to_path(str(path), append=True)
    return path


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def blab(peer: ScriptedUpstream, connection: ServerConnection) -> None:
    """Upstreams do quote a part of the key in their errors."""
    for message in (f"Incorrect API key provided: {KEY}.", f"Bearer {KEY}", f"Incorrect key {KEY[:8]}*****{KEY[-4:]}."):
        peer.send(connection, "error", error={"type": "invalid_request_error", "code": "odd", "message": message})
    peer.send(connection, "vendor.unheard_of", session={"instructions": "secret", "client_secret": {"value": KEY}})
    peer.send(connection, "vendor.unheard_of", hint=f"called with {KEY}")
    peer.send(connection, "response.output_text.delta", delta=KEY)
    peer.send(connection, "response.output_audio.delta", delta="AAAA")


def settings(url: str, certificate: Path) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": KEY,
        "VIVAVOCE_UPSTREAM": "compatible",
        "VIVAVOCE_UPSTREAM_URL": url,
        "VIVAVOCE_SCENARIOS": SCENARIOS,
        "SSL_CERT_FILE": str(certificate),
    }


def assert_no_trace(*places: bytes) -> None:
    for place in places:
        assert KEY.encode() not in place
        assert KEY[3:].encode() not in place
        assert KEY[-8:].encode() not in place


def test_the_key_leaves_no_trace_over_a_whole_call(tmp_path: Path, certificate: Path) -> None:
    peer = ScriptedUpstream(blab, tls=tls(certificate))
    with peer.listening() as url, Server(tmp_path, **settings(url, certificate)) as server:
        with server.browser() as browser:
            browser.until("response.output_audio.delta")
            browser.say("Good evening, I am sorry to hear that.")
            browser.until("response.done")
            browser.send("vivavoce.end")
            browser.until("vivavoce.ended", 15)
            seen = bytes(browser.bytes_seen)
        assert len([event for event in browser.seen if event["type"] == "error"]) >= 3
        server.stop()
        assert peer.requests[0].headers["Authorization"] == f"Bearer {KEY}"
        files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
        assert len(files) >= 2
        assert_no_trace(seen, server.log.encode(), *files)


def test_the_key_leaves_no_trace_when_it_is_refused(tmp_path: Path, certificate: Path) -> None:
    peer = ScriptedUpstream(refuse=401, tls=tls(certificate))
    with peer.listening() as url, Server(tmp_path, **settings(url, certificate)) as server:
        with server.browser() as browser:
            assert browser.until("vivavoce.ended")["reason"] == "provider_refused"
        server.stop()
        assert_no_trace(bytes(browser.bytes_seen), server.log.encode())


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path, certificate: Path) -> None:
    peer = ScriptedUpstream(tls=tls(certificate))
    with peer.listening() as url:
        environment = settings(url, certificate)
        del environment["SSL_CERT_FILE"]
        with Server(tmp_path, **environment) as server:
            with server.browser() as browser:
                assert browser.until("vivavoce.ended")["reason"] == "provider_unavailable"
            assert "no secure connection" in server.log
            assert peer.requests == []  # so the key was not sent
            assert_no_trace(server.log.encode())


def test_show_config_shows_no_part_of_the_key(tmp_path: Path) -> None:
    shown = vivavoce("serve", "--show-config", home=tmp_path, OPENAI_API_KEY=KEY)
    assert shown.returncode == 0
    assert "OPENAI_API_KEY = (set, not shown)" in shown.stdout
    assert not any(KEY[at : at + 5] in shown.stdout + shown.stderr for at in range(len(KEY) - 4))
