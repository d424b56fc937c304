"""The core's own tests, run by the Python of Cloudflare's runtime."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

from cloudflare.harness.layout import ROOT

CORE = ("protocol", "scenario", "lesson", "session", "store", "test_core_imports.py")
"""Of what a Worker imports, the tests that are of the core alone; the last one imports everything."""
NEED_A_PROCESS = (
    "--ignore=tests/scenario/test_lint_language.py",
    "--ignore=tests/scenario/test_new_lesson.py",
    "--ignore=tests/scenario/test_ten_mistakes.py",
    "--deselect=tests/lesson/test_proof.py::test_the_same_record_gives_the_same_bytes_in_every_process",
)


def test_the_core_passes_its_tests_in_pyodide(record_property: Callable[[str, object], None]) -> None:
    here = "tests/cloudflare/pyodide"
    done = subprocess.run(
        [
            *(sys.executable, "hatch_build.py", "node", f"{here}/run.js", ROOT, ROOT / ".make/pyodide"),
            *(f"--config-file={here}/pytest.ini", "--rootdir=/repository", "-q", *NEED_A_PROCESS),
            *(f"tests/{part}" for part in CORE),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    summary = done.stdout.strip().rpartition("\n")[2]
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-2000:]}"
    assert re.fullmatch(r"\d+ passed, 1 deselected in .*", summary), summary
    record_property("the core's tests in Pyodide", summary)
