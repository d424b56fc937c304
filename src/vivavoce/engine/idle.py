"""A learner who stays silent after a reply: `idle_timeout_ms` of server_vad.

The clock starts when the reply would have been played to its end, and counts audio written to the buffer; so a client
that sends none is never timed out, and neither is one that has had no reply yet, or whose move it is: after a function
call, or after an item that waits for a response.
"""

from __future__ import annotations

PROMPT = (
    "The user has been silent for some time. If their audio holds something that was missed, answer that; "
    "otherwise take up what they said last, or ask whether they are still there."
)
"""What the conversation is told, in a system item before the silent turn."""


class Idle:
    def __init__(self) -> None:
        self.timeout_ms: int | None = None
        self._reply: str | None = None
        self._from_ms = 0.0

    def passed(self, reply: str | None, now_ms: float) -> float | None:
        """Where the silence began, when it has lasted too long.

        `reply` is the id of the item that was played and has no answer, or None when nothing waits for the learner.
        """
        if reply != self._reply:
            self._reply, self._from_ms = reply, now_ms
        if reply is None or self.timeout_ms is None or now_ms - self._from_ms < self.timeout_ms:
            return None
        return self._from_ms
