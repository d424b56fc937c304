"""What the operator chose, from the environment and the command line; `vivavoce serve --show-config` prints it."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from vivavoce.door.origins import is_loopback
from vivavoce.hosts.native.logs import LOG_FORMATS, LogFormat
from vivavoce.hosts.native.models import models_folder
from vivavoce.hosts.native.own_door import read_own_door
from vivavoce.hosts.native.paths import scenario_folder
from vivavoce.hosts.native.tls import read_certificate
from vivavoce.settings import budget, door, upstream
from vivavoce.settings.budget import BudgetSettings, read_budget
from vivavoce.settings.door import DoorSettings
from vivavoce.settings.error import SettingsError
from vivavoce.settings.upstream import UpstreamSettings, read_key, read_upstream

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8787
MOST_CALLS = 9999
MOST_WORKERS = 64
SHORTEST_OPERATOR_KEY = 16
"""Characters; the class page can be asked as often as one likes."""

VARIABLES = {
    **upstream.VARIABLES,
    **door.VARIABLES,
    "VIVAVOCE_DATABASE": "the file that keeps the record of calls",
    "VIVAVOCE_SCENARIOS": "the folder with the scenarios and their index.json",
    "VIVAVOCE_MODELS": "the folder that keeps the speech models of the embedded engine",
    "VIVAVOCE_WHISPER": "what it hears with: tiny.en, base, or a folder with a Whisper model for CTranslate2",
    "VIVAVOCE_TTS": "what it speaks with: hibari, kokoro:FOLDER or piper:FILE.onnx",
    "VIVAVOCE_CHAT_URL": "a chat model that answers in the embedded engine, such as http://127.0.0.1:11434/v1",
    "VIVAVOCE_CHAT_MODEL": "the model's name at that URL",
    "VIVAVOCE_CHAT_KEY": "the key of that URL, if it wants one",
    "VIVAVOCE_JUDGE": "off: no check is put to the chat model, whatever the scenario says",
    "VIVAVOCE_OPERATOR_KEY": "the key that opens the class page and the operator's; without one there is neither",
    **budget.VARIABLES,
    "VIVAVOCE_LOG": "text or json: one line, or one JSON object, for each event",
    "VIVAVOCE_WORKERS": "how many processes share the calls out among them; more than one for more than one processor",
    "VIVAVOCE_PUMP": "off: frames are moved in Python, though the compiled frame pump is there",
    "VIVAVOCE_ENGINE_KEY": "the key that clients of `vivavoce engine` must show; needed beyond this machine",
    "VIVAVOCE_ENGINE_CALLS": "most calls at once in the embedded engine; empty: what this machine can carry",
}
_NOT_OURS = {"VIVAVOCE_SKIP_WEB"}  # read when the package is built


@dataclass(frozen=True, slots=True)
class Settings:
    host: str
    port: int
    raw: bool
    tls_cert: Path | None
    tls_key: Path | None
    door: DoorSettings
    upstream: UpstreamSettings
    database: Path
    scenarios: Path
    models: Path
    whisper: str
    """Empty: the better one of those that are here."""
    tts: str
    chat_url: str | None
    """The base of an OpenAI-compatible chat API, without a slash at its end; None: the embedded engine's own words."""
    chat_model: str
    chat_key: str | None = field(repr=False)
    judge: bool
    """Whether the chat model decides checks that a scenario wants judged."""
    operator_key: str | None = field(repr=False)
    budget: BudgetSettings
    log: LogFormat
    workers: int
    pump: bool
    """Whether the compiled frame pump is used where there is one."""
    engine_key: str | None = field(repr=False)
    engine_calls: int | None
    """None: as many as the machine can carry."""
    sources: Mapping[str, str]
    """Where each variable's value came from: `environment` or `default`."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log and no answer may hold."""
        keys = (self.upstream.key, self.chat_key, self.operator_key, self.engine_key, self.door.class_code)
        return tuple(filter(None, (*keys, *self.door.secrets)))

    def shown(self) -> list[tuple[str, str, str]]:
        """Every setting as (name, value, source), with secrets masked whole."""
        values = {
            "OPENAI_API_KEY": "(set, not shown)" if self.upstream.key else "(not set)",
            **self.door.shown(),
            "VIVAVOCE_UPSTREAM": self.upstream.kind,
            "VIVAVOCE_UPSTREAM_URL": self.upstream.url or "(chosen at start)",
            "VIVAVOCE_MODEL": self.upstream.model,
            "VIVAVOCE_TRANSCRIPTION_MODEL": self.upstream.transcription_model,
            "VIVAVOCE_DATABASE": str(self.database),
            "VIVAVOCE_SCENARIOS": str(self.scenarios),
            "VIVAVOCE_MODELS": str(self.models),
            "VIVAVOCE_WHISPER": self.whisper or "(base if it was fetched, else tiny.en)",
            "VIVAVOCE_TTS": self.tts,
            "VIVAVOCE_CHAT_URL": self.chat_url or "(not set)",
            "VIVAVOCE_CHAT_MODEL": self.chat_model or "(not set)",
            "VIVAVOCE_CHAT_KEY": "(set, not shown)" if self.chat_key else "(not set)",
            "VIVAVOCE_JUDGE": "on" if self.judge else "off",
            "VIVAVOCE_OPERATOR_KEY": "(set, not shown)" if self.operator_key else "(not set)",
            **self.budget.shown(),
            "VIVAVOCE_LOG": self.log,
            "VIVAVOCE_WORKERS": str(self.workers),
            "VIVAVOCE_PUMP": "on" if self.pump else "off",
            "VIVAVOCE_ENGINE_KEY": "(set, not shown)" if self.engine_key else "(not set)",
            "VIVAVOCE_ENGINE_CALLS": str(self.engine_calls or "(what this machine can carry)"),
        }
        rows = [(name, values[name], self.sources[name]) for name in VARIABLES]
        for name, value, default in (
            ("--host", self.host, DEFAULT_HOST),
            ("--port", str(self.port), str(DEFAULT_PORT)),
            ("--raw", str(self.raw).lower(), "false"),
            ("--tls-cert", str(self.tls_cert or "(none)"), "(none)"),
            ("--tls-key", str(self.tls_key or "(none)"), "(none)"),
            ("--i-accept-open-access", str(self.door.open_access).lower(), "false"),
        ):
            rows.append((name, value, "default" if value == default else "command line"))
        return rows


