"""Plain requests to a host."""

from __future__ import annotations

import json
import urllib.request
from typing import Any
from urllib.error import HTTPError

from kit.server import Site

JSON = {"Content-Type": "application/json"}


def ask(
    site: Site, path: str, body: bytes | None = None, *, method: str | None = None, **headers: str
) -> tuple[int, Any]:
    """The status, and the answer or the code of its error. With a `body` it is a POST of JSON."""
    sent = {**(JSON if body is not None else {}), **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(site.url + path, body, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except HTTPError as refusal:
        with refusal:
            return refusal.code, json.loads(refusal.read())["error"]["code"]
