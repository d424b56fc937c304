"""The author's own proofs: the examples of each check, and the conversations in `tests`."""

from __future__ import annotations

from collections.abc import Iterator

from vivavoce.lesson.detect import detect
from vivavoce.lesson.record import Record
from vivavoce.lesson.transcript import Line
from vivavoce.rehearsal.conduct import misconduct
from vivavoce.rehearsal.disclosure import tellings
from vivavoce.rehearsal.failure import Failure
from vivavoce.rehearsal.material import deciding
from vivavoce.rehearsal.pace import Pace
from vivavoce.rehearsal.played import Played
from vivavoce.rehearsal.stage import play, saying
from vivavoce.scenario.check import every_check
from vivavoce.scenario.model import Check, Scenario, Turns

_WORDS = ("phrase", "order", "absence")


def wrong_examples(scenario: Scenario, persona: Scenario, seconds: list[float]) -> Iterator[Failure]:
    """Examples that decide otherwise than their author says. The time of calls is added to `seconds`."""
    for path, check in every_check(scenario.rubric):
        for kind, examples in (("shown", check.examples.shown), ("missed", check.examples.missed)):
            for i, turns in enumerate(examples):
                result = _result(scenario, persona, check, turns, seconds)
                if result != kind:
                    said = " / ".join(turns)
                    reason = f"“{said}” makes the check {check.id!r} {result}, not {kind}"
                    fix = "change the example, or the detector" if check.speaker == "user" else _PERSONAS_FIX
                    yield Failure("examples", f"{path}.examples.{kind}[{i}]", reason, fix)


_PERSONAS_FIX = "change the example, or what the persona answers to it (cues, disclose, told)"


def failed_tests(scenario: Scenario, persona: Scenario, pace: Pace, seconds: list[float]) -> Iterator[Failure]:
    for i, test in enumerate(scenario.tests):
        played = play(scenario, saying(test.say), pace, persona=persona)
        seconds.append(played.seconds)
        path, expect = f"tests[{i}].expect", test.expect
        if not expect.least_score <= played.score <= expect.most_score:
            wanted = f"{expect.least_score} to {expect.most_score}"
            yield _failed(f"{path}.least_score", f"{test.id!r} scores {played.score}, not {wanted}")
        for kind, checks in (("shown", expect.shown), ("missed", expect.missed)):
            for n, id in enumerate(checks):
                if (result := played.results.get(id, "not graded")) != kind:
                    yield _failed(f"{path}.{kind}[{n}]", f"in {test.id!r} the check {id!r} is {result}, not {kind}")
        told = {telling.fact.id for telling in tellings(scenario, played.lines)}
        for n, id in enumerate(expect.told):
            if id not in told:
                yield _failed(f"{path}.told[{n}]", f"in {test.id!r} the fact {id!r} is not told")
        for n, id in enumerate(expect.withheld):
            if id in told:
                yield _failed(f"{path}.withheld[{n}]", f"in {test.id!r} the fact {id!r} is told")
        yield from misconduct(scenario, played, "tests")


def _failed(field: str, reason: str) -> Failure:
    return Failure("tests", field, reason, "mend the lesson, or change what the test expects")


def _result(scenario: Scenario, persona: Scenario, check: Check, turns: Turns, seconds: list[float]) -> str:
    """By the learner's words alone where these decide, else in a call."""
    detector = deciding(check)
    if check.speaker == "user" and detector.type in _WORDS:
        lines = tuple(Line(f"item_{n}", "user", text, float(n), float(n), n + 1.0) for n, text in enumerate(turns))
        return detect(check, scenario, Record(lines)).result
    played: Played = play(scenario, saying(turns), Pace(), persona=persona)
    seconds.append(played.seconds)
    return played.results.get(check.id, "not graded")
