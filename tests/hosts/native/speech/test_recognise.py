"""What surrounds Whisper: its vocabulary, its picture of sound, and files that are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kit.tiny_whisper import tiny_whisper
from vivavoce.hosts.native.models import ModelError
from vivavoce.hosts.native.speech.mel import log_mel
from vivavoce.hosts.native.speech.recognise import Recogniser, repeats_itself
from vivavoce.hosts.native.speech.resample import Samples
from vivavoce.hosts.native.speech.vocabulary import Vocabulary, text_of

TOKENS = [
    "!",
    '"',
    "a",
    "b",
    "c",
    "Ġ",
    "Ġab",
    "abc",
    "\n",
    "<|endoftext|>",
    "<|en|>",
    "<|haw|>",
    "<|0.00|>",
    "<|nospeech|>",
]


@pytest.mark.parametrize("name", ["vocabulary.json", "vocabulary.txt"])
def test_a_vocabulary_is_read_in_either_form(tmp_path: Path, name: str) -> None:
    tokens = [token for token in TOKENS if token != "\n"]
    text = json.dumps(tokens) if name.endswith("json") else "\n".join(tokens)
    (tmp_path / name).write_text(text, encoding="utf-8")
    vocabulary = Vocabulary.read(tmp_path)
    assert vocabulary.languages == {"en", "haw"}
    assert vocabulary.spell(" abc") == ["Ġab", "c"]


@pytest.mark.parametrize("content", [None, "{", "[", '"'])
def test_a_vocabulary_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "vocabulary.json").write_text(content)
    with pytest.raises(ModelError, match="vocabulary"):
        Vocabulary.read(tmp_path)


def test_what_is_spelt_reads_the_same() -> None:
    assert text_of(Vocabulary(TOKENS).spell("Frühstück für zwei, 12 €")) == "Frühstück für zwei, 12 €"


def test_control_tokens_are_spelt_letter_by_letter() -> None:
    spelt = Vocabulary(TOKENS).spell("<|endoftext|>")
    assert "<|endoftext|>" not in spelt
    assert text_of(spelt) == "<|endoftext|>"


def test_tokens_become_text() -> None:
    assert text_of(["ĠCaf", "Ã©", ",", "ĠMr", ".", "<|endoftext|>"]) == "Café, Mr."


@pytest.mark.parametrize("bands", [80, 128])
@pytest.mark.parametrize("seconds", [10.0, 13.7, 30.0])
def test_a_picture_has_a_hundred_columns_a_second(bands: int, seconds: float) -> None:
    picture = log_mel(np.zeros(16_000, np.float32), seconds, bands)
    assert picture.shape == (bands, round(100 * seconds))
    assert picture.dtype == np.float32


@pytest.mark.parametrize("bands", [80, 128])
def test_a_tone_is_seen_where_its_frequency_is(bands: int) -> None:
    """Slaney's scale: 200 / 3 Hz a mel up to 1 kHz, so 500 and 1000 Hz are 7.5 and 15 of the 45.2 mels up to 8 kHz."""
    for hz, mel in ((500, 7.5), (1_000, 15.0), (4_000, 15.0 + 27 * np.log(4) / np.log(6.4))):
        tone = np.sin(2 * np.pi * hz * np.arange(16_000) / 16_000).astype(np.float32)
        band = int(np.argmax(log_mel(tone, 10.0, bands)[:, 50]))
        assert band == pytest.approx(mel / 45.245 * (bands + 1) - 1, abs=1)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "vocabulary.txt").write_text("a\nb")
    (tmp_path / "model.bin").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="CTranslate2"):
        Recogniser(tmp_path, workers=1, threads=1)


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("I can move you to a quiet room.", False),
        ("No, no. I mean it.", False),
        ("I see. I see what you mean.", False),
        ("The the the the", True),
        ("Thank you. Thank you. Thank you. Thank you.", True),
        ("Is there anything else I can do for you? Is there anything else I can", True),
    ],
)
def test_a_loop_is_noticed(text: str, loops: bool) -> None:
    assert repeats_itself(text) is loops


# With a model made by chance: what it says is nonsense, but it says it


@pytest.mark.parametrize("bands", [80, 128])
def test_any_whisper_is_taken_as_it_is(tmp_path: Path, bands: int) -> None:
    folder = tiny_whisper(tmp_path / "own", bands=bands, languages=["en", "de", "yue"])
    recogniser = Recogniser(folder, workers=1, threads=1)
    assert recogniser.languages == {"en", "de", "yue"}
    for language in ("", "en", "de", "yue"):
        assert said(recogniser, NOISE, language)
    assert said(recogniser, NOISE, "") in {said(recogniser, NOISE, language) for language in ("en", "de", "yue")}


def test_a_whisper_for_english_knows_english_only(tmp_path: Path) -> None:
    recogniser = Recogniser(tiny_whisper(tmp_path / "own", bands=80, languages=["en"]), workers=1, threads=1)
    assert recogniser.languages == {"en"}
    assert said(recogniser, NOISE, "en") == said(recogniser, NOISE, "")


def test_keywords_and_long_speech_leave_room_for_words(tmp_path: Path) -> None:
    """However many keywords there are, as many words are written down as somebody can say."""
    recogniser = Recogniser(tiny_whisper(tmp_path / "own", bands=80, languages=["en"]), workers=1, threads=1)
    for seconds in (1, 5, 20, 27):
        samples = np.tile(NOISE, 14)[: seconds * 16_000]
        for keywords in ([], ["Maltravers-Finch", "Hartwell"], ["x" * 300]):
            words = len(said(recogniser, samples, "en", keywords))
            assert words >= 7 * seconds


NOISE = (np.random.default_rng(1).standard_normal(32_000) * 0.1).astype(np.float32)


def said(recogniser: Recogniser, samples: Samples, language: str, keywords: Sequence[str] = ()) -> str:
    *_, heard = recogniser.recognise(samples, language, keywords)
    assert heard is not None
    return heard.text
