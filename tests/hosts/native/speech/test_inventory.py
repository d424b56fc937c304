"""What there is to hear and speak with, as `vivavoce engine --list` shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hosts.native.speech.test_choice import kokoro, piper, store_with
from vivavoce.hosts.native.speech.choice import BETTER_WHISPER, DEFAULT_WHISPER, ChoiceError
from vivavoce.hosts.native.speech.inventory import Kind, Part, inventory


def used(parts: list[Part], kind: Kind) -> str:
    (name,) = [part.name for part in parts if part.kind is kind and part.used]
    return name


def test_without_a_choice_the_small_ones_are_used(tmp_path: Path) -> None:
    parts = inventory(store_with(tmp_path, DEFAULT_WHISPER))
    assert used(parts, Kind.RECOGNISER) == "tiny.en"
    assert used(parts, Kind.VOICE) == "hibari"
    base = next(part for part in parts if part.name == "base")
    assert not base.here
    assert base.how == "vivavoce models --fetch whisper-base"
    assert all(part.how for part in parts)


def test_what_was_fetched_is_used(tmp_path: Path) -> None:
    parts = inventory(store_with(tmp_path, DEFAULT_WHISPER, BETTER_WHISPER))
    assert used(parts, Kind.RECOGNISER) == "base"


def test_what_was_chosen_is_used_and_measured(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "model.bin").write_bytes(bytes(1_000))
    store = store_with(tmp_path, DEFAULT_WHISPER)
    for voice in (f"kokoro:{kokoro(tmp_path / 'k', 'af_heart')}", f"piper:{piper(tmp_path)}"):
        parts = inventory(store, str(own), voice)
        assert used(parts, Kind.RECOGNISER) == str(own)
        assert used(parts, Kind.VOICE) == voice
        assert {part.size for part in parts if part.used} == {1_000, len(b"weights")}


def test_a_choice_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(ChoiceError):
        inventory(store_with(tmp_path), "", "espeak")
