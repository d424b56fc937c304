"""What flows through a call without its being asked for each frame, told to it afterwards.

Of the frames in `protocol.flowing` most change nothing but a few sums. While that is so, the host sends them straight
on, and tells what it sent before it hands in anything else. The call is then as if it had been asked for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from vivavoce.session.call import Call, Phase
from vivavoce.session.inputs import SpeechFlowed, VoiceFlowed

MOMENTS = 128
"""In a second. What flows within one is told of as one; and sums of such times are exact, in whatever order."""


def moment(now: float) -> float:
    """When the moment ends that this is in. A session knows no other times."""
    return ceil(now * MOMENTS) / MOMENTS


@dataclass(frozen=True, slots=True)
class Flow:
    """What may go straight on before the next input."""

    frames: int = 0
    """So many of the learner's frames of speech…"""
    size: int = 0
    """…with so many bytes of PCM16."""
    voice: bool = False
    """Whether the persona's voice and words may, and what the learner is being heard to say."""


STILL = Flow()


def flow_of(call: Call) -> Flow:
    if call.phase is not Phase.LIVE or call.resting:
        return STILL
    browser, line = call.browser, call.line
    frames = size = 0
    if line.open:
        frames, size = browser.events.room(call.now), browser.audio.room(call.now)
    return Flow(frames, size, line.connected and browser.connected)


def speech_flowed(call: Call, flowed: SpeechFlowed) -> None:
    call.browser.events.took(flowed.frames, flowed.times)
    call.browser.audio.took(flowed.sizes, flowed.times)
    call.hearing.sent(flowed.sizes, _seconds(call, flowed.times))


def voice_flowed(call: Call, flowed: VoiceFlowed) -> None:
    call.line.heard(flowed.times[-1])
    if flowed.words or any(flowed.sizes):
        call.line.useful()
        call.responses.expected = False
        call.transcript.audio_sent(flowed.sizes, _seconds(call, flowed.times))
        call.transcript.persona_says(flowed.words)


def _seconds(call: Call, times: Sequence[float]) -> list[float]:
    """On the clock of the call."""
    began = call.now - call.elapsed
    return [at - began for at in times]
