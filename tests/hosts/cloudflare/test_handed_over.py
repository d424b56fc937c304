"""What the Worker learned of a browser reaches the object as it was, and lessons come along without their sound."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kit.scenes import scene
from vivavoce.admission.handshake import Arrival, Retry
from vivavoce.door.ticket import Ticket
from vivavoce.hosts.cloudflare.handed_over import name_of_object, read_arrival, write_arrival
from vivavoce.hosts.cloudflare.lessons import read_lessons

SCENE = scene()
LESSONS = Path(__file__).parents[3] / "scenarios"


@pytest.mark.parametrize(
    "arrival",
    [
        Arrival(SCENE, "learner", None, None, 0, None),
        Arrival(
            SCENE,
            "Zoë+é@schule.example",
            Ticket("Zoë+é@schule.example", SCENE.id, "j", 1_800_000_000),
            "f" * 32,
            17,
            "vivavoce",
            Retry("call_" + "0" * 24, "item_1"),
        ),
    ],
)
def test_a_browser_is_handed_over_as_it_came(arrival: Arrival) -> None:
    written = write_arrival(arrival)
    assert written.isascii() and "\n" not in written  # it travels in a header
    assert read_arrival(written, {SCENE.id: SCENE}) == arrival
    assert name_of_object(arrival) == f"{SCENE.id}:{arrival.user}"


def test_the_lessons_are_those_of_the_index(tmp_path: Path) -> None:
    index = json.loads((LESSONS / "index.json").read_text("utf-8"))
    assert list(read_lessons(LESSONS)) == [entry["id"] for entry in index]


def test_no_lesson_asks_for_sound(tmp_path: Path) -> None:
    name = next(path for path in LESSONS.glob("*.json") if path.name != "index.json")
    lesson = json.loads(name.read_text("utf-8"))
    lesson["privacy"] = {"record": "audio", "retain_days": 7}
    (tmp_path / name.name).write_text(json.dumps(lesson), "utf-8")
    (tmp_path / "index.json").write_text(json.dumps([{"id": lesson["id"]}]), "utf-8")
    [read] = read_lessons(tmp_path).values()
    assert read.privacy == replace(read.privacy, record="transcript", retain_days=7)
