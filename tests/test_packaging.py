"""What is shipped: a wheel with everything in it, and requirements that are what pyproject.toml asks for."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
DATA = "vivavoce/data"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """Packed from the checkout as it is, with the web app that was built last."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        env={**os.environ, "VIVAVOCE_SKIP_WEB": "1"},
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        yield wheel


def test_the_wheel_holds_the_package_the_page_and_the_lessons(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert {f"vivavoce/{path.relative_to(ROOT / 'src/vivavoce')}" for path in python_files()} <= names
    assert "vivavoce/hosts/native/static/index.html" in names, "The page is not built: make web"
    assert any(name.endswith(".js") and "/static/assets/" in name for name in names)
    lessons = sorted((ROOT / "scenarios").glob("*.json"))
    for path in [*lessons, *(ROOT / "shared").glob("*.schema.json")]:
        packed = f"{DATA}/{path.relative_to(ROOT).as_posix()}"
        assert wheel.read(packed) == path.read_bytes()
    assert f"{DATA}/scenarios/index.json" in names


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    roots = {name.split("/")[0] for name in wheel.namelist()}
    assert roots == {"vivavoce", next(root for root in roots if root.endswith(".dist-info"))}
    assert not [name for name in wheel.namelist() if "node_modules" in name or name.endswith(".pyc")]


def test_the_wheel_holds_the_pump_where_there_is_a_compiler(wheel: zipfile.ZipFile, build_script: ModuleType) -> None:
    modules = [module.relative_to(ROOT / "src").as_posix() for module in build_script.pump_modules()]
    built = [name for name in wheel.namelist() if name.endswith((".so", ".c"))]
    (about,) = (name for name in wheel.namelist() if name.endswith(".dist-info/WHEEL"))
    if build_script.no_compiler():
        assert not built
        assert b"Tag: py3-none-any" in wheel.read(about)
    else:
        assert sorted(built) == modules
        assert b"Root-Is-Purelib: false" in wheel.read(about)
        assert f"Tag: cp{sys.version_info[0]}{sys.version_info[1]}-".encode() in wheel.read(about)


def python_files() -> list[Path]:
    return sorted((ROOT / "src/vivavoce").rglob("*.py"))


@pytest.mark.parametrize(
    ("file", "extras", "groups"),
    [
        ("requirements.txt", ["local"], ["build", "pump"]),
        ("requirements-dev.txt", ["local"], ["dev"]),
        ("requirements-node.txt", None, ["node"]),
        ("requirements-worker.txt", None, ["worker"]),
    ],
)
def test_requirements_hold_what_pyproject_asks_for(file: str, extras: list[str] | None, groups: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [line for group in groups for line in project["dependency-groups"][group] if isinstance(line, str)]
    if extras is not None:
        asked += project["project"]["dependencies"]
        asked += [line for extra in extras for line in project["project"]["optional-dependencies"][extra]]
    pinned: dict[str, list[Version]] = {}
    text = (ROOT / file).read_text("utf-8")
    for name, version in re.findall(r"^([a-z0-9.-]+)==([^ ]+)", text, re.MULTILINE):
        pinned.setdefault(name, []).append(Version(version))
    for requirement in map(Requirement, asked):
        assert pinned[requirement.name], f"{requirement.name} is not in {file}: make lock"
        for version in pinned[requirement.name]:
            assert requirement.specifier.contains(version), f"{requirement} in {file} is {version}: make lock"


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"])
def test_requirements_name_hashes_and_no_addresses(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert "://" not in text
    for block in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block


def test_the_lock_file_of_the_web_names_no_addresses() -> None:
    assert not re.search(r"https?://|tarball:", (ROOT / "pnpm-lock.yaml").read_text("utf-8"))


@pytest.fixture
def build_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hatch_build(build_script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The build script, at work in a small tree of its own."""
    module = build_script
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "PUMP", tmp_path)
    (tmp_path / "apps/web/node_modules").mkdir(parents=True)
    (tmp_path / "apps/web/page.ts").write_text("one")
    (tmp_path / "pnpm-lock.yaml").write_text("locked")
    return module


def test_the_page_is_built_again_when_its_sources_change(hatch_build: ModuleType, tmp_path: Path) -> None:
    before = hatch_build.digest()
    (tmp_path / "apps/web/node_modules/part.js").write_text("not ours")
    (tmp_path / "apps/web/types.tsbuildinfo").write_text("left over")
    assert hatch_build.digest() == before
    digests = {before}
    (tmp_path / "apps/web/page.ts").write_text("two")
    digests.add(hatch_build.digest())
    (tmp_path / "apps/web/page.ts").rename(tmp_path / "apps/web/home.ts")
    digests.add(hatch_build.digest())
    (tmp_path / "pnpm-lock.yaml").write_text("other")
    digests.add(hatch_build.digest())
    assert len(digests) == 4


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"CC": "no-such-compiler -pthread"}, "no C compiler: "),
        ({"CFLAGS": "-include no-such-header.h"}, "no-such-header.h"),
    ],
)
def test_a_pump_that_cannot_be_built_is_one_line_and_no_error(
    hatch_build: ModuleType, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], why: str
) -> None:
    if hatch_build.no_compiler():
        pytest.skip("there is no C compiler anyway")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for source, built in zip(hatch_build.pump_sources(), hatch_build.pump_modules(), strict=True):
        source.write_text("cdef int one = 1\n")
        built.write_bytes(b"an older one")
        os.utime(built, (0, 0))
    said: list[str] = []
    assert not hatch_build.build_pump(said.append)
    (line,) = said
    assert why in line and "make pump" in line and "\n" not in line
    assert not any(module.exists() for module in hatch_build.pump_modules())
