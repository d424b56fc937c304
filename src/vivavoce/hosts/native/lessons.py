"""The lessons of a folder: one JSON file each, and index.json with what the menu shows, in its order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vivavoce.scenario.catalogue import Catalogue, decode
from vivavoce.scenario.model import ScenarioError

INDEX = "index.json"


def load_catalogue(folder: Path) -> Catalogue:
    """Every lesson of the folder, in the order of its index. A ScenarioError says what is wrong and what to run."""
    catalogue = read_lessons(folder)
    if reason := index_fault(folder, catalogue):
        raise ScenarioError(str(folder / INDEX), [reason])
    return catalogue


def index_fault(folder: Path, catalogue: Catalogue) -> str | None:
    """Why index.json cannot be served: it must be what `write_index` would write."""
    if _read_index(folder) == catalogue.public():
        return None
    return f"does not show the lessons as they are; run: vivavoce lint --write-index {folder}"


def write_index(folder: Path) -> None:
    """Bring index.json up to date: known lessons keep their place, new ones come last by name."""
    catalogue = read_lessons(folder)
    text = json.dumps(catalogue.public(), indent=2, ensure_ascii=False)
    (folder / INDEX).write_text(text + "\n", encoding="utf-8")


def read_lessons(folder: Path) -> Catalogue:
    if not folder.is_dir():
        raise ScenarioError(str(folder), ["there is no such folder"])
    files = lesson_files(folder)
    if not files:
        raise ScenarioError(str(folder), ["holds no lessons (*.json)"])
    return Catalogue.from_texts({file.name: _text(file) for file in files})


def lesson_files(folder: Path) -> list[Path]:
    order = [f"{entry.get('id')}.json" for entry in _read_index(folder)]
    files = (file for file in folder.glob("*.json") if file.name != INDEX)
    return sorted(files, key=lambda file: (order.index(file.name) if file.name in order else len(order), file.name))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScenarioError(str(file), ["is not UTF-8"]) from None


def _read_index(folder: Path) -> list[dict[str, Any]]:
    """The entries of index.json; none when it is missing or no list of objects."""
    try:
        entries = decode((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
