"""The proxies of docs/security.md, as they stand there: nginx does TLS, and a call goes through it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from kit.asking_first import AskingFirst
from kit.door import CLASS_CODE
from kit.house import House, house
from kit.server import SCENARIO, Browser, free_port

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
WHOLE, SIGNS_IN = re.findall(r"```nginx\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
_LOCATION = re.compile(r"    location / \{.*?\n    \}\n", re.DOTALL)

pytestmark = pytest.mark.skipif(NGINX is None, reason="there is no nginx here: apt-get install nginx-light")


@dataclass(frozen=True)
class Proxied:
    here: House
    port: int
    trust: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def http(self, **options: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.trust, headers={"Origin": self.url}, **options)  # type: ignore[arg-type]

    @contextmanager
    def call(self, ticket: str) -> Iterator[Browser]:
        offered = [Subprotocol("vivavoce"), Subprotocol(f"vivavoce.ticket.{ticket}")]
        target = f"wss://localhost:{self.port}/ws?scenario={SCENARIO}"
        connection = connect(
            target,
            ssl=self.trust,
            origin=Origin(self.url),
            subprotocols=offered,
            compression=None,
            max_size=None,
            create_connection=AskingFirst,
        )
        with connection:
            yield Browser(connection)


@contextmanager
def proxied(text: str, folder: Path, engine: str, **settings: str) -> Iterator[Proxied]:
    """vivavoce behind nginx with a server block of the page; only ports and places of files are others."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(str(folder / "privkey.pem"))
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(str(folder / "fullchain.pem"), append=True)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    port = free_port()
    with house(folder, engine, **settings, ALLOWED_ORIGINS=f"https://localhost:{port}") as here:
        for name, value in {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "class.example;": "localhost;",
            "127.0.0.1:8787": f"127.0.0.1:{here.server.port}",
            "/etc/letsencrypt/live/class.example": str(folder),
            "/etc/nginx/class.htpasswd": str(folder / "class.htpasswd"),
        }.items():
            text = text.replace(name, value)
        places = "".join(
            f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        start = f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}"
        user = "user root; " if os.geteuid() == 0 else ""  # its workers must read this folder
        (folder / "nginx.conf").write_text(f"{user}{start} http {{ access_log off; {places}\n{text}\n}}\n")
        nginx = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")])
        try:
            _wait_for(nginx, port)
            yield Proxied(here, port, trust)
        finally:
            nginx.terminate()
            nginx.wait(10)


def _wait_for(nginx: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and nginx.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
    raise AssertionError("nginx did not start")


def whole_call(browser: Browser) -> None:
    browser.go_live()
    browser.say("Good evening, I am sorry about that.")
    browser.until("response.done")
    browser.send("vivavoce.end")
    browser.until("vivavoce.ended")


def test_a_call_through_nginx(engine: str, tmp_path: Path) -> None:
    with proxied(WHOLE, tmp_path, engine, VIVAVOCE_CLASS_CODE=CLASS_CODE) as there, there.http() as http:
        page = http.get("/")
        assert "strict-transport-security" not in page.headers  # localhost is everybody's name
        signed_in = http.post("/api/sign-in", json={"code": CLASS_CODE, "name": "Ada"})
        assert signed_in.headers["set-cookie"].startswith("__Host-vivavoce=")
        ticket = http.post("/api/tickets", json={"scenario": SCENARIO}).json()["ticket"]
        with there.call(ticket) as browser:
            whole_call(browser)
        wrong = [http.post("/api/sign-in", json={"code": "wrong", "name": "Eve"}).status_code for _ in range(21)]
        assert wrong == [401] * 20 + [429]
        elsewhere = http.post("/api/tickets", json={"scenario": SCENARIO}, headers={"Origin": "https://evil.example"})
        assert elsewhere.status_code == 403
        assert http.get("/api/session", headers={"Host": "evil.example"}).status_code == 421


def test_nobody_gets_through_to_a_server_without_sign_in(engine: str, tmp_path: Path) -> None:
    """The proxy says from where they come. Here that is this machine; so let it say something else."""
    text = WHOLE.replace("$remote_addr;", "203.0.113.9;")
    with proxied(text, tmp_path, engine) as there, there.http() as http, there.here.nothing_happens():
        refused = http.post("/api/tickets", json={"scenario": SCENARIO})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_from_here")


def test_a_proxy_that_signs_people_in(engine: str, tmp_path: Path) -> None:
    (tmp_path / "class.htpasswd").write_text("ada:{PLAIN}lovelace\nbob:{PLAIN}builder\n")
    text = _LOCATION.sub(lambda _: SIGNS_IN, WHOLE)
    with proxied(text, tmp_path, engine, VIVAVOCE_USER_HEADER="X-Forwarded-User") as there:
        with there.http() as stranger:
            assert stranger.get("/api/session", headers={"X-Forwarded-User": "ada"}).status_code == 401
        with there.http(auth=("ada", "lovelace")) as ada:
            assert ada.get("/api/session", headers={"X-Forwarded-User": "bob"}).json()["user"] == "ada"
            ticket = ada.post("/api/tickets", json={"scenario": SCENARIO}).json()["ticket"]
            with there.call(ticket) as browser:  # without the password
                whole_call(browser)
            id = browser.seen[0]["session_id"]
            assert ada.get(f"/api/calls/{id}").status_code == 200
        with there.http(auth=("bob", "builder")) as bob:
            assert bob.get(f"/api/calls/{id}").status_code == 404
