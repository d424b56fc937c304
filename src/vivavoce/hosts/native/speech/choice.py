"""Which ears and which voice: what the operator set, checked as far as files can be without loading them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vivavoce.hosts.native.models import ModelStore, Progress

WHISPERS = {"tiny.en": "whisper-tiny.en", "base": "whisper-base"}
"""Values of VIVAVOCE_WHISPER, and the models of the store that they stand for."""
DEFAULT_WHISPER, BETTER_WHISPER = "whisper-tiny.en", "whisper-base"
KOKORO_DEFAULT = "af_heart"


class ChoiceError(Exception):
    """Ears or a voice were chosen that cannot be used. The message says what to change."""


def whisper_folder(chosen: str, store: ModelStore, progress: Progress | None = None) -> Path:
    """The folder of the recogniser, fetched if need be. Raises ChoiceError and ModelError.

    Unless one is chosen, Whisper base is used where somebody has fetched it, else tiny.en.
    """
    if not chosen:
        return store.here(BETTER_WHISPER) or store.ensure(DEFAULT_WHISPER, progress)
    if chosen in WHISPERS:
        return store.ensure(WHISPERS[chosen], progress)
    folder = _path(chosen, "VIVAVOCE_WHISPER")
    if not folder.is_dir():
        raise ChoiceError(
            f"VIVAVOCE_WHISPER is {chosen!r}, which is neither {' nor '.join(WHISPERS)} nor a folder. "
            "Write one of these names, or the folder of a Whisper model in CTranslate2's format."
        )
    if missing := [name for name in ("model.bin", "config.json") if not (folder / name).exists()]:
        raise ChoiceError(
            f"VIVAVOCE_WHISPER is {chosen!r}, but there is no {' and no '.join(missing)} in that folder. It must hold "
            "a Whisper model in CTranslate2's format: model.bin, config.json and vocabulary.json or vocabulary.txt."
        )
    return folder


@dataclass(frozen=True, slots=True)
class Hibari:
    """The voice that comes with vivavoce[local]."""


@dataclass(frozen=True, slots=True)
class Kokoro:
    model: Path
    voices: dict[str, Path]
    """Packs by Kokoro's own names, such as af_heart."""


@dataclass(frozen=True, slots=True)
class Piper:
    model: Path
    config: dict[str, Any] = field(repr=False)


Voice = Hibari | Kokoro | Piper


def read_voice(chosen: str) -> Voice:
    """VIVAVOCE_TTS: `hibari`, `kokoro:FOLDER` or `piper:FILE.onnx`. Raises ChoiceError."""
    kind, _, where = chosen.partition(":")
    match kind, where:
        case (("" | "hibari"), ""):
            return Hibari()
        case "kokoro", where if where:
            return _kokoro(_path(where, "VIVAVOCE_TTS"))
        case "piper", where if where:
            return _piper(_path(where, "VIVAVOCE_TTS"))
    raise ChoiceError(f"VIVAVOCE_TTS is {chosen!r}. Set it to hibari, kokoro:FOLDER or piper:FILE.onnx.")


def _kokoro(folder: Path) -> Kokoro:
    models = sorted(folder.glob("*.onnx"))
    if len(models) != 1:
        found = f"{len(models)} files" if models else "no file"
        raise ChoiceError(
            f"There is {found} named *.onnx in {folder}. A folder for Kokoro holds one, for example "
            "kokoro-v1.0.int8.onnx, and a folder named voices."
        )
    voices = {path.stem: path for path in sorted((folder / "voices").glob("*.bin"))}
    if KOKORO_DEFAULT not in voices:
        raise ChoiceError(
            f"There is no {KOKORO_DEFAULT}.bin in {folder / 'voices'}. It is the voice that Kokoro speaks with when "
            "no other is there, so it must be."
        )
    return Kokoro(models[0], voices)


def _piper(model: Path) -> Piper:
    settings = model.with_name(f"{model.name}.json")
    for path in (model, settings):
        if not path.is_file():
            raise ChoiceError(f"There is no file {path}. A Piper voice is two: VOICE.onnx and VOICE.onnx.json.")
    try:
        config = json.loads(settings.read_text(encoding="utf-8"))
        language = config["espeak"]["voice"]
        usable = config["phoneme_id_map"] and config["audio"]["sample_rate"] and config["inference"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ChoiceError(f"{settings} is not the description of a Piper voice ({error!r}).") from error
    if not usable or config.get("phoneme_type", "espeak") != "espeak" or not str(language).startswith("en"):
        raise ChoiceError(f"The voice of {settings.name} does not speak English from phonemes, and no other is of use.")
    return Piper(model, config)


def _path(text: str, variable: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ChoiceError(f"{variable} is {text!r}, and there is no such home folder. Write the whole path.") from None
