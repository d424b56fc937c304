"""Where the lessons and schemas are that vivavoce brings along: in the package, or in the checkout around it."""

from __future__ import annotations

from pathlib import Path

import vivavoce

_PACKAGE = Path(vivavoce.__file__).parent
_PACKED = _PACKAGE / "data"
"""Filled when a wheel is built (hatch_build.py)."""
_CHECKOUT = _PACKAGE.parents[1]


def scenario_folder() -> Path:
    return _brought("scenarios")


def schema_file(name: str) -> Path:
    """A schema of shared/, for example scenario.schema.json."""
    return _brought("shared") / name


def _brought(folder: str) -> Path:
    packed = _PACKED / folder
    return packed if packed.is_dir() else _CHECKOUT / folder
