"""The learner's recorded utterances as the wire carries them."""

from __future__ import annotations

import numpy as np

from browser.audio import read_wav, resample, to_pcm
from browser.speech import UTTERANCES, utterance, word_error_rate
from vivavoce.hosts.native.speech.formats import to_bytes
from vivavoce.protocol.audio import PCMU

WIRE_RATE = 24_000

__all__ = ["UTTERANCES", "WIRE_RATE", "spoken", "telephoned", "word_error_rate"]


def spoken(name: str, *, lead_s: float = 0.0, tail_s: float = 0.0) -> bytes:
    """24 kHz mono PCM16 of an utterance, with silence before and after."""
    samples, rate = read_wav(utterance(name))
    pcm = to_pcm(resample(samples, rate, WIRE_RATE))
    return silence(lead_s) + pcm + silence(tail_s)


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * WIRE_RATE))


def telephoned(name: str, *, tail_s: float) -> bytes:
    """8 kHz mu-law of an utterance, with silence behind it."""
    samples, rate = read_wav(utterance(name))
    heard = resample(samples, rate, PCMU.rate)
    quiet = np.zeros(round(tail_s * PCMU.rate), heard.dtype)
    return to_bytes(np.concatenate([heard, quiet]).astype(np.float32), PCMU)
