"""`serve` with a certificate: the page, the cookie and a call over TLS, on the one port."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from door.cases import ticket
from kit.door import CLASS_CODE
from kit.house import furniture
from kit.server import SCENARIO, Server, vivavoce


@pytest.fixture(scope="module")
def secure(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    flags = ("--tls-cert", str(folder / "server.pem"))
    server = Server(folder, *flags, **furniture(engine), VIVAVOCE_CLASS_CODE=CLASS_CODE)
    server.trust = trust
    with server:
        yield server


def test_sign_in_ticket_and_call(secure: Server) -> None:
    assert secure.trust
    with httpx.Client(base_url=secure.url, verify=secure.trust) as http:
        signed_in = http.post("/api/sign-in", json={"code": CLASS_CODE, "name": "Ada"})
        cookie = signed_in.headers["set-cookie"]
        assert cookie.startswith("__Host-vivavoce=")
        assert "; Secure" in cookie
        assert http.get("/api/session").json()["name"] == "Ada"
        given = http.post("/api/tickets", json={"scenario": SCENARIO}).json()["ticket"]
    with secure.browser(ticket=given, origin=secure.url) as browser:
        browser.go_live()
        browser.say("Good evening, I am sorry about that.")
        browser.until("response.done")
        browser.send("vivavoce.end")
        browser.until("vivavoce.ended")


def test_a_long_message_comes_through_whole(secure: Server) -> None:
    with secure.browser(ticket=ticket()) as browser:
        browser.go_live()
        browser.connection.send('{"type":"session.update"}'.ljust(256 * 1024))
        assert browser.until("error")


def test_old_tls_and_no_tls_are_turned_away(secure: Server) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", secure.port)) as plain, pytest.raises(OSError):
        old.wrap_socket(plain)
    with socket.create_connection(("127.0.0.1", secure.port), 10) as plain:
        plain.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not plain.recv(4096).startswith(b"HTTP/1.1 200")
    assert "Traceback" not in secure.log


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--tls-key", "key.pem"), "Name the certificate with --tls-cert"),
        (("--tls-cert", "nowhere.pem"), "nowhere.pem cannot be read"),
        (("--tls-cert", __file__), "There is no"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_said(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    ended = vivavoce("serve", "--port", "1", *arguments, home=tmp_path, VIVAVOCE_UPSTREAM="openai", OPENAI_API_KEY="k")
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
