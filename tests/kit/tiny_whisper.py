"""A Whisper of a few kilobytes with weights made by chance: it talks nonsense, in the form of a real one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs.whisper_spec import WhisperSpec
from numpy.typing import NDArray

SIZE = 16


def tiny_whisper(folder: Path, *, bands: int, languages: Sequence[str]) -> Path:
    """Into `folder`, as CTranslate2's converter writes it. English alone makes it a model for English only."""
    tokens = _tokens(languages)
    spec = WhisperSpec(1, 2, 1, 2)
    spec.encoder.conv1.weight, spec.encoder.conv1.bias = _weights(SIZE, bands, 3), _weights(SIZE)
    spec.encoder.conv2.weight, spec.encoder.conv2.bias = _weights(SIZE, SIZE, 3), _weights(SIZE)
    spec.encoder.position_encodings.encodings = _weights(1500, SIZE)
    spec.decoder.position_encodings.encodings = _weights(448, SIZE)
    spec.decoder.embeddings.weight = spec.decoder.projection.weight = _weights(len(tokens), SIZE)
    for stack in (spec.encoder, spec.decoder):
        _normal(stack.layer_norm)
        for layer in stack.layer:
            _attention(layer.self_attention, 3 * SIZE, SIZE)
            if stack is spec.decoder:
                _attention(layer.attention, SIZE, 2 * SIZE, SIZE)
            _normal(layer.ffn.layer_norm)
            _linear(layer.ffn.linear_0, 4 * SIZE, SIZE)
            _linear(layer.ffn.linear_1, SIZE, 4 * SIZE)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [tokens.index(f"<|{language}|>") for language in languages]
    spec.config.alignment_heads = [[0, 0]]
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    return folder


def _tokens(languages: Sequence[str]) -> list[str]:
    spoken = [chr(letter) for letter in range(0x21, 0x7F)] + ["Ġ", "Ġthe", "Ġroom"]
    if len(languages) > 1:
        spoken.append("")  # by which CTranslate2 knows the multilingual ones
    steering = ["endoftext", "startoftranscript", *languages, "translate", "transcribe", "startoflm", "startofprev"]
    return [*spoken, *(f"<|{name}|>" for name in (*steering, "nospeech", "notimestamps", "0.00"))]


def _weights(*shape: int) -> NDArray[np.float32]:
    return (np.random.default_rng(sum(shape)).standard_normal(shape) * 0.1).astype(np.float32)


def _normal(norm: Any) -> None:
    norm.gamma, norm.beta = np.ones(SIZE, np.float32), np.zeros(SIZE, np.float32)


def _linear(linear: Any, rows: int, columns: int) -> None:
    linear.weight, linear.bias = _weights(rows, columns), _weights(rows)


def _attention(attention: Any, *rows: int) -> None:
    _normal(attention.layer_norm)
    for linear, each in zip(attention.linear, rows, strict=True):
        _linear(linear, each, SIZE)
