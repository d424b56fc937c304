"""Which pages may connect, and under which names the server answers."""

from __future__ import annotations

import pytest

from vivavoce.door.origins import OriginPolicy, is_loopback, is_origin

OWN = OriginPolicy(frozenset(), loopback=True)
NETWORK = OriginPolicy(frozenset(), loopback=False, names=frozenset({"classroom", "classroom.local"}))
LISTED = OriginPolicy(frozenset({"https://class.example", "http://10.0.0.7:8080"}), loopback=False)
ANY = OriginPolicy(frozenset({"*"}), loopback=False)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8787", "localhost:8787"),
        ("http://127.0.0.1:8787", "127.0.0.1:8787"),
        ("http://[::1]:8787", "[::1]:8787"),
        ("http://localhost", "localhost"),
        ("http://localhost", "localhost:80"),
        ("https://localhost:443", "localhost"),
        ("http://localhost:8787", "LOCALHOST:8787"),
        ("http://localhost:5173", "localhost:8787"),
        ("http://127.0.0.1:5173", "127.0.0.1:8787"),
    ],
)
def test_own_pages_and_vite_may_connect(origin: str, host: str) -> None:
    assert OWN.refuses_origin(origin, host, "127.0.0.1") is None


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "*",
        "http://evil.example",
        "http://evil.example:8787",
        "http://localhost:8788",
        "http://localhost",
        "https://localhost:8443",
        "http://127.0.0.1:8787",  # another origin than localhost, to a browser
        "http://localhost:8787.evil.example",
        "http://localhost:8787@evil.example",
        "http://evil.example#localhost:8787",
        "http://localhost:8787/",
        "http://localhost:8787, http://evil.example",
        "http://localhost:51730",
        "http://localhost.evil.example:8787",
        "file://",
        "chrome-extension://localhost:8787",
        "HTTP://localhost:8787",  # browsers write it in lower case
        "http://lоcalhost:8787",  # noqa: RUF001  a Cyrillic letter
    ],
)
def test_other_pages_may_not(origin: str) -> None:
    reason = OWN.refuses_origin(origin, "localhost:8787", "127.0.0.1")
    assert reason is not None
    assert "ALLOWED_ORIGINS" in reason


@pytest.mark.parametrize(("peer", "let_in"), [("127.0.0.1", True), ("::1", True), ("10.0.0.9", False), ("", False)])
def test_without_an_origin_it_must_come_from_this_machine(peer: str, let_in: bool) -> None:
    for policy in (OWN, LISTED, ANY):
        assert (policy.refuses_origin(None, "localhost:8787", peer) is None) is let_in


def test_a_list_is_exact_and_complete() -> None:
    assert LISTED.refuses_origin("https://class.example", "class.example", "10.0.0.9") is None
    assert LISTED.refuses_origin("http://10.0.0.7:8080", "class.example", "10.0.0.9") is None
    for origin in ("http://class.example", "https://a.class.example", "https://class.example:8443"):
        assert LISTED.refuses_origin(origin, "class.example", "10.0.0.9")
    for origin in ("http://localhost:5173", "https://other.example"):
        assert LISTED.refuses_origin(origin, "other.example", "127.0.0.1")


def test_a_star_lets_every_page_in() -> None:
    assert ANY.refuses_origin("https://evil.example", "localhost:8787", "10.0.0.9") is None


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8787", "LocalHost:8787", "127.0.0.1", "127.8.8.8:1", "[::1]:8787", "vv.localhost:8787"],
)
def test_on_loopback_it_answers_to_loopback_names(host: str) -> None:
    assert OWN.refuses_host(host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8787",
        "localhost.evil.example",
        "10.0.0.7:8787",
        "0.0.0.0:8787",
        "[::2]:8787",
        "2130706433",
        "localhost:8787:1",
        "localhost;script-src *",
        "local host",
        "",
        None,
    ],
)
def test_on_loopback_it_answers_to_no_other_name(host: str | None) -> None:
    assert OWN.refuses_host(host) is not None


@pytest.mark.parametrize("host", ["classroom:8787", "Classroom.local", "10.0.0.7:8787", "[fd00::7]", "localhost:8787"])
def test_beyond_loopback_it_answers_to_addresses_and_to_its_own_names(host: str) -> None:
    assert NETWORK.refuses_host(host) is None


@pytest.mark.parametrize("host", ["evil.example", "classroom.evil.example", "classroom.local.evil.example", "", None])
def test_beyond_loopback_a_name_that_was_made_to_point_here_is_none_of_its_own(host: str | None) -> None:
    assert NETWORK.refuses_host(host) is not None


def test_vite_is_for_this_machine_only() -> None:
    assert NETWORK.refuses_origin("http://localhost:5173", "10.0.0.7:8787", "10.0.0.9") is not None
    assert NETWORK.refuses_origin("http://10.0.0.7:8787", "10.0.0.7:8787", "10.0.0.9") is None


def test_behind_a_proxy_the_allowed_origins_are_names_too() -> None:
    behind = OriginPolicy(frozenset({"https://class.example"}), loopback=True)
    assert behind.refuses_host("class.example") is None
    assert behind.refuses_host("class.example:8443") is None
    assert behind.refuses_host("evil.example") is not None
    assert LISTED.refuses_host("class.example") is None
    assert LISTED.refuses_host("whatever.example") is not None


def test_what_is_an_origin() -> None:
    assert all(map(is_origin, ["https://class.example", "http://localhost:5173", "http://[::1]:8787"]))
    assert not any(
        map(is_origin, ["class.example", "https://", "https://a/b", "https://a/", "wss://a", "https://u@a", "*"])
    )


def test_what_is_loopback() -> None:
    assert all(map(is_loopback, ["localhost", "127.0.0.1", "127.1.2.3", "::1", "a.localhost"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "10.0.0.1", "localhost.example", "", "example.com"]))
