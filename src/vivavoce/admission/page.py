"""The security headers of every answer, and what a page of ours may load."""

from __future__ import annotations

from urllib.parse import urlsplit

from vivavoce.admission.doorkeeper import Asked, Doorkeeper
from vivavoce.door.origins import is_loopback

NONCE = "VIVAVOCE_NONCE"
"""Stands in the built page, see vite.config.ts."""

SECURITY = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_CONTENT = (
    "default-src 'self'; connect-src 'self' ws://{host} wss://{host}; img-src 'self' data:; media-src 'self' blob:; "
    "style-src 'self' 'nonce-{nonce}'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Scripts, worklets and workers are files of ours. One style is none: with it, a dialog holds the page behind it."""
_STAY_WITH_TLS = "max-age=31536000"


def headers_of(door: Doorkeeper, asked: Asked, nonce: str) -> dict[str, str]:
    """What goes with an answer to a request whose Host was found good."""
    host = asked.lines("Host")[0]
    headers = {**SECURITY, "Content-Security-Policy": _CONTENT.format(host=host, nonce=nonce)}
    if door.over_tls(asked) and not is_loopback(urlsplit(f"//{host}").hostname or ""):
        headers["Strict-Transport-Security"] = _STAY_WITH_TLS
    return headers
