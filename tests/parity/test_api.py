"""The routes that both hosts have answer alike."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from kit.watch import SCENARIOS
from parity.hosts import Cloudflare, Native
from parity.http import ask

INDEX = json.loads((SCENARIOS / "index.json").read_text("utf-8"))
ELSEWHERE = {"Origin": "https://elsewhere.example"}
TICKET = b'{"scenario":"hotel-complaint","user":"ada"}'


@pytest.mark.parametrize(
    ("path", "body", "headers", "expected"),
    [
        ("/api/health", None, {}, (200, {"ok": True})),
        ("/api/nothing", None, {}, (404, "not_found")),
        ("/ws?scenario=hotel-complaint&user=ada", None, {}, (426, "upgrade_required")),
        ("/api/session", None, ELSEWHERE, (403, "origin_refused")),
        ("/api/tickets", TICKET, ELSEWHERE, (403, "origin_refused")),
        ("/api/tickets", TICKET, {"Content-Type": "text/plain"}, (415, "no_json")),
        ("/api/tickets", b"[]", {}, (400, "bad_json")),
        ("/api/tickets", b"[" * 4000, {}, (400, "bad_json")),
        ("/api/tickets", b"x" * 4097, {}, (413, "too_big")),
        ("/api/tickets", b'{"scenario":"nothing","user":"ada"}', {}, (404, "unknown_scenario")),
        ("/api/sign-in", b'{"code":"blue-whale-42","name":"Ada"}', {}, (404, "no_sign_in")),
    ],
)
def test_a_request_is_answered_alike(
    path: str,
    body: bytes | None,
    headers: dict[str, str],
    expected: tuple[int, Any],
    native: Native,
    cloudflare: Cloudflare,
) -> None:
    assert ask(native.site, path, body, **headers) == expected
    assert ask(cloudflare.site, path, body, **headers) == expected


def test_the_lessons_are_the_same_but_for_the_sound_that_is_kept(native: Native, cloudflare: Cloudflare) -> None:
    for host in (native, cloudflare):
        status, lessons = ask(host.site, "/api/scenarios")
        assert status == 200
        index = deepcopy(INDEX)
        for privacy in (lesson["privacy"] for lesson in index):
            privacy["record"] = host.own["<kept>"] if privacy["record"] == "audio" else privacy["record"]
        assert lessons == index


def test_a_ticket_opens_one_call_of_its_own(native: Native, cloudflare: Cloudflare) -> None:
    for host in (native, cloudflare):
        status, answer = ask(host.site, "/api/tickets", TICKET)
        assert status == 200
        with host.site.browser(ticket=answer["ticket"]) as browser:
            assert browser.until("vivavoce.hello")["user"] == "ada"
            assert answer["ticket"] not in json.dumps(browser.seen)
