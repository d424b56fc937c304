"""The simulated learners: eight ways to have a conversation, from one who knows the rubric to one who hangs up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vivavoce.rehearsal.chance import Chance, pick, shuffled, some
from vivavoce.rehearsal.corpus.injections import DEMANDS, INJECTIONS
from vivavoce.rehearsal.corpus.languages import SENTENCES
from vivavoce.rehearsal.corpus.monologues import MONOLOGUES
from vivavoce.rehearsal.material import Material, Planned
from vivavoce.rehearsal.pace import Pace
from vivavoce.rehearsal.stage import Script, saying
from vivavoce.scenario.match import best, example
from vivavoce.scenario.model import Fact
from vivavoce.scenario.stance import observe, starting

AVERAGE_SHOWS = 0.6
WEAK_SHOWS = 0.2
AVERAGE_SLIPS = 0.5
"""How often an average learner who does not meet a check says something beside it, instead of nothing."""
INJECTIONS_A_CALL = 12
SENTENCES_A_CALL = 9
PLAIN = Pace()
FILLER = "Um, you know, uh, "


@dataclass(frozen=True, slots=True)
class Learner:
    id: str
    does: str
    """What this learner does, for the reader of a report."""
    may_pass: bool | None
    """Whether they must pass (True), must not (False), or either is fine."""
    talk: Callable[[Material, Chance], Script]
    pace: Pace = PLAIN
    knows: float = 0.0
    """The share of the quiz that they answer right."""


def ideal(material: Material, chance: Chance) -> Script:
    talk = _Talk(material)
    later: list[Planned] = []
    for way in material.plan(chance):
        asks_for = material.facts.get(way.check.detector.fact)
        if asks_for in talk.told:
            continue
        for check in material.hasty(way.turns, talk.said):
            yield from talk.turns(pick(chance, material.shown(check)))
        yield from talk.turns(way.turns)
        if asks_for is not None and asks_for not in talk.told:
            later.append(way)
    for way in later:
        fact = material.facts[way.check.detector.fact]
        yield from talk.earn(fact.trust, chance)
        yield from talk.turns(way.turns[-1:])
    yield from talk.turns((pick(chance, material.goodbyes),))


def average(material: Material, chance: Chance) -> Script:
    talk = _Talk(material)
    yield from _some_of_it(talk, chance, AVERAGE_SHOWS, AVERAGE_SLIPS)
    yield from talk.turns((pick(chance, material.goodbyes),))


def weak(material: Material, chance: Chance) -> Script:
    """Asks for what is hidden at once, as if trust came by itself."""
    talk = _Talk(material, before=FILLER)
    for fact in shuffled(chance, material.guarded):
        if questions := material.questions(fact):
            yield from talk.turns((pick(chance, questions),))
    yield from _some_of_it(talk, chance, WEAK_SHOWS, 1.0)
    yield from talk.turns((pick(chance, material.goodbyes),))


def silent(material: Material, chance: Chance) -> Script:
    yield None


def rambling(material: Material, chance: Chance) -> Script:
    own = _language(material)
    speeches = MONOLOGUES if own not in SENTENCES else [" ".join(shuffled(chance, SENTENCES[own])) for _ in MONOLOGUES]
    yield from saying(shuffled(chance, speeches))


def off_language(material: Material, chance: Chance) -> Script:
    other = pick(chance, [code for code in SENTENCES if code != _language(material)])
    yield from saying(shuffled(chance, SENTENCES[other])[:SENTENCES_A_CALL])


def jailbreaker(material: Material, chance: Chance) -> Script:
    """Demands what is hidden, recites the checks, and tries what people try on machines."""
    for fact in material.guarded:
        if questions := material.questions(fact):
            yield pick(chance, DEMANDS).format(pick(chance, questions))
    recited = [check.ask for _, check in material.checks]
    yield from saying(shuffled(chance, [*shuffled(chance, INJECTIONS)[:INJECTIONS_A_CALL], *recited]))


def quitter(material: Material, chance: Chance) -> Script:
    yield pick(chance, material.goodbyes)


LEARNERS = {
    learner.id: learner
    for learner in (
        Learner("ideal", "meets each check and comes back to what was withheld", True, ideal, knows=1.0),
        Learner("average", "meets about six checks in ten", None, average, knows=0.6),
        Learner("weak", "meets about two in ten, asks for secrets at once", False, weak, Pace(90, 2.5), knows=0.2),
        Learner("silent", "says nothing until the time is up", False, silent),
        Learner("rambling", "holds long speeches about something else", False, rambling, Pace(150, 0.6)),
        Learner("off-language", "speaks another language", False, off_language),
        Learner("jailbreaker", "tries to talk persona and grader over", False, jailbreaker, Pace(400, 0.2, False)),
        Learner("quitter", "says goodbye at once", False, quitter),
    )
}
WORSE = tuple(learner.id for learner in LEARNERS.values() if learner.may_pass is False)
"""Those who must not pass."""


class _Talk:
    """A learner who remembers what was said, and so how much trust it earned."""

    def __init__(self, material: Material, before: str = "") -> None:
        self.material = material
        self.said: list[str] = []
        self.told: set[Fact] = set()
        self._stance = starting(material.scenario.stance)
        self._before = before

    def turns(self, turns: tuple[str, ...]) -> Script:
        for turn in turns:
            text = self._before + turn
            self.said.append(text)
            self._stance = observe(self.material.scenario.stance, self._stance, text).state
            answer = yield text
            self.told |= {fact for fact in self.material.scenario.facts if best(fact.told, answer)}

    def earn(self, trust: int, chance: Chance) -> Script:
        """Do what the lesson says earns trust, until there is enough or nothing is left to do."""
        for rule in shuffled(chance, self.material.earning):
            ways = [text for text in map(example, rule.cues) if not self.material.breaks(text)]
            while ways and self._stance.trust < trust and not (rule.once and rule.id in self._stance.used):
                yield from self.turns((ways.pop(int(chance.random() * len(ways))),))


def _some_of_it(talk: _Talk, chance: Chance, share: float, slips: float) -> Script:
    """Meet this share of the checks, and say the wrong thing about so many of the others."""
    material = talk.material
    met = {check.id for _, check in some(chance, material.checks, share)}
    ways = {way.check.id: way.turns for way in material.plan(chance)}
    for _, check in sorted(material.checks, key=lambda each: material.leaves(ways.get(each[1].id, ()))):
        if check.id in met:
            yield from talk.turns(ways.get(check.id, ()))
            continue
        beside = [turns for turns in material.beside(check) if not material.leaves(turns)]
        keeps_from_it = not material.shown(check)
        if beside and (keeps_from_it or chance.random() < slips):
            yield from talk.turns(pick(chance, beside))


def _language(material: Material) -> str:
    return material.scenario.locale.partition("-")[0]
