"""A lesson that tells learners apart, for rehearsals to spoil: the small lesson with more to do and less to guess."""

from __future__ import annotations

from typing import Any

from kit.lessons import lesson


def fair_lesson() -> dict[str, Any]:
    """A fresh copy each time."""
    data = lesson()
    manner, asking = data["rubric"]["criteria"]
    manner["checks"] += [
        phrase("name", ["=my name is"], "My name is Tom.", "What is your name?"),
        phrase("thanks", ["thank*"], "Thank you for waiting.", "You have to wait."),
    ]
    manner["checks"][0]["examples"]["shown"].append("Oh, I'm sorry to hear that.")
    asking["checks"][1]["examples"]["missed"] = ["I'll look for it first, and then we will talk."]
    asking["checks"].append(phrase("size", ["how big|large"], "How big is it?", "Is it a bag?"))
    data["rubric"]["criteria"].append(
        {
            "id": "help",
            "name": "Helping",
            "weight": 2,
            "checks": [
                phrase("form", ["form"], "Please fill in this form.", "Please wait here."),
                phrase("call", ["=call you"], "I will call you tomorrow.", "You can come back tomorrow."),
                phrase("hope", ["hope"], "I hope that we find it.", "It may be gone."),
            ],
        }
    )
    data["tests"] = [
        {
            "id": "nosy",
            "say": ["What happened to it?", "And your ticket?"],
            "expect": {"most_score": 20, "withheld": ["asleep", "ticket"]},
        }
    ]
    return data


def phrase(id: str, cues: list[str], shown: str, missed: str) -> dict[str, Any]:
    return {
        "id": id,
        "ask": f"Did you do what is called {id} here?",
        "speaker": "user",
        "detector": {"type": "phrase", "any_of": cues},
        "advice": f"Say: {shown}",
        "examples": {"shown": [shown], "missed": [missed]},
    }
