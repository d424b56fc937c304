"""The load program: compiled once, then a process that plays runs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trustme

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCES = sorted((HERE / "load").glob("*.[ch]"))

Run = dict[str, Any]
"""What the load program says of a run; see load.c."""


class LoadError(Exception):
    pass


def build(folder: Path) -> Path:
    """The program, compiled unless these very sources were before."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in SOURCES)).hexdigest()[:16]
    program = folder / f"load-{digest}"
    if program.exists():
        return program
    if not shutil.which("cc") or not Path("/usr/include/openssl/ssl.h").exists():
        install = [str(ROOT / "scripts/apt-install"), "The load program of the benchmark is in C", "gcc", "libc6-dev"]
        subprocess.run([*install, "libssl-dev"], check=True)
    folder.mkdir(parents=True, exist_ok=True)
    sources = [str(source) for source in SOURCES if source.suffix == ".c"]
    new = program.with_suffix(".new")
    compiler = ["cc", "-std=c11", "-O3", "-Wall", "-Wextra", "-Werror", "-o", str(new), *sources, "-lssl", "-lcrypto"]
    subprocess.run(compiler, check=True)
    return new.rename(program)


class Load:
    """The running program. It is the upstream of every relay, and plays the browsers of one at a time."""

    def __init__(self, program: Path, folder: Path, core: int) -> None:
        self.authority = folder / "authority.pem"
        """Who vouches for the upstream's certificate."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.authority)
        certificate, key = folder / "upstream.pem", folder / "upstream.key"
        issued = authority.issue_cert("localhost", "127.0.0.1")
        issued.cert_chain_pems[0].write_to_path(certificate)
        issued.private_key_pem.write_to_path(key)
        self._process = subprocess.Popen(
            [str(program), "0", "0", str(certificate), str(key)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        ports = self._read()
        self.port: int = ports["plain"]
        self.tls_port: int = ports["tls"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._process as process:
            assert process.stdin
            process.stdin.close()  # that is its end

    def run(self, pids: list[int], **words: Any) -> Run:
        """Play a run; raises LoadError when the program ends instead, having said why."""
        assert self._process.stdin
        line = " ".join(f"{name}={value}" for name, value in words.items())
        self._process.stdin.write(line + "".join(f" pid={pid}" for pid in pids) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Run:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise LoadError(f"the load program ended with {self._process.wait()}")
        answer: Run = json.loads(line)
        return answer
