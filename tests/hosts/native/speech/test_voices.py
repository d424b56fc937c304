"""The voices other than Hibari's, as far as they go without their weights: phonemes, packs, names, damaged files."""

# ruff: noqa: RUF001 - the letters of the phonetic alphabet are meant

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hosts.native.speech.test_choice import PIPER, kokoro, piper
from vivavoce.engine.session_shapes import VOICES
from vivavoce.hosts.native.models import ModelError
from vivavoce.hosts.native.speech import hibari_voices, kokoro_voices
from vivavoce.hosts.native.speech.choice import KOKORO_DEFAULT, Kokoro, Piper, read_voice
from vivavoce.hosts.native.speech.kokoro_voices import STYLE, KokoroVoices, read_pack
from vivavoce.hosts.native.speech.phonemes import MOST, Reader
from vivavoce.hosts.native.speech.piper_voices import PiperVoices, as_espeak, phoneme_ids

READER = Reader()


@pytest.mark.parametrize("speakers", [hibari_voices.SPEAKERS, kokoro_voices.SPEAKERS])
def test_every_voice_name_of_the_protocol_has_a_speaker_of_its_own(speakers: dict[str, object]) -> None:
    assert set(speakers) == set(VOICES)
    assert len({repr(speaker) for speaker in speakers.values()}) == len(VOICES)
    assert kokoro_voices.SPEAKERS["marin"] == KOKORO_DEFAULT


# Phonemes


def test_text_is_read_sentence_by_sentence() -> None:
    assert list(READER.sentences("Good evening. Who is it?")) == ["ɡˈʊd ˈivnɪŋ.", "hˌu ɪz ɪt?"]


def test_british_voices_are_given_british_sounds() -> None:
    (sentence,) = Reader(british=True).sentences("Hello there.")
    assert sentence == "həlˈQ ðˈɛː."


@pytest.mark.parametrize("text", ["b3x" * 300, "supercalifragilistic " * 200, "one, two, three, " * 200])
def test_no_sentence_is_longer_than_a_model_can_take(text: str) -> None:
    sentences = list(READER.sentences(text))
    assert len(sentences) > 1
    assert all(0 < len(sentence) <= MOST for sentence in sentences)


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert all(sentence.strip() for sentence in READER.sentences(text))


@pytest.mark.parametrize(
    ("kokoro_signs", "espeak_signs"),
    [
        ("ɡˈʊd ˈivnɪŋ", "ɡˈʊd ˈiːvnɪŋ"),
        ("hˈæpi", "hˈæpi"),
        ("nˈɜɹs", "nˈɜːs"),
        ("wˈɔTəɹ", "wˈɔːɾəɹ"),
        ("ʧˈAnʤ mˈI ˈOn bˈY nˈW", "tʃˈeɪndʒ mˈaɪ ˈoʊn bˈɔɪ nˈaʊ"),
        ("lˈɪTᵊl — …", "lˈɪɾəl , ."),
    ],
)
def test_piper_gets_the_same_sounds_as_espeak_writes_them(kokoro_signs: str, espeak_signs: str) -> None:
    assert as_espeak(kokoro_signs, british=False) == espeak_signs


def test_british_vowels_have_their_length_already() -> None:
    assert as_espeak("ˈiːvnɪŋ həlˈQ", british=True) == "ˈiːvnɪŋ həlˈəʊ"


def test_phonemes_are_padded_and_unknown_ones_left_out() -> None:
    ids = {"_": [0], "^": [1], "$": [2], "a": [14], "t": [32, 33]}
    assert phoneme_ids("aʘt", ids) == [1, 0, 14, 0, 32, 33, 0, 2]
    assert phoneme_ids("", ids) == [1, 0, 2]


# Files


def test_a_pack_has_a_style_for_each_length(tmp_path: Path) -> None:
    styles = np.arange(3 * STYLE, dtype="<f4")
    (tmp_path / "voice.bin").write_bytes(styles.tobytes())
    pack = read_pack(tmp_path / "voice.bin")
    assert pack.shape == (3, STYLE)
    assert pack[2, 1] == 2 * STYLE + 1


@pytest.mark.parametrize("content", [b"", bytes(1_000), bytes(1_025), np.full(STYLE, np.nan, "<f4").tobytes()])
def test_a_pack_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "voice.bin").write_bytes(content)
    with pytest.raises(ModelError, match=r"voice\.bin is not a voice of Kokoro"):
        read_pack(tmp_path / "voice.bin")


def test_a_damaged_kokoro_is_named(tmp_path: Path) -> None:
    choice = read_voice(f"kokoro:{kokoro(tmp_path / 'k', 'af_heart')}")
    assert isinstance(choice, Kokoro)
    with pytest.raises(ModelError, match=r"kokoro-v1\.0\.int8\.onnx cannot be used"):
        KokoroVoices(choice)


def test_a_damaged_piper_voice_is_named(tmp_path: Path) -> None:
    choice = read_voice(f"piper:{piper(tmp_path, **PIPER)}")
    assert isinstance(choice, Piper)
    with pytest.raises(ModelError, match=r"voice\.onnx cannot be used"):
        PiperVoices(choice)
