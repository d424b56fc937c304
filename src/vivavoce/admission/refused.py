"""Why a request or a handshake is not carried out."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """An HTTP status, a code for programs, and words for whoever made the request."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})

    @classmethod
    def for_now(cls, status: int, code: str, message: str, retry_after: float) -> Refused:
        """One that may go another way after so many seconds."""
        return cls(status, code, message, {"Retry-After": str(max(1, round(retry_after)))})
