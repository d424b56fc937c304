"""The lessons that came along with the Worker."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources.abc import Traversable

from vivavoce.scenario.catalogue import Catalogue
from vivavoce.scenario.model import Scenario


def read_lessons(folder: Traversable) -> Catalogue:
    """Those that index.json names, in its order."""
    names = [f"{entry['id']}.json" for entry in json.loads((folder / "index.json").read_text("utf-8"))]
    lessons = Catalogue.from_texts({name: (folder / name).read_text("utf-8") for name in names})
    return Catalogue({id: _without_sound(lesson) for id, lesson in lessons.items()})


def _without_sound(lesson: Scenario) -> Scenario:
    """No sound is kept here, so learners are not asked whether it may be."""
    if lesson.privacy.record != "audio":
        return lesson
    return replace(lesson, privacy=replace(lesson.privacy, record="transcript"))
