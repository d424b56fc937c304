"""A call as statements of the Experience API (xAPI 1.0.3), for a learning record store.

Three kinds: that the call was completed; that the lesson was passed or failed, with the score and each criterion; and
each answer to a question of the quiz. The ids are made from the call's, so a second export is the same statements.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

Json = dict[str, Any]

VERSION: Final = "1.0.3"
_VERBS: Final = "http://adlnet.gov/expapi/verbs/"
_ACTIVITIES: Final = "http://adlnet.gov/expapi/activities/"
_EXTENSIONS: Final = "urn:vivavoce:xapi:"


def statements(review: Mapping[str, Any], home: str) -> list[Json]:
    """`review` is a Review; `home` the address of the server, whose users the learners are."""
    maker = _Statements(review, home)
    return [*maker.outcome(), *maker.answers()]


class _Statements:
    def __init__(self, review: Mapping[str, Any], home: str) -> None:
        self._review = review
        self._call = review["call"]
        self._home = home
        self._locale = review["scenario"]["locale"]

    def outcome(self) -> Iterator[Json]:
        grade = self._review["grade"]
        if self._call["ended_reason"] is not None:
            duration = _duration(self._call["seconds"])
            result: Json = {"completion": True, "duration": duration}
            yield self._statement("completed", "completed", self._activity(), result, self._call["seconds"])
        if grade is not None:
            verb = "passed" if grade["passed"] else "failed"
            name = f"graded-{grade['revision']}"
            given = self._review["grades"][-1]["at"]
            yield self._statement(name, verb, self._activity(), _graded(grade, self._call), None, timestamp=given)

    def answers(self) -> Iterator[Json]:
        items = {item["id"]: item for item in self._review["quiz"]["items"]}
        for mark in self._review["quiz"]["marks"]:
            item = items.get(mark["item_id"])
            if item is not None:
                result = {"success": mark["correct"], "response": _response(item, mark["given"])}
                yield self._statement(f"answered-{item['id']}", "answered", self._question(item), result, mark["at"])

    def _statement(
        self, name: str, verb: str, object: Json, result: Json, at: float | None, timestamp: str | None = None
    ) -> Json:
        return {
            "id": _uuid(f"{self._call['id']}/{name}"),
            "version": VERSION,
            "actor": {
                "objectType": "Agent",
                "name": self._call["user"],
                "account": {"homePage": self._home, "name": self._call["user"]},
            },
            "verb": {"id": f"{_VERBS}{verb}", "display": {"en": verb}},
            "object": object,
            "result": result,
            "context": self._context(verb),
            "timestamp": timestamp or _later(self._call["started_at"], at or 0.0),
        }

    def _context(self, verb: str) -> Json:
        context: Json = {
            "registration": _uuid(self._call["id"]),
            "platform": "vivavoce",
            "language": self._locale,
            "extensions": {
                f"{_EXTENSIONS}call": self._call["id"],
                f"{_EXTENSIONS}scenario-version": self._call["scenario_version"],
                f"{_EXTENSIONS}model": self._call["model"],
            },
        }
        if self._call["retry_of"] is not None:
            context["extensions"][f"{_EXTENSIONS}retry-of"] = self._call["retry_of"]
        if verb == "answered":
            context["contextActivities"] = {"parent": [{"objectType": "Activity", "id": self._id()}]}
        return context

    def _id(self) -> str:
        return f"urn:vivavoce:scenario:{self._call['scenario_id']}"

    def _activity(self) -> Json:
        definition = {
            "type": f"{_ACTIVITIES}simulation",
            "name": {self._locale: self._call["title"]},
            "description": {self._locale: self._review["scenario"]["summary"]},
        }
        return {"objectType": "Activity", "id": self._id(), "definition": definition}

    def _question(self, item: Mapping[str, Any]) -> Json:
        definition: Json = {
            "type": f"{_ACTIVITIES}cmi.interaction",
            "description": {self._locale: item["prompt"]},
            "interactionType": {"choice": "choice", "short": "long-fill-in"}.get(item["kind"], "other"),
        }
        if item["kind"] == "choice":
            definition["choices"] = [
                {"id": f"option-{number}", "description": {self._locale: option}}
                for number, option in enumerate(item["options"], start=1)
            ]
        return {"objectType": "Activity", "id": f"{self._id()}:quiz:{item['id']}", "definition": definition}


def _graded(grade: Mapping[str, Any], call: Mapping[str, Any]) -> Json:
    return {
        "score": {"scaled": grade["score"] / 100, "raw": grade["score"], "min": 0, "max": 100},
        "success": grade["passed"],
        "completion": True,
        "duration": _duration(call["seconds"]),
        "extensions": {
            f"{_EXTENSIONS}criteria": [
                {
                    "id": criterion["id"],
                    "name": criterion["name"],
                    "weight": criterion["weight"],
                    "scaled": criterion["score"] / 100,
                    "checks": {check["id"]: check["result"] for check in criterion["checks"]},
                }
                for criterion in grade["criteria"]
            ],
            f"{_EXTENSIONS}pass-mark": grade["pass_mark"],
            f"{_EXTENSIONS}rubric-version": grade["rubric_version"],
            f"{_EXTENSIONS}grader": grade["grader"],
        },
    }


def _response(item: Mapping[str, Any], given: str) -> str:
    """A choice is answered with its option's id, which may hold no spaces; anything else with the learner's words."""
    if item["kind"] == "choice" and given.strip() in item["options"]:
        return f"option-{item['options'].index(given.strip()) + 1}"
    return given


def _duration(seconds: float) -> str:
    return f"PT{seconds:.2f}S"


def _later(started_at: str, seconds: float) -> str:
    begun = datetime.fromisoformat(started_at.replace("Z", "+00:00"))
    return (begun + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _uuid(name: str) -> str:
    """UUID version 5 of a name below vivavoce's own name space."""
    digest = bytearray(hashlib.sha1(f"urn:vivavoce:{name}".encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
