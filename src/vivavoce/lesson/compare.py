"""What a grade says otherwise than an earlier one of the same call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FIELDS = ("score", "passed", "rubric_version", "grader")


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What changed between two grades' JSON.

    `score`, `passed`, `rubric_version` and `grader` are {old, new}, each only when it changed; `checks` lists
    {id, ask, old, new} for each check with another result, None where a grade has no such check.
    """
    changed: dict[str, Any] = {
        name: {"old": old.get(name), "new": new.get(name)} for name in _FIELDS if old.get(name) != new.get(name)
    }
    before, after = _checks(old), _checks(new)
    changed["checks"] = [
        {"id": id, "ask": (after.get(id) or before[id])["ask"], "old": _result(before, id), "new": _result(after, id)}
        for id in dict.fromkeys([*after, *before])
        if _result(before, id) != _result(after, id)
    ]
    return changed


def _checks(grade: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {check["id"]: check for criterion in grade["criteria"] for check in criterion["checks"]}


def _result(checks: Mapping[str, Mapping[str, Any]], id: str) -> str | None:
    return checks[id]["result"] if id in checks else None
