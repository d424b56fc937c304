"""An upstream that speaks on when a test lets it."""

from __future__ import annotations

import threading

from websockets.sync.server import ServerConnection

from kit.upstream import ScriptedUpstream

DELTAS = 500
AUDIO = "AAAA" * 1600
"""100 ms of silence."""


class Talkative(ScriptedUpstream):
    """In the call that begins after `speech` was set, it waits behind its opening line until that is set to go, and
    then says one thing that takes DELTAS frames.
    """

    url = ""
    speech: threading.Event | None = None

    def __init__(self) -> None:
        super().__init__(lambda _, connection: self._speak(connection))

    def _speak(self, connection: ServerConnection) -> None:
        speech, self.speech = self.speech, None
        if speech is not None and speech.wait(60):
            where = {"response_id": "resp_2", "item_id": "item_2", "output_index": 0, "content_index": 0}
            for _ in range(DELTAS):
                self.send(connection, "response.output_audio.delta", **where, delta=AUDIO)
