"""What the operator chose for the door: who may come in, and what they show for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vivavoce.door.addresses import LOOPBACK, Proxies
from vivavoce.door.origins import ANY, OriginPolicy, is_origin
from vivavoce.door.sign_in import MODES, SignInMode
from vivavoce.settings.error import SettingsError

SHORTEST_SECRET = 32
SHORTEST_CODE = 6

VARIABLES = {
    "ALLOWED_ORIGINS": "web pages that may connect, comma separated; empty: this server's own and Vite on port 5173",
    "VIVAVOCE_SIGN_IN": "open, code or header; empty: code if there is a class code, header if there is a header",
    "VIVAVOCE_CLASS_CODE": "what learners type to sign in",
    "VIVAVOCE_USER_HEADER": "the header in which a reverse proxy says who is signed in",
    "VIVAVOCE_PROXIES": "addresses or networks of reverse proxies, comma separated; empty: this machine",
    "VIVAVOCE_SECRET": "signs tickets and cookies; new,old while it is replaced; empty: a file beside the database",
}


@dataclass(frozen=True, slots=True)
class DoorSettings:
    allowed_origins: frozenset[str]
    sign_in: SignInMode
    class_code: str | None = field(repr=False)
    user_header: str
    proxies: Proxies
    secrets: tuple[str, ...] = field(repr=False)
    """Empty: those of the file."""
    loopback: bool
    """Whether the server can be reached from this machine only."""
    open_access: bool
    """The operator accepts that whoever reaches the server can make calls."""
    names: frozenset[str]
    """What the server is called in its network."""

    @property
    def policy(self) -> OriginPolicy:
        return OriginPolicy(self.allowed_origins, self.loopback, self.names)

    def shown(self) -> dict[str, str]:
        """Each variable's value, with secrets masked whole."""
        return {
            "ALLOWED_ORIGINS": ", ".join(sorted(self.allowed_origins)) or "(same origin and Vite on port 5173)",
            "VIVAVOCE_SIGN_IN": self.sign_in,
            "VIVAVOCE_CLASS_CODE": "(set, not shown)" if self.class_code else "(not set)",
            "VIVAVOCE_USER_HEADER": self.user_header or "(not set)",
            "VIVAVOCE_PROXIES": ", ".join(map(str, self.proxies.networks)),
            "VIVAVOCE_SECRET": "(set, not shown)" if self.secrets else "(a file beside the database)",
        }


def read_door(
    given: Mapping[str, str], *, loopback: bool, open_access: bool, names: frozenset[str] = frozenset()
) -> DoorSettings:
    """Read and check. Raises SettingsError."""
    return DoorSettings(
        allowed_origins=_origins(given.get("ALLOWED_ORIGINS", "")),
        sign_in=_sign_in(given),
        class_code=_class_code(given),
        user_header=_user_header(given),
        proxies=_proxies(given),
        secrets=_secrets(given),
        loopback=loopback,
        open_access=open_access,
        names=names,
    )


def _sign_in(given: Mapping[str, str]) -> SignInMode:
    fitting = "code" if "VIVAVOCE_CLASS_CODE" in given else "header" if "VIVAVOCE_USER_HEADER" in given else "open"
    name = given.get("VIVAVOCE_SIGN_IN", fitting)
    mode = next((mode for mode in MODES if mode == name), None)
    if mode is None:
        raise SettingsError(f"VIVAVOCE_SIGN_IN is {name[:40]!r}. Set it to one of {', '.join(MODES)}.")
    for needed, variable in (("code", "VIVAVOCE_CLASS_CODE"), ("header", "VIVAVOCE_USER_HEADER")):
        if mode == needed and variable not in given:
            raise SettingsError(f"VIVAVOCE_SIGN_IN is {mode}, which needs {variable}.")
        if mode != needed and variable in given:
            raise SettingsError(f"{variable} is set, but VIVAVOCE_SIGN_IN is {mode}. Unset one of them.")
    return mode


def _class_code(given: Mapping[str, str]) -> str | None:
    code = given.get("VIVAVOCE_CLASS_CODE")
    if code is not None and not (SHORTEST_CODE <= len(code) <= 64 and code.isprintable()):
        raise SettingsError(
            f"VIVAVOCE_CLASS_CODE must have {SHORTEST_CODE} to 64 characters that can be typed. "
            "Shorter ones can be guessed."
        )
    return code


def _user_header(given: Mapping[str, str]) -> str:
    name = given.get("VIVAVOCE_USER_HEADER", "")
    if name and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", name):
        raise SettingsError(
            f"VIVAVOCE_USER_HEADER is {name[:40]!r}, which names no header. Write, for example, X-Forwarded-User."
        )
    if name.lower() in ("cookie", "host", "origin", "authorization", "x-forwarded-for", "user-agent"):
        raise SettingsError(f"VIVAVOCE_USER_HEADER is {name}, which anybody sends. Let the proxy set another one.")
    return name


def _proxies(given: Mapping[str, str]) -> Proxies:
    texts = [text.strip() for text in given.get("VIVAVOCE_PROXIES", ",".join(LOOPBACK)).split(",") if text.strip()]
    try:
        proxies = Proxies.read(texts)
    except ValueError as error:
        raise SettingsError(
            f"VIVAVOCE_PROXIES: {error}. Write addresses or networks, such as 10.0.0.7, 172.16.0.0/12."
        ) from None
    if any(network.prefixlen == 0 for network in proxies.networks):
        raise SettingsError("VIVAVOCE_PROXIES holds all addresses: anybody could say who they are. Name the proxies.")
    return proxies


def _secrets(given: Mapping[str, str]) -> tuple[str, ...]:
    secrets = tuple(secret.strip() for secret in given.get("VIVAVOCE_SECRET", "").split(",") if secret.strip())
    for secret in secrets:
        if len(secret) < SHORTEST_SECRET:
            raise SettingsError(
                f"VIVAVOCE_SECRET has {len(secret)} characters and could be guessed. Give it {SHORTEST_SECRET} or "
                'more, for example those of: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
    return secrets


def _origins(text: str) -> frozenset[str]:
    origins = frozenset(origin.strip().lower() for origin in text.split(",") if origin.strip())
    for origin in origins:
        if origin != ANY and not is_origin(origin):
            raise SettingsError(
                f"ALLOWED_ORIGINS holds {origin!r}, which is no origin. "
                "Write https://host or http://host:port, without a path."
            )
    return origins
