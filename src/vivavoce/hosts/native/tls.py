"""The certificate of a server that speaks TLS."""

from __future__ import annotations

import asyncio
import logging
import ssl
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from vivavoce.settings.error import SettingsError

HANDSHAKE_SECONDS = 10.0

log = logging.getLogger(__name__)


def read_certificate(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """A certificate, those that vouch for it, and its private key, which may stand in the same file.

    Raises SettingsError.
    """
    _check_pem(certificate, "CERTIFICATE", "--tls-cert", "certificate")
    _check_pem(key or certificate, "PRIVATE KEY", "--tls-key", "private key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])

    def no_password() -> NoReturn:
        raise SettingsError(
            f"The private key in {key or certificate} is encrypted. Take the password off a copy that only the server "
            f"can read: openssl pkey -in {key or certificate} -out KEY.pem"
        )

    try:
        context.load_cert_chain(certificate, key, password=no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            reason = f"The private key in {key or certificate} is not that of the first certificate in {certificate}."
        else:
            reason = f"{certificate} and {key or 'the private key in it'} cannot be used: {error.reason or error}."
        raise SettingsError(reason) from None
    return context


def expect_handshakes(loop: asyncio.AbstractEventLoop) -> None:
    """Give the TLS handshakes of all servers of this loop HANDSHAKE_SECONDS; asyncio would wait for a minute."""
    limited = partial(loop.create_server, ssl_handshake_timeout=HANDSHAKE_SECONDS)
    loop.create_server = limited  # type: ignore[method-assign]
    note_handshakes(loop)


def note_handshakes(loop: asyncio.AbstractEventLoop) -> None:
    """A client that breaks off its TLS handshake is no error of ours."""
    loop.set_exception_handler(_note)


def _note(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if "SSL handshake" in context["message"]:
        log.debug("A client's TLS handshake failed.")  # of its exception aiofastnet gives the class only
    else:
        loop.default_exception_handler(context)


def _check_pem(path: Path, kind: str, option: str, name: str) -> None:
    try:
        text = path.read_text("latin-1")
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}).") from None
    if f"{kind}-----" not in text:
        raise SettingsError(f"There is no {name} in {path}. Name a file with one, in PEM form, with {option}.")
