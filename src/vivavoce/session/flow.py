"""What flows through a call without its being asked for each frame, told to it afterwards.

Of the frames in `protocol.flowing` most change nothing but a few sums. While that is so, the host sends them straight
on, and tells what it sent before it hands in anything else. The call is then as if it had been asked for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from vivavoce.session.call import Call, Phase
from vivavoce.session.inputs import SpeechFlowed, VoiceFlowed


@dataclass(frozen=True, slots=True)
class Flow:
    """What may go straight on before the next input."""

    frames: int = 0
    """So many of the learner's frames of speech…"""
    size: int = 0
    """…with so many bytes of PCM16."""
    voice: bool = False
    """Whether the persona's voice and words may."""


STILL = Flow()


def flow_of(call: Call) -> Flow:
    if call.phase is not Phase.LIVE or call.resting:
        return STILL
    browser, line = call.browser, call.line
    frames = size = 0
    if line.open:
        frames, size = browser.events.room(call.now), browser.audio.room(call.now)
    # The first delta after a turn says that the answer has begun: that one is news.
    return Flow(frames, size, line.connected and browser.connected and not call.responses.expected)


def speech_flowed(call: Call, flowed: SpeechFlowed) -> None:
    call.browser.events.took(repeat(1), flowed.times)
    call.browser.audio.took(flowed.sizes, flowed.times)
    call.hearing.sent(flowed.sizes, _seconds(call, flowed.times))


def voice_flowed(call: Call, flowed: VoiceFlowed) -> None:
    call.line.heard(flowed.times[-1])
    call.line.useful()
    call.transcript.audio_sent(flowed.sizes, _seconds(call, flowed.times))
    call.transcript.persona_says(flowed.words)


def _seconds(call: Call, times: Sequence[float]) -> list[float]:
    """On the clock of the call."""
    began = call.now - call.elapsed
    return [at - began for at in times]