def read_settings(
    environment: Mapping[str, str] = os.environ,
    *,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    raw: bool = False,
    open_access: bool = False,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
) -> Settings:
    """Read and check everything. Raises SettingsError."""
    _refuse_unknown(environment)
    if tls_key and not tls_cert:
        raise SettingsError("--tls-key is the private key of a certificate. Name the certificate with --tls-cert.")
    if tls_cert:
        read_certificate(tls_cert, tls_key)  # now, and not after the speech models were fetched
    given = {name: environment[name].strip() for name in VARIABLES if environment.get(name, "").strip()}
    provider = read_upstream(given)
    prices = _path(given, "VIVAVOCE_PRICES")
    settings = Settings(
        host=host,
        port=port,
        raw=raw,
        tls_cert=tls_cert,
        tls_key=tls_key,
        door=read_own_door(given, host=host, port=port, open_access=open_access),
        upstream=provider,
        database=_path(given, "VIVAVOCE_DATABASE") or _default_database(environment),
        scenarios=_path(given, "VIVAVOCE_SCENARIOS") or scenario_folder(),
        models=_path(given, "VIVAVOCE_MODELS") or models_folder(),
        whisper=given.get("VIVAVOCE_WHISPER", ""),
        tts=given.get("VIVAVOCE_TTS", "hibari"),
        chat_url=_chat_url(given),
        chat_model=given.get("VIVAVOCE_CHAT_MODEL", ""),
        chat_key=_key(given, "VIVAVOCE_CHAT_KEY"),
        judge=_judge(given),
        operator_key=_operator_key(given),
        budget=read_budget(given, prices, provider.billed),
        log=_log(given),
        workers=_workers(given, tls=tls_cert is not None),
        pump=_switch(given, "VIVAVOCE_PUMP", default=True),
        engine_key=_key(given, "VIVAVOCE_ENGINE_KEY"),
        engine_calls=_calls(given),
        sources={name: "environment" if name in given else "default" for name in VARIABLES},
    )
    if raw and not settings.door.loopback:
        raise SettingsError("--raw shows a lesson's secrets to the browser, so it works on 127.0.0.1 only.")
    return settings


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    for name in sorted(environment):
        if name.startswith("VIVAVOCE_") and name not in VARIABLES and name not in _NOT_OURS:
            near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0)[0]
            raise SettingsError(f"There is no setting {name}. Did you mean {near}? Rename or unset it.")


def _key(given: Mapping[str, str], name: str) -> str | None:
    return read_key(given[name], name) if name in given else None


