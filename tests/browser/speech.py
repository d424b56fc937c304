"""What a learner says in the tests, and how far a transcript is from it."""

from __future__ import annotations

import json
import re
from pathlib import Path

AUDIO = Path(__file__).parents[1] / "audio"
UTTERANCES: dict[str, str] = json.loads((AUDIO / "utterances.json").read_text("utf-8"))


def utterance(name: str) -> Path:
    return AUDIO / f"{name}.wav"


def word_error_rate(said: str, understood: str) -> float:
    """Insertions, deletions and substitutions for each word said; case and punctuation do not count."""
    reference, hypothesis = words(said), words(understood)
    row = list(range(len(hypothesis) + 1))
    for place, word in enumerate(reference, start=1):
        diagonal, row[0] = row[0], place
        for index, other in enumerate(hypothesis, start=1):
            cost = min(row[index] + 1, row[index - 1] + 1, diagonal + (word != other))
            diagonal, row[index] = row[index], cost
    return row[-1] / len(reference)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())
