"""One recording, written down by the upstream: a transcription session of the Realtime API from beginning to end."""

from __future__ import annotations

import asyncio
import base64
import logging
from typing import Any

from vivavoce.hosts.native.link import Link
from vivavoce.hosts.native.upstream import MAX_FRAME, Upstream
from vivavoce.protocol.audio import SAMPLE_RATE
from vivavoce.protocol.message import Event, MalformedFrame, get_object, get_text, read, write
from vivavoce.protocol.usage import Usage, transcription_usage
from vivavoce.session.inputs import Peer
from vivavoce.session.not_opened import UpstreamError

SECONDS = 30.0
"""From dialling to the words."""
PIECE = 48_000
"""Bytes of sound in a frame."""
_COMPLETED = "conversation.item.input_audio_transcription.completed"
_FAILED = "conversation.item.input_audio_transcription.failed"

log = logging.getLogger("vivavoce.transcription")


class TranscriptionError(Exception):
    """The upstream wrote nothing down; the message says what can be done."""


async def transcribe(upstream: Upstream, transcription: dict[str, Any], user: str, pcm: bytes) -> tuple[str, Usage]:
    """The words of PCM16 at the wire's rate, empty when none were understood; and what that used. Raises
    TranscriptionError.

    `transcription` is what the session is told: model, language, prompt.
    """
    hearing = _Hearing()
    link = Link(Peer.UPSTREAM, MAX_FRAME, hearing.take)
    try:
        async with asyncio.timeout(SECONDS):
            await upstream.connect_to_transcribe(link, user)
            return await hearing.write_down(link, transcription, pcm)
    except UpstreamError as error:
        log.warning("no transcription: %s", error)
        raise TranscriptionError("The voice service could not be reached. Try again, or type the answer.") from None
    except TimeoutError:
        raise TranscriptionError("The voice service took too long. Try again, or type the answer.") from None
    finally:
        hearing.leave()


class _Hearing:
    """The owner of the link: what the upstream says, one event after the other."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._link: Link | None = None

    def take(self, link: Link) -> None:
        self._link = link
        link.owner = self

    def leave(self) -> None:
        if self._link is not None:
            self._link.owner = None
            self._link.close(1000, "")

    async def write_down(self, link: Link, transcription: dict[str, Any], pcm: bytes) -> tuple[str, Usage]:
        sound = {"format": {"type": "audio/pcm", "rate": SAMPLE_RATE}, "turn_detection": None}
        session = {"type": "transcription", "audio": {"input": {**sound, "transcription": transcription}}}
        link.send(write({"type": "session.update", "session": session}))
        await self._until("session.updated")
        for start in range(0, len(pcm), PIECE):
            audio = base64.b64encode(pcm[start : start + PIECE]).decode()
            link.send(write({"type": "input_audio_buffer.append", "audio": audio}))
        link.send(write({"type": "input_audio_buffer.commit"}))
        completed = await self._until(_COMPLETED)
        return get_text(completed, "transcript").strip(), transcription_usage(completed)

    async def _until(self, kind: str) -> Event:
        while (event := await self._events.get()) is not None:
            if event["type"] == kind:
                return event
            if event["type"] in ("error", _FAILED):
                code = get_text(get_object(event, "error"), "code")
                log.warning("no transcription: the upstream answered %s", code or event["type"])
                break
        raise TranscriptionError("The voice service could not write this down. Try again, or type the answer.")

    # The link's owner

    def received(self, link: Link, frame: bytes) -> None:
        try:
            self._events.put_nowait(read(frame))
        except (MalformedFrame, RecursionError):
            return

    def received_binary(self, link: Link, size: int) -> None:
        pass

    def congestion_changed(self, link: Link) -> None:
        pass

    def disconnected(self, link: Link, code: int, reason: str) -> None:
        self._events.put_nowait(None)
