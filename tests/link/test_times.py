"""What a line says about its time is what the learner heard and when they spoke, on the call's own clock."""

from __future__ import annotations

import base64
from itertools import pairwise
from typing import Any

import pytest

from kit.link import CHUNK_SAMPLES, Link
from kit.scenes import scene
from vivavoce.session.heard import PREBUFFER_SECONDS

CHUNK_S = CHUNK_SAMPLES / 24_000
WINDOW_S = 0.032


def joined() -> Link:
    link = Link(scene())
    link.join()
    link.hear_out()
    return link


def newest(link: Link, role: str) -> dict[str, Any]:
    line: dict[str, Any] = [e["line"] for e in link.seen("vivavoce.transcript") if e["line"]["role"] == role][-1]
    return line


def test_the_learners_line_is_when_they_spoke() -> None:
    link = joined()
    link.run(3.0)
    began = link.elapsed
    link.say("I am so sorry.", seconds=2.0)
    link.hear_out()
    line = newest(link, "user")
    slack = CHUNK_S + 2 * WINDOW_S
    assert line["at"] == pytest.approx(began, abs=slack)
    assert line["until"] == pytest.approx(began + 2.0, abs=slack)


def test_the_personas_line_is_as_long_as_its_voice() -> None:
    link = joined()
    line = newest(link, "assistant")
    deltas = [e for e in link.seen("response.output_audio.delta") if e["item_id"] == line["item_id"]]
    seconds = sum(len(base64.b64decode(e["delta"])) for e in deltas) / 48_000
    assert seconds > 1
    assert line["until"] - line["at"] == pytest.approx(seconds, abs=0.002)
    assert line["at"] == pytest.approx(link.player.started - link.now + link.elapsed + PREBUFFER_SECONDS, abs=0.1)


def test_a_line_that_was_cut_off_ends_where_it_was_cut() -> None:
    link = Link(scene())
    link.join()
    link.run_till(lambda: bool(link.seen("response.output_audio.delta")))
    link.run(0.6)
    spoke = link.elapsed
    link.say("I am so sorry.")
    link.hear_out()
    line = next(e["line"] for e in link.seen("vivavoce.transcript") if e["line"]["interrupted"])
    assert line["until"] - line["at"] == pytest.approx(line["heard_ms"] / 1000, abs=PREBUFFER_SECONDS)
    assert spoke <= line["until"] <= spoke + 0.5
    assert newest(link, "user")["at"] == pytest.approx(spoke, abs=CHUNK_S + 2 * WINDOW_S)


def test_lines_do_not_overlap_when_nobody_interrupts() -> None:
    link = joined()
    for text in ("I am so sorry.", "What is your room number?", "I can move you to a quiet room."):
        link.run(0.2)  # nobody answers at once
        link.say(text)
        link.hear_out()
    lines = {e["line"]["item_id"]: e["line"] for e in link.seen("vivavoce.transcript")}
    ordered = sorted(lines.values(), key=lambda line: line["order"])
    assert len(ordered) == 7
    assert all(line["at"] < line["until"] for line in ordered)
    assert all(before["until"] <= after["at"] for before, after in pairwise(ordered))