def _chat_url(given: Mapping[str, str]) -> str | None:
    url = given.get("VIVAVOCE_CHAT_URL")
    if url is None:
        for name in ("VIVAVOCE_CHAT_MODEL", "VIVAVOCE_CHAT_KEY"):
            if name in given:
                raise SettingsError(f"{name} is set, but not VIVAVOCE_CHAT_URL. Set it to the chat model's URL.")
        return None
    if "VIVAVOCE_CHAT_MODEL" not in given:
        raise SettingsError(
            "VIVAVOCE_CHAT_URL is set, but not VIVAVOCE_CHAT_MODEL. Set it to the name of the model there."
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise SettingsError("VIVAVOCE_CHAT_URL is not an HTTP URL. It must look like http://127.0.0.1:11434/v1.")
    if parts.username is not None or parts.query or parts.fragment:
        raise SettingsError(
            "VIVAVOCE_CHAT_URL holds a user name, a password, a query or a fragment. "
            "Take it out; a key goes into VIVAVOCE_CHAT_KEY."
        )
    if "VIVAVOCE_CHAT_KEY" in given and parts.scheme == "http" and not is_loopback(host):
        raise SettingsError("VIVAVOCE_CHAT_URL would send VIVAVOCE_CHAT_KEY without encryption. Use https://.")
    return url.rstrip("/").removesuffix("/chat/completions")


def _judge(given: Mapping[str, str]) -> bool:
    """On where there is a chat model, unless it is switched off."""
    judge = _switch(given, "VIVAVOCE_JUDGE", default="VIVAVOCE_CHAT_URL" in given)
    if judge and "VIVAVOCE_CHAT_URL" not in given:
        raise SettingsError("VIVAVOCE_JUDGE is on, but there is no model to ask. Set VIVAVOCE_CHAT_URL.")
    return judge


def _switch(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    choice = given.get(name, "on" if default else "off")
    if choice not in ("on", "off"):
        raise SettingsError(f"{name} is {choice[:40]!r}. Set it to on or off.")
    return choice == "on"


def _operator_key(given: Mapping[str, str]) -> str | None:
    key = _key(given, "VIVAVOCE_OPERATOR_KEY")
    if key is not None and len(key) < SHORTEST_OPERATOR_KEY:
        raise SettingsError(
            f"VIVAVOCE_OPERATOR_KEY has {len(key)} characters and could be guessed. Give it {SHORTEST_OPERATOR_KEY} "
            'or more, for example those of: python3 -c "import secrets; print(secrets.token_urlsafe(24))"'
        )
    return key


def _log(given: Mapping[str, str]) -> LogFormat:
    name = given.get("VIVAVOCE_LOG", "text")
    chosen = next((format for format in LOG_FORMATS if format == name), None)
    if chosen is None:
        raise SettingsError(f"VIVAVOCE_LOG is {name[:40]!r}. Set it to text or json.")
    return chosen


def _workers(given: Mapping[str, str], *, tls: bool) -> int:
    text = given.get("VIVAVOCE_WORKERS", "1")
    if not re.fullmatch("[1-9][0-9]?", text) or int(text) > MOST_WORKERS:
        raise SettingsError(
            f"VIVAVOCE_WORKERS is {text[:40]!r}. Set it to as many as there are processors, {MOST_WORKERS} at most."
        )
    workers = int(text)
    if workers > 1 and sys.platform == "win32":
        raise SettingsError("Several workers hand connections to each other, which Windows cannot do. Set --workers 1.")
    if workers > 1 and tls:
        raise SettingsError(
            "Several workers hand connections to each other, which an encrypted one does not survive. Leave out "
            "--tls-cert and put a proxy in front that speaks TLS (for nginx see docs/security.md), or set --workers 1."
        )
    return workers


def _calls(given: Mapping[str, str]) -> int | None:
    calls = given.get("VIVAVOCE_ENGINE_CALLS")
    if calls is not None and not re.fullmatch("[1-9][0-9]{0,3}", calls):
        raise SettingsError(f"VIVAVOCE_ENGINE_CALLS is {calls[:40]!r}. Set it to a number from 1 to {MOST_CALLS}.")
    return int(calls) if calls else None


def _path(given: Mapping[str, str], name: str) -> Path | None:
    if name not in given:
        return None
    try:
        return Path(given[name]).expanduser().absolute()
    except RuntimeError:
        raise SettingsError(
            f"{name} is {given[name]!r}, and there is no such home folder. Write the whole path."
        ) from None


def _default_database(environment: Mapping[str, str]) -> Path:
    data = environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "vivavoce" / "vivavoce.sqlite3"
