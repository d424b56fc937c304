"""Whisper's tokens. Each letter of a token stands for one byte of UTF-8; what is in `<|…|>` steers the model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from vivavoce.hosts.native.models import ModelError


class Vocabulary:
    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = frozenset(token for token in tokens if not token.startswith("<|"))
        self.languages = frozenset(token[2:-2] for token in tokens if _names_a_language(token))
        """ISO 639-1 codes, and a few of ISO 639-3. A model for English alone has them too."""

    @classmethod
    def read(cls, folder: Path) -> Vocabulary:
        """From a model's folder: a JSON list, or one token a line. Raises ModelError."""
        try:
            if (folder / "vocabulary.json").exists():
                tokens = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
            else:
                tokens = (folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")
            return cls([str(token) for token in tokens])
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The vocabulary of the speech model in {folder} cannot be read ({error}). A CTranslate2 Whisper has "
                "a vocabulary.json or a vocabulary.txt beside its model.bin."
            ) from error

    def spell(self, text: str) -> list[str]:
        """Tokens that read as `text`, the longest first; not the tokeniser's own choice, but near enough for a hint."""
        letters = "".join(_alphabet()[byte] for byte in text.encode(errors="replace"))
        tokens = []
        while letters:
            size = next(size for size in range(len(letters), 0, -1) if size == 1 or letters[:size] in self._tokens)
            tokens.append(letters[:size])
            letters = letters[size:]
        return tokens


def text_of(tokens: Sequence[str]) -> str:
    bytes_of = {letter: byte for byte, letter in _alphabet().items()}
    spoken = (token for token in tokens if not token.startswith("<|"))
    return bytes(bytes_of[letter] for token in spoken for letter in token).decode(errors="replace").strip()


def _names_a_language(token: str) -> bool:
    """`<|en|>`, `<|yue|>`; the other tokens of this form are longer or numbers."""
    name = token[2:-2]
    return token.startswith("<|") and token.endswith("|>") and 2 <= len(name) <= 3 and name.isalpha()


@cache
def _alphabet() -> dict[int, str]:
    """The letter that stands for each byte: itself where it can be seen, the rest from U+0100 on (GPT-2's choice)."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = (byte for byte in range(256) if byte not in visible)
    return {byte: chr(byte) for byte in visible} | {byte: chr(256 + at) for at, byte in enumerate(hidden)}
