"""Whether every fact can be told and every check passed."""

from __future__ import annotations

from collections.abc import Iterator

from vivavoce.scenario.check import every_check, usable
from vivavoce.scenario.match import best, earliest, example
from vivavoce.scenario.model import Check, Scenario
from vivavoce.scenario.reading import Fault
from vivavoce.scenario.sense_lines import Spoken


def out_of_reach(scenario: Scenario) -> Iterator[Fault]:
    highest = highest_trust(scenario)
    for i, fact in enumerate(scenario.facts):
        if fact.trust > highest:
            yield Fault(f"facts[{i}].disclose", f"trust never gets past {highest}, so nobody can be told this")
    for i, reply in enumerate(scenario.script.replies):
        if reply.trust > highest:
            yield Fault(f"script.replies[{i}].trust", f"trust never gets past {highest}, so this is never said")


def highest_trust(scenario: Scenario) -> int:
    stance = scenario.stance
    gains = [rule for rule in stance.rules if rule.delta > 0]
    if any(not rule.once for rule in gains):
        return stance.maximum
    return min(stance.maximum, stance.start + sum(rule.delta for rule in gains))


def impassable(scenario: Scenario, lines: list[Spoken]) -> Iterator[Fault]:
    """Checks that nobody can pass, or not together with another."""
    highest = highest_trust(scenario)
    facts = {fact.id: fact for fact in scenario.facts}
    checks = list(every_check(scenario.rubric))
    for path, check in checks:
        detector = check.detector
        if detector.type == "fact" and detector.fact in facts and facts[detector.fact].trust > highest:
            yield Fault(
                f"{path}.detector.fact", f"fact {detector.fact!r} is out of reach, so nobody can pass this check"
            )
        if detector.type in ("phrase", "order") and check.speaker == "assistant":
            for name in ("any_of", "first", "then"):
                cues = usable(getattr(detector, name))
                if cues and not any(best(cues, line.text) for line in lines):
                    yield Fault(f"{path}.detector.{name}", "no line of the script holds one of these")
        if detector.type == "order" and not _orderable(check):
            yield Fault(f"{path}.detector", "whatever says one of `first` says one of `then` no later")
        for _, other in checks:
            if _excludes(other, check):
                yield Fault(f"{path}.detector", f"whoever passes this check fails {other.id!r}")


def _orderable(check: Check) -> bool:
    first, then = usable(check.detector.first), usable(check.detector.then)
    for cue in first:
        words = example(cue)
        before, after = earliest(first, words), earliest(then, words)
        if before and (after is None or before.start < after.start):
            return True
    return not first


def _excludes(absence: Check, phrase: Check) -> bool:
    if absence.detector.type != "absence" or phrase.detector.type != "phrase" or absence.speaker != phrase.speaker:
        return False
    wanted, banned = usable(phrase.detector.any_of), usable(absence.detector.none_of)
    return bool(wanted) and all(best(banned, example(cue)) for cue in wanted)
