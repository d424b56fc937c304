"""Results as CSV, for spreadsheets. A learner's words and names stand in it, so no cell can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_CALL = ("kind", "at", "until", "who", "id", "criterion", "text", "result", "points", "quote")
_CLASS = (
    "user",
    "scenario_id",
    "title",
    "call",
    "started_at",
    "seconds",
    "ended_reason",
    "score",
    "pass_mark",
    "passed",
    "retry_of",
)


def call_csv(review: Mapping[str, Any]) -> str:
    """A call, row by row: the score, its checks with each quotation, measures, quiz, hints, and every line."""
    return _write(_CALL, _call_rows(review))


def class_csv(results: Mapping[str, Any]) -> str:
    """One row for each call."""
    return _write(_CLASS, ({**call, "call": call["id"]} for call in results["calls"]))


def _call_rows(review: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    grade = review["grade"]
    if grade is not None:
        yield _row("grade", text=grade["closing"], result=_passed(grade["passed"]), points=grade["score"])
        for criterion in grade["criteria"]:
            for check in criterion["checks"]:
                first, *more = check["evidence"] or [{}]
                about = {"id": check["id"], "criterion": criterion["name"], "text": check["ask"]}
                yield _row("check", **about, **_quoted(first), result=check["result"], points=check["weight"])
                for evidence in more:
                    yield _row("check", **about, **_quoted(evidence))
        for measure in grade["measures"]:
            yield _row("measure", id=measure["id"], text=measure["unit"], result=measure["value"])
    for mark in review["quiz"]["marks"]:
        right = "right" if mark["correct"] else "wrong"
        yield _row("quiz", at=mark["at"], id=mark["item_id"], text=mark["given"], result=right)
    for hint in review["hints"]:
        yield _row("hint", at=hint["at"], text=hint["text"], result=hint["kind"], points=-hint["cost"])
    for line in review["lines"]:
        who = "learner" if line["role"] == "user" else "persona"
        heard = line["text"] if line["heard_chars"] is None else line["text"][: line["heard_chars"]]
        result = "interrupted" if line["interrupted"] else ""
        times = {"at": line["at"], "until": line["until"]}
        yield _row("line", **times, who=who, id=line["item_id"], text=line["text"], result=result, quote=heard)


def _quoted(evidence: Mapping[str, Any]) -> dict[str, Any]:
    if not evidence:
        return {}
    who = "learner" if evidence["role"] == "user" else "persona"
    return {"at": evidence["at"], "who": who, "quote": evidence["quote"]}


def _row(kind: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, **values}


def _passed(passed: bool) -> str:
    return "passed" if passed else "not passed"


def _write(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would calculate is told to be a text by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        text = value.replace("\x00", "")
        return f"'{text}" if text.startswith(_FORMULA) else text
    return value
