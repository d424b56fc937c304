"""Runs the server and Vite side by side; when one of them ends, or this script is told to, both end.

python scripts/dev.py               the native host
python scripts/dev.py cloudflare    the Worker, under Wrangler
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 10
"""How long a process may take to end by itself after SIGTERM."""


def main() -> None:
    node = [sys.executable, str(ROOT / "hatch_build.py"), "node"]
    native = [str(Path(sys.executable).with_name("vivavoce")), "serve", "--port", "8787", "--reload"]
    wrangler = [*node, "workers/realtime/node_modules/wrangler/bin/wrangler.js", "dev", "--port", "8787"]
    server = wrangler if sys.argv[1:] == ["cloudflare"] else native
    vite = [*node, "node_modules/vite/bin/vite.js"]
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs in its background without one
    processes = [start(server, ROOT), start(vite, ROOT / "apps/web")]
    try:
        os.wait()
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes:
            end(process)


def start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """In a process group of its own, so that `end` reaches whatever it starts in turn."""
    return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, process_group=0)


def end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(PATIENCE_S)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def stop(number: int, frame: object) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
