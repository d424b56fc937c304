"""The author's own tests: each can pass, and can fail."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

from vivavoce.scenario.check import every_check, shares
from vivavoce.scenario.meeting import decided_by, met
from vivavoce.scenario.model import Check, Disclosure, Expectation, LessonTest, Scenario
from vivavoce.scenario.reading import Fault
from vivavoce.scenario.sense_reach import highest_trust


def contradictions(scenario: Scenario) -> Iterator[Fault]:
    for i, test in enumerate(scenario.tests):
        at = f"tests[{i}].expect"
        if test.expect == Expectation():
            yield Fault(at, "expects nothing, so it cannot fail: say what must come of it")
        yield from _of_scores(scenario, at, test.expect)
        yield from _of_checks(scenario, at, test)
        yield from _of_facts(scenario, at, test.expect)


def _of_scores(scenario: Scenario, at: str, expect: Expectation) -> Iterator[Fault]:
    if expect.least_score > expect.most_score:
        yield Fault(f"{at}.least_score", f"must not be more than most_score, {expect.most_score}")
        return
    part = shares(scenario.rubric)
    ids = {check.id: path for path, check in every_check(scenario.rubric)}
    sure, lost = (
        round(100 * fsum(part[ids[id]] for id in set(named) if id in ids)) for named in (expect.shown, expect.missed)
    )
    if sure > expect.most_score:
        yield Fault(f"{at}.most_score", f"the checks that must be shown make {sure} points already; raise it to that")
    if 100 - lost < expect.least_score:
        yield Fault(f"{at}.least_score", f"with the checks that must be missed only {100 - lost} are left; lower it")


def _of_checks(scenario: Scenario, at: str, test: LessonTest) -> Iterator[Fault]:
    checks = {check.id: check for _, check in every_check(scenario.rubric)}
    expect = test.expect
    for shown, ids in ((True, expect.shown), (False, expect.missed)):
        for n, id in enumerate(ids):
            path = f"{at}.{'shown' if shown else 'missed'}[{n}]"
            if not shown and id in expect.shown:
                yield Fault(path, f"the check {id!r} cannot be missed and shown; take it out of one")
            elif id in checks and (reason := _impossible(test, checks[id], shown)):
                yield Fault(path, reason)


def _impossible(test: LessonTest, check: Check, shown: bool) -> str | None:
    detector, id = check.detector, check.id
    if detector.type == "quiz" and shown:
        return f"the check {id!r} is decided by the quiz, which a test does not answer; take it out"
    if detector.type == "fact":
        against = test.expect.withheld if shown else test.expect.told
        if detector.fact in against:
            return f"the check {id!r} says the opposite of what is expected of the fact {detector.fact!r}; change one"
    words = decided_by(check)
    if words is None or met(words, test.say) == shown:
        return None
    return f"the turns of `say` do {'not ' if shown else ''}meet the check {id!r}; change them, or what is expected"


def _of_facts(scenario: Scenario, at: str, expect: Expectation) -> Iterator[Fault]:
    facts = {fact.id: fact for fact in scenario.facts}
    highest = highest_trust(scenario)
    for n, id in enumerate(expect.told):
        path, fact = f"{at}.told[{n}]", facts.get(id)
        if id in expect.withheld:
            yield Fault(path, f"the fact {id!r} cannot be told and withheld; take it out of one")
        elif fact and fact.disclosure is Disclosure.NEVER:
            yield Fault(path, f"the fact {id!r} is never told; take it out, or to `withheld`")
        elif fact and fact.trust > highest:
            yield Fault(path, f"the fact {id!r} needs trust {fact.trust}, and trust never gets past {highest}")
