"""The Python programs of docs/engine.md, run as they stand there, but for the port."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kit.engine import EngineProcess

pytestmark = pytest.mark.speech

PAGE = (Path(__file__).parents[2] / "docs/engine.md").read_text("utf-8")
PROGRAMS = dict(re.findall(r"^### (.+)\n(?:(?!^### ).*\n)*?```python\n((?:.*\n)*?)```", PAGE, re.MULTILINE))


@pytest.mark.parametrize(
    ("heading", "printed"), [("openai (Python)", "Hello there"), ("openai-agents (Python)", "It is foggy.")]
)
def test_the_program_of(engine: EngineProcess, tmp_path: Path, heading: str, printed: str) -> None:
    program = PROGRAMS[heading]
    assert "127.0.0.1:8788" in program
    program = program.replace(":8788", f":{engine.port}")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert printed in ran.stdout


def test_every_program_is_run() -> None:
    assert len(PROGRAMS) == PAGE.count("```python\n") == 2
