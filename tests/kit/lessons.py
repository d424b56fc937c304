"""Lessons as their files hold them: a small one to alter, and those that come with the project."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from vivavoce.scenario.load import parse_scenario
from vivavoce.scenario.model import Scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
SHARED = Path(__file__).parents[2] / "shared"


def shipped() -> dict[str, Scenario]:
    files = sorted(file for file in FOLDER.glob("*.json") if file.name != "index.json")
    return {file.stem: parse_scenario(json.loads(file.read_text()), file.name) for file in files}


def lesson() -> dict[str, Any]:
    """A decoded lesson without a fault or a doubt; a fresh copy each time."""
    return deepcopy(_LESSON)


def whole_lesson() -> dict[str, Any]:
    """The same with everything that a lesson may have: judge, measure, quiz check, hints, measures, privacy, tests."""
    data = lesson()
    data["rubric"]["criteria"].append(deepcopy(_TALK))
    data["quiz"]["items"].append(deepcopy(_SPOKEN_QUESTION))
    return {**data, **deepcopy(_MORE)}


_LESSON: dict[str, Any] = {
    "schema": "vivavoce.scenario/v1",
    "id": "lost-bag",
    "version": 1,
    "title": "A lost bag",
    "summary": "A traveller has lost a bag.",
    "level": "A2",
    "locale": "en-GB",
    "est_minutes": 3,
    "setting": "A desk at the station.",
    "learner": {
        "role": "clerk",
        "brief": "A traveller comes to your desk. Help.",
        "goals": [{"id": "help", "text": "Help the traveller", "checks": ["colour"]}],
    },
    "persona": {
        "name": "Ana Lopes",
        "role": "traveller",
        "background": "You are Ana Lopes, on your way to your sister.",
        "agenda": "You want your bag back.",
        "constraints": ["Does not wait without a reason"],
        "speech_patterns": ["Short sentences"],
    },
    "facts": [
        {
            "id": "lost",
            "text": "Her bag is gone.",
            "disclose": "open",
            "say": ["My bag is gone."],
            "told": ["bag gone"],
        },
        {
            "id": "colour",
            "text": "The bag is dark green.",
            "disclose": "asked",
            "cues": ["what colour", "look like"],
            "say": ["It's dark green."],
            "told": ["green"],
        },
        {
            "id": "asleep",
            "text": "She fell asleep on the train.",
            "disclose": "trust>=3",
            "cues": ["what happened", "where last see"],
            "say": ["I fell asleep on the train."],
            "told": ["=fell asleep"],
            "withheld": ["I don't know."],
        },
        {
            "id": "ticket",
            "text": "She travelled without a ticket.",
            "disclose": "never",
            "cues": ["ticket"],
            "told": ["without ticket"],
            "withheld": ["Why do you ask?"],
        },
    ],
    "stance": {
        "minimum": 1,
        "maximum": 5,
        "start": 2,
        "rules": [
            {"id": "sorry", "cues": ["sorry"], "delta": 1, "say": ["Thank you."], "once": True},
            {"id": "rude", "cues": ["=your own fault"], "delta": -1, "say": ["Excuse me?"]},
        ],
    },
    "opening": {"line": "Excuse me, can you help me, please?"},
    "voice": {"id": "marin"},
    "limits": {"max_seconds": 180, "warn_at": [30], "min_turns_before_end": 3},
    "script": {
        "replies": [{"id": "search", "cues": ["look|search|call"], "say": ["Please do."]}],
        "fallback": ["And my bag?"],
        "repeat": ["Sorry?"],
        "role_break": ["I only want my bag."],
        "abuse": ["That's not polite."],
        "silence": ["Hello?"],
        "farewell": {"cues": ["goodbye"], "say": ["Goodbye."], "early": ["But my bag?"]},
    },
    "rubric": {
        "version": 1,
        "pass_mark": 60,
        "criteria": [
            {
                "id": "manner",
                "name": "Being kind",
                "weight": 1,
                "checks": [
                    {
                        "id": "sorry",
                        "ask": "Did you say that you are sorry?",
                        "speaker": "user",
                        "detector": {"type": "phrase", "any_of": ["sorry", "apolog*"]},
                        "advice": "Say: I'm sorry to hear that.",
                        "examples": {"shown": ["I'm so sorry."], "missed": ["I'm not sorry at all."]},
                    },
                    {
                        "id": "no_blame",
                        "ask": "Did you keep from blaming her?",
                        "speaker": "user",
                        "detector": {"type": "absence", "none_of": ["=your own fault"]},
                        "advice": "Leave out whose fault it is.",
                        "examples": {"missed": ["That's your own fault."]},
                    },
                ],
            },
            {
                "id": "asking",
                "name": "Asking",
                "weight": 3,
                "gate": True,
                "checks": [
                    {
                        "id": "colour",
                        "ask": "Did you ask what it looks like?",
                        "weight": 2,
                        "speaker": "assistant",
                        "detector": {"type": "fact", "fact": "colour"},
                        "advice": "Ask: What colour is it?",
                        "examples": {"shown": ["What colour is your bag?"], "missed": ["When was that?"]},
                    },
                    {
                        "id": "ask_first",
                        "ask": "Did you ask before you searched?",
                        "speaker": "user",
                        "detector": {"type": "order", "first": ["what colour"], "then": ["look", "search"]},
                        "advice": "First ask, then search.",
                        "examples": {
                            "shown": [["What colour is it?", "I'll look for it."]],
                            "missed": ["I'll look for it. What colour is it?"],
                        },
                    },
                ],
            },
        ],
    },
    "quiz": {
        "when": "tool",
        "items": [
            {
                "id": "first",
                "kind": "choice",
                "prompt": "What do you ask first?",
                "options": ["The colour", "The price"],
                "answer": "The colour",
                "explain": "It helps to find the bag.",
                "criterion": "asking",
            },
            {
                "id": "kind",
                "kind": "short",
                "prompt": "What does a kind clerk say?",
                "answer": "I'm sorry to hear that.",
                "accept": ["sorry", "apolog*"],
                "explain": "It costs nothing.",
                "criterion": "manner",
            },
        ],
    },
}

_TALK: dict[str, Any] = {
    "id": "talk",
    "name": "Leading the talk",
    "weight": 2,
    "checks": [
        {
            "id": "reason",
            "ask": "Did you say why you ask?",
            "speaker": "user",
            "detector": {
                "type": "judge",
                "evidence": "quote",
                "otherwise": {"type": "phrase", "any_of": ["=so that we", "=because"]},
            },
            "advice": "Say: I ask so that we find it.",
            "examples": {"shown": ["I ask so that we can find it."], "missed": ["I just ask."]},
        },
        {
            "id": "questions",
            "ask": "Did you ask two questions or more?",
            "speaker": "user",
            "detector": {"type": "measure", "measure": "questions", "least": 2},
            "advice": "Ask what you need to know.",
        },
        {
            "id": "knows",
            "ask": "Do you know what to write down?",
            "speaker": "user",
            "detector": {"type": "quiz", "item": "form"},
            "advice": "Read the form before the call.",
        },
    ],
}

_SPOKEN_QUESTION: dict[str, Any] = {
    "id": "form",
    "kind": "spoken",
    "prompt": "What do you write down?",
    "answer": "The number of the train.",
    "accept": ["number train"],
    "explain": "The guard can be called.",
    "criterion": "talk",
}

_MORE: dict[str, Any] = {
    "support": {
        "hints": [
            {
                "check": "colour",
                "nudge": "You can't find what you can't recognise.",
                "phrase": "What colour …",
                "script": "What colour is it, please?",
                "cost": 2,
            },
            {
                "check": "reason",
                "nudge": "She wonders why you want to know.",
                "phrase": "I ask so that …",
                "script": "I ask so that we can find it.",
            },
        ]
    },
    "measures": [
        {"measure": "talk_share", "least": 30, "most": 60},
        {"measure": "fillers_per_100", "most": 6},
    ],
    "privacy": {"record": "audio", "retain_days": 30},
    "tests": [
        {
            "id": "kind",
            "say": ["I'm sorry to hear that.", "What colour is it?", "I'll look for it."],
            "expect": {
                "least_score": 60,
                "shown": ["sorry", "colour", "ask_first"],
                "missed": ["reason"],
                "told": ["colour"],
                "withheld": ["ticket", "asleep"],
            },
        },
        {
            "id": "rude",
            "say": ["It's your own fault.", "Goodbye."],
            "expect": {"most_score": 20, "missed": ["no_blame"]},
        },
    ],
}
