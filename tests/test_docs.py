"""The documentation names every setting and every event, and no others."""

from __future__ import annotations

import json
import re
from pathlib import Path

from vivavoce.hosts.cloudflare.settings import VARIABLES as ON_CLOUDFLARE
from vivavoce.hosts.native.settings import VARIABLES

ROOT = Path(__file__).parent.parent


def test_the_readme_names_every_setting() -> None:
    named = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(VARIABLES)


def test_the_cloudflare_page_names_every_setting_there() -> None:
    named = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/cloudflare.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(ON_CLOUDFLARE)


def test_the_protocol_page_names_every_event_of_our_own() -> None:
    schema = json.loads((ROOT / "shared/events.schema.json").read_text("utf-8"))
    types = {
        shape["properties"]["type"]["const"]
        for shape in schema["$defs"].values()
        if "const" in shape.get("properties", {}).get("type", {})
    }
    text = (ROOT / "docs/protocol.md").read_text("utf-8")
    assert types == set(re.findall(r"^\| `(vivavoce\.[a-z._]+)` \|", text, re.MULTILINE))


def test_the_targets_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    text = "".join((ROOT / page).read_text("utf-8") for page in ("README.md", "docs/development.md"))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    assert named <= targets


def test_make_chaos_runs_everything_that_there_is() -> None:
    folder = ROOT / "benchmarks/chaos"
    runs = "\ndef run(long: bool) -> bool:"
    runnable = {file.stem for file in folder.glob("*.py") if runs in file.read_text("utf-8")}
    named = re.search(r"^NAMES = \((.*)\)$", (folder / "__main__.py").read_text("utf-8"), re.MULTILINE)
    assert named is not None
    assert set(re.findall(r'"(\w+)"', named[1])) == runnable
