"""What the architecture promises of the folders that run on every host."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "vivavoce"
CORE = [
    path
    for folder in (
        "protocol",
        "scenario",
        "lesson",
        "session",
        "engine",
        "store",
        "door",
        "settings",
        "admission",
        "rehearsal",
    )
    for path in sorted((SOURCE / folder).rglob("*.py"))
]


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", CORE, ids=name)
def test_the_core_does_not_await(path: Path) -> None:
    waiting = (ast.Await, ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith)
    assert not [node.lineno for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, waiting)]


@pytest.mark.parametrize("path", CORE, ids=name)
def test_the_core_needs_the_standard_library_alone(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported <= sys.stdlib_module_names | {"vivavoce"}
