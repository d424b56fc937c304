"""What the operator chose for the engine's own endpoint: who may come in, how many, and with which certificate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vivavoce.door.origins import ANY, is_loopback
from vivavoce.hosts.native.capacity import most_calls
from vivavoce.hosts.native.engine_door import Access
from vivavoce.hosts.native.settings import Settings
from vivavoce.hosts.native.tls import read_certificate
from vivavoce.settings.error import SettingsError
from vivavoce.settings.upstream import read_key

MIN_KEY_CHARS = 16
"""Beyond this machine, where keys can be tried from everywhere."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `vivavoce engine`; None where it says nothing."""

    host: str = "127.0.0.1"
    port: int = 8788
    key_file: Path | None = None
    calls: int | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


def read_access(settings: Settings, options: Options, *, voiced: bool) -> Access:
    """Put both together. Raises SettingsError."""
    key = _read_key_file(options.key_file) if options.key_file else settings.engine_key
    if not is_loopback(options.host):
        _check_reach(options.host, key)
    if options.tls_key and not options.tls_cert:
        raise SettingsError("--tls-key is the private key of a certificate. Name the certificate with --tls-cert.")
    tls = read_certificate(options.tls_cert, options.tls_key) if options.tls_cert else None
    calls = options.calls or settings.engine_calls or most_calls(voiced=voiced)
    return Access(key, settings.door.allowed_origins, calls, tls)


def warnings(access: Access, host: str) -> Iterator[str]:
    """What is allowed but should be known."""
    if not is_loopback(host) and access.tls is None:
        yield (
            "without --tls-cert, keys and voices cross the network unencrypted. Use it only in a network that you "
            "trust, or behind a proxy that does TLS."
        )
    if ANY in access.origins and access.key is None:
        yield "ALLOWED_ORIGINS is *: any web page that is opened on this machine can make calls here."


def _check_reach(host: str, key: str | None) -> None:
    if key is None:
        raise SettingsError(
            f"On {host}, whoever reaches the port could make calls. Set VIVAVOCE_ENGINE_KEY (or name a file with "
            "--key-file) to ask for a key, or stay on 127.0.0.1."
        )
    if len(key) < MIN_KEY_CHARS:
        raise SettingsError(
            f"The engine's key is too short for {host}: {MIN_KEY_CHARS} characters at least. "
            "`openssl rand -hex 24` makes a good one."
        )


def _read_key_file(path: Path) -> str:
    try:
        return read_key(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The key file {path} cannot be read ({_reason(error)}).") from None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
