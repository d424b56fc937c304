"""Puts into python_modules what the Worker runs: Cloudflare's SDK for Python, and vivavoce without its native host.

    python scripts/vendor_worker.py

`wrangler deploy` takes that folder up whole; `make worker`, which Wrangler calls first, keeps it up to date.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "python_modules"
SDK = ROOT / "requirements-worker.txt"
NOT_FOR_WORKERS = [
    "bin",
    "vivavoce-*.dist-info",
    *(f"vivavoce/{part}" for part in ("__main__.py", "cli", "engine", "rehearsal", "hosts/native")),
]


def main() -> None:
    vendor_sdk()
    vendor_package()
    # By this Cloudflare's runtime, as Python itself, knows a folder of installed packages.
    (MODULES / "pyvenv.cfg").touch()


def vendor_sdk() -> None:
    """Fetch the pinned SDK, unless it is here."""
    pinned = re.search(r"^workers-runtime-sdk==(\S+)", SDK.read_text("utf-8"), re.MULTILINE)
    assert pinned, f"{SDK.name} does not pin the SDK"
    if (MODULES / f"workers_runtime_sdk-{pinned[1]}.dist-info").is_dir():
        return
    shutil.rmtree(MODULES, ignore_errors=True)
    pip_install("--require-hashes", "--python-version", "3.14", "--only-binary", ":all:", "--requirement", str(SDK))


def vendor_package() -> None:
    """Install the package of this checkout anew, with its lessons."""
    shutil.rmtree(MODULES / "vivavoce", ignore_errors=True)
    pip_install("--no-index", "--no-build-isolation", str(ROOT))
    for pattern in NOT_FOR_WORKERS:
        for path in MODULES.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def pip_install(*what: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run(
        [*command, "--no-compile", "--target", str(MODULES), *what],
        env={**os.environ, "VIVAVOCE_SKIP_WEB": "1"},
        check=True,
    )


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"pip failed with exit code {error.returncode}")
