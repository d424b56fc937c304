"""What the fields of a scenario must be to each other. A scenario with a fault of these is refused by the loader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import fsum

from vivavoce.scenario.match import best, cue_fault
from vivavoce.scenario.model import Check, Criterion, Detector, Disclosure, Rubric, Scenario
from vivavoce.scenario.reading import Fault

MOST_NAMED = 12
"""Ids that a message lists."""


def cross_faults(scenario: Scenario) -> list[Fault]:
    return [
        *_repeated_ids(scenario),
        *_unusable_cues(scenario),
        *_trust_out_of_range(scenario),
        *_limits(scenario),
        *_detectors(scenario),
        *_quiz(scenario),
        *_references(scenario),
    ]


def every_check(rubric: Rubric) -> Iterator[tuple[str, Check]]:
    """The checks with their paths."""
    return ((path, check) for path, _, check in every_check_within(rubric))


def every_check_within(rubric: Rubric) -> Iterator[tuple[str, Criterion, Check]]:
    """The checks with their paths and criteria."""
    for c, criterion in enumerate(rubric.criteria):
        for i, check in enumerate(criterion.checks):
            yield f"rubric.criteria[{c}].checks[{i}]", criterion, check


def shares(rubric: Rubric) -> dict[str, float]:
    """What part of the score each check decides, 0 to 1, by path."""
    of_criteria = fsum(criterion.weight for criterion in rubric.criteria)
    found = {}
    for path, criterion, check in every_check_within(rubric):
        whole = of_criteria * fsum(other.weight for other in criterion.checks)
        found[path] = criterion.weight * check.weight / whole if whole else 0.0
    return found


def every_detector(rubric: Rubric) -> Iterator[tuple[str, Detector]]:
    """The detectors with their paths, and those that stand in for a judge."""
    for path, check in every_check(rubric):
        yield f"{path}.detector", check.detector
        if check.detector.otherwise is not None:
            yield f"{path}.detector.otherwise", check.detector.otherwise


def every_cue_list(scenario: Scenario) -> Iterator[tuple[str, Sequence[str]]]:
    """The lists of cues with their paths."""
    for i, fact in enumerate(scenario.facts):
        yield f"facts[{i}].cues", fact.cues
        yield f"facts[{i}].told", fact.told
    for i, rule in enumerate(scenario.stance.rules):
        yield f"stance.rules[{i}].cues", rule.cues
    for i, reply in enumerate(scenario.script.replies):
        yield f"script.replies[{i}].cues", reply.cues
    yield "script.farewell.cues", scenario.script.farewell.cues
    for path, detector in every_detector(scenario.rubric):
        for name in ("any_of", "first", "then", "none_of"):
            yield f"{path}.{name}", getattr(detector, name)
    for i, item in enumerate(scenario.quiz.items):
        yield f"quiz.items[{i}].accept", item.accept


def usable(cues: Iterable[str]) -> list[str]:
    """The cues that can be compared; the others are faults already."""
    return [cue for cue in cues if cue_fault(cue) is None]


def _repeated_ids(scenario: Scenario) -> Iterator[Fault]:
    lists: list[tuple[str, Iterable[str]]] = [
        ("learner.goals[{}].id", (goal.id for goal in scenario.learner.goals)),
        ("facts[{}].id", (fact.id for fact in scenario.facts)),
        ("stance.rules[{}].id", (rule.id for rule in scenario.stance.rules)),
        ("script.replies[{}].id", (reply.id for reply in scenario.script.replies)),
        ("rubric.criteria[{}].id", (criterion.id for criterion in scenario.rubric.criteria)),
        ("quiz.items[{}].id", (item.id for item in scenario.quiz.items)),
        ("support.hints[{}].check", (hint.check for hint in scenario.support.hints)),
        ("measures[{}].measure", (target.measure for target in scenario.measures)),
        ("tests[{}].id", (test.id for test in scenario.tests)),
    ]
    for path, ids in lists:
        yield from _repeated((path.format(i), id) for i, id in enumerate(ids))
    yield from _repeated((f"{path}.id", check.id) for path, check in every_check(scenario.rubric))


def _repeated(ids: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for path, id in ids:
        if id and seen.setdefault(id, path) != path:
            yield Fault(path, f"{id!r} is used before, at {seen[id]}; give each its own")


def _unusable_cues(scenario: Scenario) -> Iterator[Fault]:
    for path, cues in every_cue_list(scenario):
        for i, cue in enumerate(cues):
            if reason := cue_fault(cue):
                yield Fault(f"{path}[{i}]", reason)


def _trust_out_of_range(scenario: Scenario) -> Iterator[Fault]:
    stance = scenario.stance
    if not stance.minimum <= stance.start <= stance.maximum:
        yield Fault("stance.start", f"must be between minimum {stance.minimum} and maximum {stance.maximum}")
    for i, rule in enumerate(stance.rules):
        if rule.delta == 0:
            yield Fault(f"stance.rules[{i}].delta", "must not be 0: the rule would do nothing")
    for i, fact in enumerate(scenario.facts):
        if fact.disclosure is Disclosure.TRUST and not stance.minimum < fact.trust <= stance.maximum:
            yield Fault(
                f"facts[{i}].disclose",
                f"trust {fact.trust} must be above the minimum {stance.minimum} and at most {stance.maximum}",
            )
    for i, reply in enumerate(scenario.script.replies):
        if reply.trust > stance.maximum:
            yield Fault(f"script.replies[{i}].trust", f"trust never passes {stance.maximum}")


def _limits(scenario: Scenario) -> Iterator[Fault]:
    for i, seconds in enumerate(scenario.limits.warn_at):
        if seconds >= scenario.limits.max_seconds:
            yield Fault(f"limits.warn_at[{i}]", "must be less than limits.max_seconds")


def _detectors(scenario: Scenario) -> Iterator[Fault]:
    facts = {fact.id: fact for fact in scenario.facts}
    for path, check in every_check(scenario.rubric):
        if check.detector.type != "fact":
            continue
        if check.speaker != "assistant":
            yield Fault(f"{path}.speaker", "must be assistant: it is the persona who tells a fact")
        fact = facts.get(check.detector.fact)
        if fact is None and check.detector.fact.strip():
            yield Fault(f"{path}.detector.fact", f"there is no fact {check.detector.fact[:80]!r}; {_there_are(facts)}")
        if fact is not None and fact.disclosure is Disclosure.NEVER:
            yield Fault(f"{path}.detector.fact", f"fact {fact.id!r} is never told, so nobody can pass this check")


def _quiz(scenario: Scenario) -> Iterator[Fault]:
    criteria = {criterion.id for criterion in scenario.rubric.criteria}
    for i, item in enumerate(scenario.quiz.items):
        if item.criterion.strip() and item.criterion not in criteria:
            yield Fault(
                f"quiz.items[{i}].criterion", f"there is no criterion {item.criterion[:80]!r}; {_there_are(criteria)}"
            )
        if len(set(item.options)) < len(item.options):
            yield Fault(f"quiz.items[{i}].options", "holds the same option twice")
        if item.options and item.answer not in item.options:
            yield Fault(f"quiz.items[{i}].answer", "must be one of the options, word for word")
        accepts = usable(item.accept)
        if accepts and best(accepts, item.answer) is None:
            yield Fault(f"quiz.items[{i}].answer", "its own accept phrases would mark it wrong")


def _references(scenario: Scenario) -> Iterator[Fault]:
    """What goals, hints, checks and tests name must be there."""
    checks = {check.id for _, check in every_check(scenario.rubric)}
    facts = {fact.id for fact in scenario.facts}
    questions = {item.id for item in scenario.quiz.items}
    for path, kind, ids in _named(scenario):
        known = {"check": checks, "fact": facts, "question": questions}[kind]
        for i, id in enumerate(ids):
            if id.strip() and id not in known:
                yield Fault(path.format(i), f"there is no {kind} {id[:80]!r}; {_there_are(known)}")


def _there_are(known: Iterable[str]) -> str:
    names = sorted(filter(None, known))
    return f"there are: {', '.join(names[:MOST_NAMED]) or 'none'}{', …' if len(names) > MOST_NAMED else ''}"


def _named(scenario: Scenario) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Paths, with {} for the place in the list, and what kind of ids stand there."""
    for i, goal in enumerate(scenario.learner.goals):
        yield f"learner.goals[{i}].checks[{{}}]", "check", goal.checks
    for i, hint in enumerate(scenario.support.hints):
        yield f"support.hints[{i}].check", "check", [hint.check]
    for i, test in enumerate(scenario.tests):
        for name, kind in (("shown", "check"), ("missed", "check"), ("told", "fact"), ("withheld", "fact")):
            yield f"tests[{i}].expect.{name}[{{}}]", kind, getattr(test.expect, name)
    for path, detector in every_detector(scenario.rubric):
        if detector.type == "quiz":
            yield f"{path}.item", "question", [detector.item]
