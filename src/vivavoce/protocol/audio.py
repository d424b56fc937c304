"""PCM16 mono at 24 kHz, the only raw audio format of the Realtime API. Nothing else knows the rate."""

from __future__ import annotations

SAMPLE_RATE = 24_000
"""Samples a second."""
BYTES_PER_SECOND = 2 * SAMPLE_RATE


def duration_ms(size: int) -> float:
    """Milliseconds of audio in `size` bytes of PCM16."""
    return size * 1000 / BYTES_PER_SECOND


def decoded_size(base64_length: int) -> int:
    """Bytes that a base64 text of this length holds, padding counted as data: an upper bound, off by 2 at most."""
    return base64_length * 3 // 4
