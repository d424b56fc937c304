"""Plain HTTP: the API's routes, the built page with its deep links, and the headers on everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from kit.door import doorkeeper
from vivavoce.hosts.native.app import build_app

INDEX = b'[ {"id": "scene"} ]\n'
PAGE = "<!doctype html><title>the app</title>"


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text(PAGE)
    (static / "favicon.svg").write_text("<svg/>")
    (static / ".built-from").write_text("digest")
    (static / "assets" / "main-1a2b3c.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("outside")
    app = build_app(INDEX, doorkeeper(), static)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8787") as client:
        yield client


@pytest.mark.asyncio
async def test_the_api_answers_exactly(client: httpx.AsyncClient) -> None:
    health = await client.get("/api/health")
    assert (health.status_code, health.content) == (200, b'{"ok":true}')
    scenarios = await client.get("/api/scenarios")
    assert (scenarios.status_code, scenarios.content) == (200, INDEX)
    assert scenarios.headers["content-type"] == "application/json"


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/health/x", "/api/scenarios.json"])
async def test_an_unknown_api_route_is_a_404_in_json(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.asyncio
async def test_a_wrong_method_is_told_so(client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/health")).status_code == 405
    assert (await client.post("/api/health")).json()["error"]["message"] == "Method Not Allowed"
    assert (await client.post("/")).status_code == 405


@pytest.mark.asyncio
async def test_ws_asks_for_an_upgrade(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ws?scenario=scene")
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "path", ["/", "/call/hotel-complaint", "/result/call_1", "/assetsx", "/a/b/c?d=e.f", "/index.html"]
)
async def test_deep_links_get_the_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.text == PAGE
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.asyncio
async def test_files_are_cached_as_long_as_their_names_allow(client: httpx.AsyncClient) -> None:
    script = await client.get("/assets/main-1a2b3c.js")
    assert script.status_code == 200
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")
    icon = await client.get("/favicon.svg")
    assert (icon.status_code, icon.headers["cache-control"]) == (200, "no-cache")
    again = await client.get("/favicon.svg", headers={"If-None-Match": icon.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/assets",
        "/gone.png",
        "/.built-from",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "//etc/passwd.txt",
        "/%00.js",
    ],
)
async def test_what_is_no_file_of_the_page_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(httpx.URL("http://localhost:8787").copy_with(raw_path=path.encode()))
    assert answer.status_code == 404
    assert "outside" not in answer.text
    assert "digest" not in answer.text


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "path", ["/", "/api/health", "/api/nothing", "/assets/main-1a2b3c.js", "/assets/gone.js", "/ws"]
)
async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://localhost:8787 wss://localhost:8787"
    assert policy["media-src"] == "'self' blob:"
    assert "unsafe" not in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert not policy.keys() & {"script-src", "style-src"}  # so default-src holds: nothing inline, no eval
    assert headers["permissions-policy"].startswith("microphone=(self), camera=()")
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.asyncio
async def test_a_page_that_has_not_changed_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/")
    again = await client.get("/call/scene", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]
    assert again.headers["cache-control"] == "no-cache"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("base", "lines", "kept"),
    [
        ("https://class.example", {}, True),
        ("http://class.example", {"X-Forwarded-Proto": "https"}, True),
        ("http://class.example", {}, False),
        ("http://class.example", {"X-Forwarded-Proto": "http"}, False),
        ("https://localhost:8787", {}, False),  # it would hold for everything else on this machine
    ],
)
async def test_a_browser_that_came_by_tls_stays_with_it(
    tmp_path: Path, base: str, lines: dict[str, str], kept: bool
) -> None:
    door = doorkeeper(ALLOWED_ORIGINS="https://class.example", VIVAVOCE_CLASS_CODE="blue-whale")
    app = build_app(INDEX, door, tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
        answer = await client.get("/api/health", headers=lines)
    assert answer.status_code == 200
    assert ("strict-transport-security" in answer.headers) is kept


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8787", "localhost; script-src *"])
async def test_a_name_that_is_not_ours_gets_nothing(client: httpx.AsyncClient, host: str) -> None:
    for path in ("/", "/api/scenarios"):
        answer = await client.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert "content-security-policy" not in answer.headers
        assert "the app" not in answer.text


@pytest.mark.asyncio
async def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    app = build_app(INDEX, doorkeeper(), tmp_path / "static")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8787") as client:
        for path in ("/", "/call/scene", "/assets/main.js"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert "make web" in answer.text
        assert (await client.get("/api/health")).status_code == 200
