"""The sound of one call: which of the relayed frames it is made of, and whether it is kept at all."""

from __future__ import annotations

import re

from vivavoce.hosts.native.recording import APPEND, Recorder, Recording

LEFT_ON_PURPOSE = frozenset({1000, 1001})
"""Close codes of a page that is gone; one that only lost its connection plays what it has."""

_TRUNCATE = b'{"type":"conversation.item.truncate"'
_DELTA = re.compile(rb'\s*\{\s*"type"\s*:\s*"response\.output_audio\.delta"')


class KeptSound:
    """Nothing is kept before `keep`. All times are seconds of the call."""

    def __init__(self, recorder: Recorder, session_id: str, most_seconds: float) -> None:
        self._recorder = recorder
        self._id = session_id
        self._most_seconds = most_seconds
        self._recording: Recording | None = None
        self.on = False
        """Whether frames are wanted; asked for each of them."""

    def keep(self, keep: bool, at: float) -> None:
        """From now on keep it; or delete what there is, because the learner changed their mind."""
        if keep and self._recording is None:
            self._recording = self._recorder.record(self._id, self._most_seconds, at)
        elif not keep and self._recording is not None:
            self._recording.end(discard=True)
            self._recording = None
        elif not keep:  # it was kept before the call was put together again
            self._recorder.submit(lambda: self._recorder.files.delete(self._id))
        self.on = keep

    def sent(self, at: float, frame: bytes) -> None:
        """A frame was relayed. Of the three kinds that matter here, each goes one way only."""
        if self._recording is None:
            return
        if frame.startswith(APPEND):
            self._recording.learner(at, frame)
        elif _DELTA.match(frame):
            self._recording.persona(at, frame)
        elif frame.startswith(_TRUNCATE):
            self._recording.truncated(at, frame)

    def page_left(self, at: float, code: int) -> None:
        if self._recording is not None and code in LEFT_ON_PURPOSE:
            self._recording.unheard_after(at)

    def call_ended(self) -> None:
        """What was said is ready to be heard; the learner may still change their mind."""
        if self._recording is not None:
            self._recording.flush()

    def close(self) -> None:
        if self._recording is not None:
            self._recording.end()
