"""A lesson of four hundred lines with ten mistakes, of ten kinds, through the command that an author types."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.server import vivavoce

LESSON = Path(__file__).with_name("ten-mistakes.json")

MISTAKES: list[tuple[str, str, str, str, str]] = [
    # the text that is wrong, the text that would be right, where lint sees it, what it says, and what to do
    ('  "level": "A2",\n', "", "level", "is given twice", "take one out"),
    ('"four"', "4", "est_minutes", "must be a number, not text", "a number"),
    (
        " that she bought five weeks ago",
        "",
        "learner.brief",
        "gives away the fact 'bought'",
        "leave it for the conversation",
    ),
    ("trust>=5", "trust>=3", "facts[3].disclose", "so nobody can be told this", "trust never gets past 3"),
    (
        '"script": "When was that?"',
        '"script": "When did you buy it?"',
        "support.hints[1].script",
        "does not get it told",
        "add a cue, or reword this",
    ),
    ('"keyword"', '"keywords"', "keyword", "is not a field of a scenario", "did you mean keywords?"),
    (
        '"least": 0.3, "most": 0.65',
        '"least": 30, "most": 65',
        "measures[0].most",
        "no call has talk_share below 1",
        "raise it",
    ),
    (
        "Well, whose fault is it?",
        "Well, that's your own fault.",
        "rubric.criteria[0].checks[1].examples.missed[0]",
        "is found by no cue",
        "add a cue or reword this",
    ),
    (
        '"answer": "When it was bought"',
        '"answer": "When she bought it and how she paid"',
        "quiz.items[0].answer",
        "must be one of the options",
        "word for word",
    ),
    (
        '"least_score": 30, "most_score": 20',
        '"most_score": 20',
        "tests[1].expect.least_score",
        "must not be more than most_score",
        "20",
    ),
]


def test_ten_mistakes_are_ten_errors_with_line_and_fix(tmp_path: Path) -> None:
    text = LESSON.read_text("utf-8")
    assert 390 <= len(text.splitlines()) <= 420
    done = vivavoce("lint", str(LESSON), home=tmp_path)
    found = re.findall(rf"^{re.escape(str(LESSON))}:(\d+): ([^\s:]+): (.+)$", done.stdout, re.MULTILINE)
    expected = {}
    for wrong, _, field, _, _ in MISTAKES:
        assert text.count(wrong) == 1, wrong
        expected[field] = text[: text.index(wrong.strip())].count("\n") + 1
    assert {field: int(line) for line, field, _ in found} == expected
    assert len(found) == len(done.stdout.splitlines()) == 10
    for _, _, field, reason, fix in MISTAKES:
        (said,) = (said for _, where, said in found if where == field)
        assert reason in said
        assert fix in said
    assert (done.returncode, done.stderr) == (1, "10 problems\n")


@pytest.mark.parametrize("left", range(10), ids=[field for _, _, field, _, _ in MISTAKES])
def test_each_is_the_only_one_when_the_others_are_mended(tmp_path: Path, left: int) -> None:
    file = mended(tmp_path, [mistake for n, mistake in enumerate(MISTAKES) if n != left])
    done = vivavoce("lint", str(file), home=tmp_path)
    (line,) = done.stdout.splitlines()
    assert f": {MISTAKES[left][2]}: " in line
    assert (done.returncode, done.stderr) == (1, "1 problem\n")


def test_without_mistakes_there_is_no_error(tmp_path: Path) -> None:
    done = vivavoce("lint", str(mended(tmp_path, MISTAKES)), home=tmp_path)
    assert (done.stdout, done.returncode) == ("No problems.\n", 0)


def mended(folder: Path, mistakes: list[tuple[str, str, str, str, str]]) -> Path:
    text = LESSON.read_text("utf-8")
    for wrong, right, *_ in mistakes:
        text = text.replace(wrong, right)
    file = folder / LESSON.name
    file.write_text(text, "utf-8")
    return file
