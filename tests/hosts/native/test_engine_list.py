"""What `vivavoce engine --list` says of a chat model: whether it is there, and what to change if not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kit.server import free_port
from vivavoce.cli.engine_list import chat_state
from vivavoce.hosts.native.settings import read_settings

KEY = "canary-0123456789"


@contextmanager
def endpoint(status: int, body: object) -> Iterator[str]:
    """A server that answers so, if it is asked for its models with the key."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/v1/models" and self.headers["Authorization"] == f"Bearer {KEY}"
            self.send_response(status if known else 418)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join()


def state(url: str, model: str = "llama3.2") -> str:
    settings = {"VIVAVOCE_CHAT_URL": url, "VIVAVOCE_CHAT_MODEL": model, "VIVAVOCE_CHAT_KEY": KEY}
    told = chat_state(read_settings(settings))
    assert KEY not in told
    return told


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, {"data": [{"id": "llama3.2"}]}, "can be reached"),
        (200, {"data": [{"id": "llama3.2:latest"}]}, "can be reached"),
        (200, {"data": [{"id": "qwen3"}, {"id": "gemma"}]}, "no such model. It has: qwen3, gemma."),
        (200, {"data": []}, "It has: none."),
        (200, ["something else"], "not as an OpenAI-compatible server does"),
        (200, {"data": 1}, "not as an OpenAI-compatible server does"),
        (401, {}, "refuses the key (401). Set VIVAVOCE_CHAT_KEY"),
        (404, {}, "does not list its models (404)"),
    ],
)
def test_a_chat_model_is_looked_up(status: int, body: object, says: str) -> None:
    with endpoint(status, body) as url:
        assert says in state(url)


def test_one_that_is_not_there_is_said_to_be() -> None:
    assert "cannot be reached" in state(f"http://127.0.0.1:{free_port()}/v1")
    assert "set VIVAVOCE_CHAT_URL" in chat_state(read_settings({}))
