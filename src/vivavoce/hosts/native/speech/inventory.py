"""What the embedded engine can hear and speak with: what is here, what is used, and how to get the rest."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from vivavoce.hosts.native.models import ModelStore
from vivavoce.hosts.native.speech.choice import (
    BETTER_WHISPER,
    WHISPERS,
    Kokoro,
    Piper,
    read_voice,
)

HIBARI_BYTES = 15_700_000
KOKORO_BYTES = 92_000_000
"""Of the 8-bit model; the other sizes of it go up to 330 MB."""


class Kind(Enum):
    RECOGNISER = "recogniser"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Part:
    kind: Kind
    name: str
    """As VIVAVOCE_WHISPER or VIVAVOCE_TTS take it."""
    here: bool
    used: bool
    languages: str
    licence: str
    size: int
    """Bytes on the disk; 0 where it is not known before."""
    how: str
    """How to get it, or to choose it."""


def inventory(store: ModelStore, whisper: str = "", voice: str = "") -> list[Part]:
    """`whisper` and `voice` are the settings. Raises ChoiceError when they cannot be used."""
    return [*_recognisers(store, whisper), *_voices(voice)]


def _recognisers(store: ModelStore, chosen: str) -> list[Part]:
    used = chosen or ("base" if store.here(BETTER_WHISPER) else "tiny.en")
    parts = []
    for name, model_name in WHISPERS.items():
        model, here = store.models[model_name], store.here(model_name) is not None
        languages = "English" if name.endswith(".en") else "99 languages"
        how = f"VIVAVOCE_WHISPER={name}" if here else f"vivavoce models --fetch {model_name}"
        parts.append(Part(Kind.RECOGNISER, name, here, name == used, languages, model.licence, model.size, how))
    own = chosen if chosen and chosen not in WHISPERS else ""
    weights = Path(own).expanduser() / "model.bin"
    here = bool(own) and weights.exists()
    how = "" if here else "a Whisper of any size, converted for CTranslate2: VIVAVOCE_WHISPER=FOLDER"
    size = weights.stat().st_size if here else 0
    licence = "the model's own licence"
    parts.append(Part(Kind.RECOGNISER, own or "FOLDER", here, bool(own), "those of the model", licence, size, how))
    return parts


def _voices(chosen: str) -> list[Part]:
    voice = read_voice(chosen)
    kokoro = voice if isinstance(voice, Kokoro) else None
    piper = voice if isinstance(voice, Piper) else None
    here = importlib.util.find_spec("hibari") is not None
    return [
        Part(
            Kind.VOICE,
            "hibari",
            here,
            not (kokoro or piper),
            "English, ten voices",
            "Apache-2.0",
            HIBARI_BYTES,
            "VIVAVOCE_TTS=hibari" if here else "pip install 'vivavoce[local]'",
        ),
        Part(
            Kind.VOICE,
            chosen if kokoro else "kokoro:FOLDER",
            kokoro is not None,
            kokoro is not None,
            "English, ten voices",
            "Apache-2.0",
            kokoro.model.stat().st_size if kokoro else KOKORO_BYTES,
            "" if kokoro else "Kokoro-82M v1.0 as ONNX and its voices: VIVAVOCE_TTS=kokoro:FOLDER",
        ),
        Part(
            Kind.VOICE,
            chosen if piper else "piper:FILE.onnx",
            piper is not None,
            piper is not None,
            "English, the voices of the file",
            "the voice's own licence",
            piper.model.stat().st_size if piper else 0,
            "" if piper else "any English Piper voice with its .onnx.json: VIVAVOCE_TTS=piper:FILE.onnx",
        ),
    ]
