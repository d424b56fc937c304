"""What a function gave back, in one sentence that can be spoken."""

from __future__ import annotations

from typing import Any

from vivavoce.engine.dialogue.schema import name_words
from vivavoce.protocol.json_text import parse_json

_LONGEST = 300
"""Characters."""
_MOST = 3
"""Elements of a list."""
_MAX_DEPTH = 4
_WRAPPERS = {"result", "results", "output", "answer", "data", "value", "message", "content", "text"}
"""Names that say nothing about what they hold."""


def spoken_result(name: str, output: str) -> str:
    """`name` is the function's, `output` what a client made of its result: JSON, or any text."""
    title = " ".join(name_words(name)) or "the function"
    value = _parsed(output)
    if isinstance(value, dict) and (value.get("error") or value.get("ok") is False):
        return shortened(f"{title} failed: {_said(value.get('error') or 'no reason was given', 0)}").rstrip(".") + "."
    said = _said(value, 0)
    return shortened(f"The answer of {title}: {said}").rstrip(".") + "." if said else f"{title} is done."


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Cut behind a whole word."""
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _parsed(output: str) -> Any:
    try:
        return parse_json(output)
    except ValueError:
        return output.strip()


def _said(value: Any, depth: int) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value}"
        case str():
            return " ".join(value.split())
        case list() | dict() if depth >= _MAX_DEPTH:
            return "more"
        case list():
            shown = [_said(element, depth + 1) for element in value[:_MOST]]
            more = [f"{len(value) - _MOST} more"] if len(value) > _MOST else []
            return _listed([*shown, *more]) or "nothing"
        case dict():
            pairs = list(value.items())
            if len(pairs) == 1 and pairs[0][0].casefold() in _WRAPPERS:
                return _said(pairs[0][1], depth)
            return ", ".join(_pair(key, inner, depth) for key, inner in pairs if key != "ok")
    return str(value)


def _pair(key: str, value: Any, depth: int) -> str:
    called, said = " ".join(name_words(key)), _said(value, depth + 1)
    return f"{called}: {said}" if isinstance(value, (list, dict)) else f"{called} is {said}"


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
