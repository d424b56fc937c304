"""Texts that only this server can have written: claims, and a signature of HMAC-SHA-256.

There is no field that names an algorithm, so none can be chosen by whoever shows such a text. The signature is checked
before anything is parsed, and over the text as it was written: one that was changed in any way is not ours.
"""

from __future__ import annotations

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

MOST_CHARS = 2048


class Keys:
    """The first secret signs and all of them verify, so that a new one can be put in front of the old."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret.encode() for secret in secrets]

    def seal(self, audience: str, claims: Mapping[str, Any]) -> str:
        """A text of letters, digits, `-`, `_` and one `.`; its claims can be read by everybody."""
        body = _text(json.dumps({**claims, "aud": audience}, separators=(",", ":")).encode())
        return f"{body}.{_signature(self._secrets[0], audience, body)}"

    def unseal(self, audience: str, text: str) -> dict[str, Any] | None:
        """The claims of a text that was sealed for this audience; None for any other text."""
        if len(text) > MOST_CHARS or not text.isascii():
            return None
        body, _, signature = text.partition(".")
        if not any(hmac.compare_digest(_signature(secret, audience, body), signature) for secret in self._secrets):
            return None
        try:
            claims: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except (ValueError, binascii.Error):
            return None
        return claims if claims.get("aud") == audience else None

    def fingerprint(self, text: str) -> str:
        """What a secret text can be known again by, and not be guessed from."""
        return _signature(self._secrets[0], "fingerprint", text)

    def is_fingerprint(self, fingerprint: str, text: str) -> bool:
        return any(
            hmac.compare_digest(_signature(secret, "fingerprint", text).encode(), fingerprint.encode())
            for secret in self._secrets
        )


def _signature(secret: bytes, audience: str, body: str) -> str:
    return _text(hmac.digest(secret, f"vivavoce {audience}\n{body}".encode(), "sha256"))


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
