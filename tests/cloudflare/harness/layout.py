"""What workerd is given to read: the project's Python as it would be deployed, and what wrangler.toml says."""

from __future__ import annotations

import json
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.watch import planted

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ROOT / "workers/realtime/node_modules"

PYTHON_RUNTIME = {"python_workers"}
"""Flags that make workerd look for Cloudflare's Python runtime, in whose place the harness stands."""
NOT_NODE = ["no_nodejs_compat", "no_nodejs_compat_v2"]
"""Flags without which Pyodide takes the isolate for Node."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What `wrangler deploy` would take up."""

    entry: Path
    """Its whole folder goes along."""
    modules: Path
    """The vendored packages."""
    wrangler: Mapping[str, Any]
    assets: Path


def of_project() -> Deployment:
    wrangler = tomllib.loads((ROOT / "wrangler.toml").read_text("utf-8"))
    return Deployment(
        ROOT / wrangler["main"], ROOT / "python_modules", wrangler, ROOT / wrangler["assets"]["directory"]
    )


def workerd() -> Path:
    """The executable that npm installed for this machine."""
    scope = (PACKAGES / "workerd").resolve().parent / "@cloudflare"
    return next(scope.glob("workerd-*/bin/workerd"))


def lay_out(folder: Path, deployment: Deployment, variables: Mapping[str, str]) -> None:
    """Put it into `folder`, with `variables` on top of those that wrangler.toml has."""
    folder.mkdir(parents=True)
    (folder / "pyodide").symlink_to((PACKAGES / "pyodide").resolve())
    with zipfile.ZipFile(folder / "app.zip", "w") as bundle:
        _add(bundle, deployment.entry.parent, "")
        _add(bundle, deployment.modules, "python_modules/")
    (folder / "given.capnp").write_text(_given(deployment.wrangler, variables), "utf-8")


def _add(bundle: zipfile.ZipFile, folder: Path, prefix: str) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            # The lessons are those in whose secret fields the watch has put its canaries.
            source = planted() / path.name if path.parent.name == "scenarios" else path
            bundle.write(source, prefix + path.relative_to(folder).as_posix())


def _given(wrangler: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    flags = [flag for flag in wrangler["compatibility_flags"] if flag not in PYTHON_RUNTIME]
    [objects] = wrangler["durable_objects"]["bindings"]
    assets = wrangler["assets"]
    bindings = [
        '(name = "UNSAFE_EVAL", unsafeEval = void)',
        f"(name = {_text(objects['name'])}, durableObjectNamespace = {_text(objects['class_name'])})",
        *(f"(name = {_text(name)}, text = {_text(text)})" for name, text in (wrangler["vars"] | variables).items()),
    ]
    if binding := assets.get("binding"):
        bindings.append(f'(name = {_text(binding)}, service = (name = "front", entrypoint = "Assets"))')
    return "\n".join(
        [
            "@0xbd1f7c9a3e5b2d64;",
            'using Workerd = import "/workerd/workerd.capnp";',
            f"const compatibilityDate :Text = {_text(wrangler['compatibility_date'])};",
            f"const compatibilityFlags :List(Text) = [{', '.join(map(_text, flags + NOT_NODE))}];",
            f"const runWorkerFirst :Text = {_text(json.dumps(assets.get('run_worker_first', False)))};",
            "const bindings :List(Workerd.Worker.Binding) = [",
            *(f"  {binding}," for binding in bindings),
            "];",
        ]
    )


def _text(value: str) -> str:
    plain = set(range(32, 127)) - set(b'"\\')
    return '"' + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in value.encode()) + '"'
