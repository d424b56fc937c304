"""What the operator chose, from the Worker's variables and secrets."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from vivavoce.door.origins import ANY
from vivavoce.settings import budget, door, upstream
from vivavoce.settings.budget import BudgetSettings, read_budget
from vivavoce.settings.door import DoorSettings, read_door
from vivavoce.settings.error import SettingsError
from vivavoce.settings.upstream import UpstreamSettings, read_upstream

_ELSEWHERE = {
    "VIVAVOCE_USER_HEADER": "a header proves nothing here: whoever knows the Worker's address can send it",
    "VIVAVOCE_PROXIES": "there is no proxy but Cloudflare",
    "VIVAVOCE_PRICES": "there are no files; the price list that comes along is used",
    "VIVAVOCE_CAP_USER_DAY": "each object knows its own calls only, so there are caps for a call only",
    "VIVAVOCE_CAP_DAY": "each object knows its own calls only, so there are caps for a call only",
    "VIVAVOCE_CAP_MONTH": "each object knows its own calls only, so there are caps for a call only",
}
VARIABLES = {
    name: meaning
    for name, meaning in {**upstream.VARIABLES, **door.VARIABLES, **budget.VARIABLES}.items()
    if name not in _ELSEWHERE
} | {
    "VIVAVOCE_CALLS": "open, or closed: no new calls are taken",
    "VIVAVOCE_OPEN_ACCESS": "accepted: whoever finds the address may make calls without signing in",
}


@dataclass(frozen=True, slots=True)
class Settings:
    upstream: UpstreamSettings
    door: DoorSettings
    budget: BudgetSettings
    calls_open: bool


def read_settings(variables: Mapping[str, str]) -> Settings:
    """Read and check everything; an empty variable is one that is not set. Raises SettingsError."""
    _refuse_unknown(variables)
    given = {name: variables[name].strip() for name in VARIABLES if variables.get(name, "").strip()}
    provider = read_upstream(given)
    if provider.kind == "embedded":
        raise SettingsError(
            "There is no engine in a Worker. Set OPENAI_API_KEY, or VIVAVOCE_UPSTREAM to compatible or azure and "
            "VIVAVOCE_UPSTREAM_URL to its address."
        )
    open_access = _one_of(given, "VIVAVOCE_OPEN_ACCESS", "accepted", None) == "accepted"
    settings = Settings(
        upstream=provider,
        # The host is one of this Worker's, or Cloudflare would not have started it.
        door=read_door(given, loopback=False, open_access=open_access, names=frozenset({ANY})),
        budget=read_budget(given, files("vivavoce") / "prices.json", provider.billed),
        calls_open=_one_of(given, "VIVAVOCE_CALLS", "open", "closed") != "closed",
    )
    if settings.door.sign_in == "code" and not settings.door.secrets:
        raise SettingsError(
            "VIVAVOCE_SECRET is not set, and the Worker runs in many places that must sign alike. Put a secret of 32 "
            "characters or more, for example those of: openssl rand -hex 32"
        )
    return settings


def _refuse_unknown(variables: Mapping[str, str]) -> None:
    for name in sorted(variables):
        if name in _ELSEWHERE and variables[name].strip():
            raise SettingsError(f"{name} is for the native server: {_ELSEWHERE[name]}. Unset it.")
        if name.startswith("VIVAVOCE_") and name not in VARIABLES and name not in _ELSEWHERE:
            near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0)[0]
            raise SettingsError(f"There is no setting {name}. Did you mean {near}? Rename or unset it.")


def _one_of(given: Mapping[str, str], name: str, *choices: str | None) -> str | None:
    value = given.get(name)
    if value is not None and value not in choices:
        raise SettingsError(f"{name} is {value[:40]!r}. Set it to {' or '.join(filter(None, choices))}, or unset it.")
    return value
