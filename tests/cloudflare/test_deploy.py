"""What `wrangler deploy` would take up, as its dry run leaves it in a folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit.server import clean_environment
from vivavoce.admission.page import SECURITY
from vivavoce.hosts.cloudflare.settings import read_settings
from vivavoce.settings.error import SettingsError

ROOT = Path(__file__).resolve().parents[2]
WRANGLER = ROOT / "workers/realtime/node_modules/wrangler/bin/wrangler.js"
NATIVE = ("__main__.py", "cli", "engine", "rehearsal", "hosts/native")
"""What the Worker has no use for."""
MOST_GZIPPED_KIB = 600
"""All of it is read at a cold start. Twice what it was when this was written."""


@dataclass(frozen=True)
class DryRun:
    code: int
    told: str
    modules: dict[str, bytes]
    assets: Path

    @property
    def sizes(self) -> tuple[float, float]:
        """KiB of the upload, and of it compressed."""
        found = re.search(r"Total Upload: ([\d.]+) KiB / gzip: ([\d.]+) KiB", self.told)
        assert found, self.told
        return float(found[1]), float(found[2])


def dry_run(project: Path, home: Path) -> DryRun:
    bundle = home / "bundle"
    done = subprocess.run(
        [sys.executable, ROOT / "hatch_build.py", "node", WRANGLER, "deploy", "--dry-run", "--outdir", bundle],
        cwd=project,
        # pnpm's store is that of the person who runs the tests, who may be signed in to Cloudflare: Wrangler's is not.
        env=clean_environment(Path.home(), XDG_CONFIG_HOME=str(home), WRANGLER_SEND_METRICS="false"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    files = (path for path in bundle.rglob("*") if path.is_file())
    modules = {path.relative_to(bundle).as_posix(): path.read_bytes() for path in files}
    directory = tomllib.loads((project / "wrangler.toml").read_text("utf-8"))["assets"]["directory"]
    return DryRun(done.returncode, done.stdout, modules, project / directory)


def assert_whole(made: DryRun) -> None:
    """It can serve: Worker, core, SDK, every lesson, and the web app."""
    assert made.code == 0, made.told
    assert made.modules["entry.py"] == (ROOT / "workers/realtime/src/entry.py").read_bytes()
    package = ROOT / "src/vivavoce"
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        if not name.startswith(NATIVE):
            assert made.modules.get(f"python_modules/vivavoce/{name}") == path.read_bytes(), name
    lessons = sorted((ROOT / "scenarios").glob("*.json"))
    assert lessons
    for path in lessons:
        assert made.modules.get(f"python_modules/vivavoce/data/scenarios/{path.name}") == path.read_bytes(), path.name
    assert "python_modules/workers/__init__.py" in made.modules

    page = made.assets / "index.html"
    assert page.is_file(), "The web app is not built."
    named = re.findall(r'(?:src|href)="/((?!api/)[^"]+)"', page.read_text("utf-8"))
    assert named
    assert [name for name in named if not (made.assets / name).is_file()] == []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DryRun:
    return dry_run(ROOT, tmp_path_factory.mktemp("deploy"))


def test_everything_that_the_worker_needs_is_taken_up(made: DryRun) -> None:
    assert_whole(made)
    assert "files from the assets directory" in made.told


def test_nothing_else_is_taken_up(made: DryRun) -> None:
    native = [name for name in made.modules if name.removeprefix("python_modules/vivavoce/").startswith(NATIVE)]
    assert native == []
    assert [name for name in made.modules if name.endswith((".pyc", ".sqlite3"))] == []
    assert [name for name, content in made.modules.items() if str(ROOT).encode() in content] == []


def test_the_configuration_names_what_the_worker_reads(made: DryRun) -> None:
    assert "env.REALTIME_SESSION (RealtimeSession)" in made.told
    assert "env.ASSETS" in made.told
    assert "OPENAI_API_KEY" not in made.told, "It is a secret and stands in no file."


def test_what_is_deployed_lets_nobody_in_before_its_secrets_are_there() -> None:
    variables = tomllib.loads((ROOT / "wrangler.toml").read_text("utf-8"))["vars"]
    example = (ROOT / "workers/realtime/.dev.vars.example").read_text("utf-8")
    secrets = dict.fromkeys(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE), "thirty-two-characters-or-more" * 2)
    secrets["OPENAI_API_KEY"] = "sk-something"
    assert read_settings({**variables, **secrets}).door.sign_in == "code"
    for name in secrets:
        with pytest.raises(SettingsError, match=name):
            read_settings({**variables, **secrets, name: ""})


def test_what_cloudflare_serves_without_the_worker_has_the_headers_of_every_answer(made: DryRun) -> None:
    _, everywhere = (made.assets / "_headers").read_text("utf-8").split("\n/*\n")
    assert dict(line.strip().split(": ", 1) for line in everywhere.splitlines()) == SECURITY


def test_it_is_small(made: DryRun, record_property: Callable[[str, object], None]) -> None:
    size, gzipped = made.sizes
    record_property("wrangler deploy --dry-run", f"{size:.0f} KiB, gzipped {gzipped:.0f} KiB")
    assert gzipped < MOST_GZIPPED_KIB


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("python_modules/vivavoce/data/scenarios/hotel-complaint.json", "hotel-complaint.json"),
        ("src/vivavoce/hosts/native/static/index.html", "The web app is not built"),
        ("src/vivavoce/hosts/native/static/assets", r"assets/index-\S+\.js"),
        ("src/vivavoce/hosts/native/static", "does not exist"),
    ],
)
def test_a_bundle_that_lacks_something_is_told(missing: str, told: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for part in ("workers/realtime/src", "python_modules", "src/vivavoce/hosts/native/static"):
        shutil.copytree(ROOT / part, project / part)
    # Without its build, which would bring back what is missing.
    configuration = re.sub(r"\[build\]\n(?:.+\n)+", "", (ROOT / "wrangler.toml").read_text("utf-8"))
    (project / "wrangler.toml").write_text(configuration, "utf-8")
    path = project / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(AssertionError, match=told):
        assert_whole(dry_run(project, tmp_path))
