"""Which ears and which voice: every mistake is answered with what to change, before anything is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hosts.native.test_models import tiny_model
from vivavoce.hosts.native.models import ModelStore
from vivavoce.hosts.native.speech.choice import (
    BETTER_WHISPER,
    DEFAULT_WHISPER,
    ChoiceError,
    Hibari,
    Kokoro,
    Piper,
    read_voice,
    whisper_folder,
)
from vivavoce.hosts.native.weights import Model

PIPER: dict[str, Any] = {
    "audio": {"sample_rate": 22_050},
    "espeak": {"voice": "en-us"},
    "inference": {"noise_scale": 0.6, "length_scale": 1, "noise_w": 0.8},
    "phoneme_type": "espeak",
    "phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": [14]},
    "num_speakers": 1,
}


def kokoro(folder: Path, *voices: str) -> Path:
    (folder / "voices").mkdir(parents=True)
    (folder / "kokoro-v1.0.int8.onnx").write_bytes(b"weights")
    for voice in voices:
        (folder / "voices" / f"{voice}.bin").write_bytes(bytes(1_024))
    return folder


def piper(folder: Path, **changes: object) -> Path:
    model = folder / "voice.onnx"
    model.write_bytes(b"weights")
    model.with_name("voice.onnx.json").write_text(json.dumps({**PIPER, **changes}))
    return model


@pytest.mark.parametrize("chosen", ["", "hibari"])
def test_hibari_speaks_unless_another_is_chosen(chosen: str) -> None:
    assert read_voice(chosen) == Hibari()


@pytest.mark.parametrize("chosen", ["espeak", "hibari:x", "kokoro", "kokoro:", "piper", "Piper:x"])
def test_an_unknown_voice_is_answered_with_those_that_there_are(chosen: str) -> None:
    with pytest.raises(ChoiceError, match="Set it to hibari, kokoro:FOLDER or piper:FILE"):
        read_voice(chosen)


def test_kokoro_is_a_model_and_its_voices(tmp_path: Path) -> None:
    voice = read_voice(f"kokoro:{kokoro(tmp_path / 'k', 'af_heart', 'am_puck')}")
    assert isinstance(voice, Kokoro)
    assert voice.model.name == "kokoro-v1.0.int8.onnx"
    assert set(voice.voices) == {"af_heart", "am_puck"}


def test_what_kokoros_folder_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChoiceError, match="no file named"):
        read_voice(f"kokoro:{tmp_path}")
    with pytest.raises(ChoiceError, match=r"af_heart\.bin"):
        read_voice(f"kokoro:{kokoro(tmp_path / 'k', 'am_puck')}")
    (tmp_path / "k" / "model.onnx").write_bytes(b"another")
    with pytest.raises(ChoiceError, match="2 files"):
        read_voice(f"kokoro:{tmp_path / 'k'}")


def test_piper_is_a_model_and_its_description(tmp_path: Path) -> None:
    voice = read_voice(f"piper:{piper(tmp_path)}")
    assert isinstance(voice, Piper)
    assert voice.config["audio"]["sample_rate"] == 22_050


def test_what_a_piper_voice_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChoiceError, match=r"no file .*voice\.onnx\."):
        read_voice(f"piper:{tmp_path / 'voice.onnx'}")
    (tmp_path / "voice.onnx").write_bytes(b"weights")
    with pytest.raises(ChoiceError, match=r"no file .*voice\.onnx\.json"):
        read_voice(f"piper:{tmp_path / 'voice.onnx'}")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"espeak": 1}', "\x00"])
def test_a_description_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    model = piper(tmp_path)
    model.with_name("voice.onnx.json").write_text(text)
    with pytest.raises(ChoiceError, match="not the description of a Piper voice"):
        read_voice(f"piper:{model}")


@pytest.mark.parametrize("change", [{"espeak": {"voice": "de"}}, {"phoneme_type": "text"}, {"phoneme_id_map": {}}])
def test_a_piper_voice_that_cannot_read_english_phonemes_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(ChoiceError, match="does not speak English"):
        read_voice(f"piper:{piper(tmp_path, **change)}")


# Whisper


def store_with(folder: Path, *names: str) -> ModelStore:
    """A store of which these are here, and nothing can be fetched."""
    tiny = tiny_model(b"weights")
    known = [
        Model(name, "", "", "", tiny.packages, tiny.version, tiny.files) for name in (DEFAULT_WHISPER, BETTER_WHISPER)
    ]
    store = ModelStore(folder / "models", tuple(known))
    files = folder / "files"
    files.mkdir()
    (files / "weights.bin").write_bytes(b"weights")
    (files / "vocabulary.txt").write_bytes(b"yes\nno\n")
    for name in names:
        store.ensure(name, source=files)
    return store


@pytest.mark.parametrize(
    ("here", "chosen", "taken"),
    [
        ([DEFAULT_WHISPER], "", DEFAULT_WHISPER),
        ([DEFAULT_WHISPER, BETTER_WHISPER], "", BETTER_WHISPER),
        ([BETTER_WHISPER], "", BETTER_WHISPER),
        ([DEFAULT_WHISPER, BETTER_WHISPER], "tiny.en", DEFAULT_WHISPER),
        ([DEFAULT_WHISPER, BETTER_WHISPER], "base", BETTER_WHISPER),
    ],
)
def test_the_better_ears_are_taken_where_they_were_fetched(
    tmp_path: Path, here: list[str], chosen: str, taken: str
) -> None:
    assert whisper_folder(chosen, store_with(tmp_path, *here)).name.startswith(taken)


def test_a_folder_with_a_whisper_of_ones_own_can_be_chosen(tmp_path: Path) -> None:
    own = tmp_path / "large"
    own.mkdir()
    store = store_with(tmp_path)
    with pytest.raises(ChoiceError, match=r"no model\.bin and no config\.json"):
        whisper_folder(str(own), store)
    (own / "model.bin").write_bytes(b"weights")
    (own / "config.json").write_text("{}")
    assert whisper_folder(str(own), store) == own


def test_a_whisper_that_is_neither_a_name_nor_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChoiceError, match=r"neither tiny\.en nor base nor a folder"):
        whisper_folder("large", store_with(tmp_path))
