"""The other end of calls, as the operator chose it: OpenAI, Azure, a compatible server, or the embedded engine."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args
from urllib.parse import urlencode, urlsplit

from vivavoce.door.origins import is_loopback
from vivavoce.settings.error import SettingsError

UpstreamKind = Literal["openai", "azure", "compatible", "embedded"]
UPSTREAMS: tuple[UpstreamKind, ...] = get_args(UpstreamKind)
OPENAI_URL = "wss://api.openai.com/v1/realtime"
SCENARIO = "<scenario>"
"""Stands for the scenario's id in the name of a model: the embedded engine knows a scenario by it."""
SHORTEST_KEY = 16
"""Characters; a shorter one ("EMPTY", "dummy") is no secret, and may be a word of the protocol."""

VARIABLES = {
    "OPENAI_API_KEY": "the key of the upstream; without one, calls go to the embedded engine",
    "VIVAVOCE_UPSTREAM": "openai, azure, compatible or embedded",
    "VIVAVOCE_UPSTREAM_URL": "for azure wss://RESOURCE.openai.azure.com/openai/v1/realtime, for compatible any wss URL",
    "VIVAVOCE_MODEL": f"the model, or on Azure the name of its deployment; {SCENARIO} in it is the scenario's id",
    "VIVAVOCE_TRANSCRIPTION_MODEL": "the model that writes down what the learner says",
}


@dataclass(frozen=True, slots=True)
class UpstreamSettings:
    """The key leaves this class in `headers` alone."""

    kind: UpstreamKind
    url: str | None
    """None for the embedded engine, whose address is known once it listens."""
    model: str
    transcription_model: str
    key: str | None = field(repr=False)

    @property
    def billed(self) -> tuple[str, str] | None:
        """The models that speak and write down; None for those of the embedded engine, which cost nothing."""
        return None if self.kind == "embedded" else (self.model, self.transcription_model)

    def model_for(self, scenario_id: str) -> str:
        return self.model.replace(SCENARIO, scenario_id)

    def headers(self, user: str) -> dict[str, str]:
        """Of a handshake for a call of this user's."""
        match self.kind:
            case "openai":
                identifier = hashlib.sha256(user.encode()).hexdigest()
                return {"Authorization": f"Bearer {self.key}", "OpenAI-Safety-Identifier": identifier}
            case "azure":
                return {"api-key": str(self.key)}
            case "compatible":
                return {"Authorization": f"Bearer {self.key}"} if self.key else {}
            case "embedded":
                return {}

    def without_key(self, frame: bytes) -> bytes:
        """A frame of the upstream's, which may quote the key that it was called with, wherever and of whatever form."""
        return frame.replace(self.secret, b"[key]") if self.secret else frame

    @property
    def secret(self) -> bytes:
        """What no frame may quote; empty where that is nothing, or too little to be told from other text."""
        key = self.key or ""
        return key.encode() if len(key) >= SHORTEST_KEY else b""


def with_query(url: str, asked: Mapping[str, str]) -> str:
    """A URL that asks for this, too."""
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode(asked, safe="/")]))
    return parts._replace(query=query).geturl()


def read_upstream(given: Mapping[str, str]) -> UpstreamSettings:
    """Read and check. Raises SettingsError."""
    key = read_key(given["OPENAI_API_KEY"], "OPENAI_API_KEY") if "OPENAI_API_KEY" in given else None
    kind = _kind(given, key)
    return UpstreamSettings(
        kind=kind,
        url=_url(kind, given.get("VIVAVOCE_UPSTREAM_URL")),
        model=f"vivavoce/{SCENARIO}" if kind == "embedded" else given.get("VIVAVOCE_MODEL", "gpt-realtime-2.1"),
        transcription_model=given.get("VIVAVOCE_TRANSCRIPTION_MODEL", "gpt-4o-mini-transcribe"),
        key=key,
    )


def read_key(text: str, name: str) -> str:
    """A key as it was given by `name`, a variable or a file. Raises SettingsError."""
    key = text.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise SettingsError(
            f"{name} holds characters that no key has. Copy the key again, without quotes or line breaks."
            if key
            else f"{name} holds no key."
        )
    return key


def _kind(given: Mapping[str, str], key: str | None) -> UpstreamKind:
    name = given.get("VIVAVOCE_UPSTREAM", "openai" if key else "embedded")
    chosen = next((kind for kind in UPSTREAMS if kind == name), None)
    if chosen is None:
        raise SettingsError(f"VIVAVOCE_UPSTREAM is {name!r}. Set it to one of {', '.join(UPSTREAMS)}.")
    if chosen in ("openai", "azure") and not key:
        raise SettingsError(f"VIVAVOCE_UPSTREAM is {chosen}, which needs a key. Set OPENAI_API_KEY.")
    return chosen


def _url(kind: UpstreamKind, url: str | None) -> str | None:
    if kind in ("openai", "embedded"):
        if url:
            raise SettingsError(
                f"VIVAVOCE_UPSTREAM_URL is set, but the upstream is {kind}. "
                "Set VIVAVOCE_UPSTREAM to compatible or azure, or unset the URL."
            )
        return OPENAI_URL if kind == "openai" else None
    if not url:
        raise SettingsError(f"VIVAVOCE_UPSTREAM is {kind}, which needs VIVAVOCE_UPSTREAM_URL.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("ws", "wss"):
        raise SettingsError("VIVAVOCE_UPSTREAM_URL is not a WebSocket URL. It must look like wss://HOST/PATH.")
    if parts.username is not None or parts.fragment:
        raise SettingsError(
            "VIVAVOCE_UPSTREAM_URL holds a user name, a password or a fragment. "
            "Take it out; the key goes into OPENAI_API_KEY."
        )
    if parts.scheme == "ws" and not is_loopback(host):
        raise SettingsError(
            "VIVAVOCE_UPSTREAM_URL would send the key and the voice without encryption. Use wss:// "
            "(ws:// is for this machine only)."
        )
    return url
