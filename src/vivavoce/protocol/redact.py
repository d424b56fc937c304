"""What of an upstream event a browser may see: everything but the lesson's secrets."""

from __future__ import annotations

import re
from typing import Any

from vivavoce.protocol.message import Event, get_object, get_text

SECRET_KEYS = frozenset(
    {"instructions", "tools", "tool_choice", "prompt", "keywords", "arguments", "authorization", "api_key"}
    | {"client_secret", "tracing"}
)
"""Keys that are taken out wherever they stand, also in event types that nobody knew when this was written."""

_HIDDEN_ITEMS = frozenset(
    {"function_call", "function_call_output", "mcp_call", "mcp_list_tools", "mcp_approval_request"}
    | {"mcp_approval_response"}
)
_HIDDEN_ROLES = frozenset({"system", "developer"})
_HIDDEN_TYPES = re.compile(r"response\.(function_call|mcp_call)_arguments\.|response\.mcp_call\.|mcp_list_tools\.")

# Keys, organisations and projects as the providers write them, whole or cut ("sk-proj-abc***xyz").
_CREDENTIAL = re.compile(r"\b(?:sk|ek|org|proj|sess)[-_][A-Za-z0-9_\-*.…]{4,}|Bearer\s+\S+")


_WORDS = sorted(SECRET_KEYS | _HIDDEN_ITEMS | _HIDDEN_ROLES)
_SUSPECT = re.compile(rb'\\|_arguments\.|mcp_|"(?:%s)"|"(?:error|status_details)"(?!:null)' % "|".join(_WORDS).encode())


def is_plain(frame: bytes) -> bool:
    """Whether `redact` would certainly find nothing in it: none of its words stands there, and nothing is escaped."""
    return _SUSPECT.search(frame) is None


def redact(event: Event) -> Event | None:
    """A copy without secrets, or None when the whole event is one.

    Hidden are function calls with their arguments and outputs, system items, and SECRET_KEYS anywhere; credentials are
    blotted out of the texts of errors.
    """
    if _HIDDEN_TYPES.match(event["type"]) or _is_hidden(event.get("item")):
        return None
    clean: Event = _strip(event)
    if event["type"] == "error" or "error" in event:
        clean["error"] = _blot(clean.get("error"))
    response = get_object(clean, "response")
    if "status_details" in response:
        response["status_details"] = _blot(response["status_details"])
    return clean


def _is_hidden(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    return get_text(item, "type") in _HIDDEN_ITEMS or get_text(item, "role") in _HIDDEN_ROLES


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strip(item) for key, item in value.items() if key not in SECRET_KEYS and not _is_hidden(item)}
    if isinstance(value, list):
        return [_strip(item) for item in value if not _is_hidden(item)]
    return value


def _blot(value: Any) -> Any:
    if isinstance(value, str):
        return _CREDENTIAL.sub("[redacted]", value)
    if isinstance(value, dict):
        return {key: _blot(item) if key != "event_id" else item for key, item in value.items()}
    if isinstance(value, list):
        return [_blot(item) for item in value]
    return value
