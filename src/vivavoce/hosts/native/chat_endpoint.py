"""Where a chat model is, if the operator chose one; what asks it (chat.py, judge.py) is loaded only then."""

from __future__ import annotations

from dataclasses import dataclass, field

from vivavoce.hosts.native.settings import Settings


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    url: str
    """The base, without a slash at its end."""
    model: str
    key: str | None = field(default=None, repr=False)


def chat_endpoint(settings: Settings) -> ChatEndpoint | None:
    """The one that the operator chose, if any."""
    if settings.chat_url is None:
        return None
    return ChatEndpoint(settings.chat_url, settings.chat_model, settings.chat_key)
