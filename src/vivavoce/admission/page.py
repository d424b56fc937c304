"""The security headers of every answer, and what a page of ours may load."""

from __future__ import annotations

from urllib.parse import urlsplit

from vivavoce.admission.doorkeeper import Asked, Doorkeeper
from vivavoce.door.origins import is_loopback

SECURITY = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_CONTENT = (
    "default-src 'self'; connect-src 'self' ws://{host} wss://{host}; img-src 'self' data:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Scripts, styles, worklets and workers are files of ours."""
_STAY_WITH_TLS = "max-age=31536000"


def headers_of(door: Doorkeeper, asked: Asked) -> dict[str, str]:
    """What goes with an answer to a request whose Host was found good."""
    host = asked.lines("Host")[0]
    headers = {**SECURITY, "Content-Security-Policy": _CONTENT.format(host=host)}
    if door.over_tls(asked) and not is_loopback(urlsplit(f"//{host}").hostname or ""):
        headers["Strict-Transport-Security"] = _STAY_WITH_TLS
    return headers
