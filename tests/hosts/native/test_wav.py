from __future__ import annotations

import io
import math
import struct
import wave

import pytest

from vivavoce.hosts.native.wav import WavError, header, read_wav


def wav(samples: list[int], rate: int = 24_000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples) if width == 2 else bytes(len(samples)))
    return file.getvalue()


SINE = [round(8000 * math.sin(step / 5)) for step in range(24_000)]


def test_the_wires_own_rate_stays_as_it_is() -> None:
    assert read_wav(wav(SINE)) == struct.pack("<24000h", *SINE)


def test_stereo_is_mixed() -> None:
    stereo = [value for sample in SINE for value in (sample + 10, sample - 10)]
    assert read_wav(wav(stereo, channels=2)) == struct.pack("<24000h", *SINE)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_other_rates_last_as_long(rate: int) -> None:
    pytest.importorskip("numpy")
    heard = read_wav(wav(SINE, rate))
    assert len(heard) / 48_000 == pytest.approx(24_000 / rate, abs=0.01)
    assert max(struct.unpack(f"<{len(heard) // 2}h", heard)) > 4000


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no WAV file"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \x10", "no WAV file"),
        (b"OggS" + bytes(100), "no WAV file"),
        (wav(SINE)[:30], "no WAV file"),
        (wav(SINE, width=1), "16 bit"),
        (wav(SINE, channels=2, rate=4_000), "8,000 to 48,000"),
        (wav(SINE[:100]), "seconds"),
        (wav([]), "seconds"),
        (wav([0] * 61 * 8_000, rate=8_000), "seconds"),
    ],
)
def test_what_is_not_taken_is_told(data: bytes, says: str) -> None:
    with pytest.raises(WavError, match=says):
        read_wav(data)


def test_a_wav_that_lies_about_its_length_is_as_long_as_it_is() -> None:
    data = bytearray(wav(SINE))
    data[40:44] = (0x7FFFFFF0).to_bytes(4, "little")
    assert read_wav(bytes(data)) == struct.pack("<24000h", *SINE)


def test_the_header_is_what_the_standard_library_reads() -> None:
    pcm = struct.pack("<3h", 1, 2, 3)
    with wave.open(io.BytesIO(header(len(pcm)) + pcm)) as file:
        assert (file.getparams()[:4], file.readframes(9)) == ((1, 2, 24_000, 3), pcm)
