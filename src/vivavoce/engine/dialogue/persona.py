"""The scripted persona: a scenario's facts, stance and script, and no language model.

Rules, in this order: an exact opening is said exactly; abuse and talk to the machine behind the role get their lines;
what is asked is told if its disclosure allows it now, two things at most; a farewell that nothing is asked after ends
the call or is put off;
feelings colour the answer; and when nothing fits, the persona pushes its own agenda.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from vivavoce.engine.dialogue.answer import Answer, Ask, Call, Line, since_last_reply
from vivavoce.engine.dialogue.arguments import fill
from vivavoce.engine.dialogue.directive import words_to_say
from vivavoce.engine.dialogue.intents import abuses, breaks_role
from vivavoce.engine.dialogue.wording import Wording
from vivavoce.scenario.match import Match, best, latest
from vivavoce.scenario.model import Disclosure, Fact, Reply, Scenario
from vivavoce.scenario.stance import Observed, StanceState, observe, starting

MAX_ANSWERS = 2
"""Things told in one turn; a person who is asked three answers the first two."""
_LAST_WORDS = {
    "de": "Auf Wiederhören.",
    "en": "Goodbye, then.",
    "es": "Adiós.",
    "fr": "Au revoir.",
    "it": "Arrivederci.",
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something that was asked for, and where in the learner's words."""

    match: Match
    source: Fact | Reply

    def within(self, others: Iterable[_Candidate]) -> bool:
        """Whether it was only heard in the words that ask for something else."""
        return any(self.match.start < other.match.end and other.match.start < self.match.end for other in others)


class Persona:
    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._known: tuple[tuple[str, ...], StanceState] = ((), starting(scenario.stance))
        """The stance after the learner's first lines, so that it is not worked out anew each time."""

    def answer(self, ask: Ask) -> Answer:
        if words := words_to_say(ask):
            return Answer(words)
        wording = Wording(self._scenario.locale, _lines_of("assistant", ask.history))
        pending = since_last_reply(ask.history)
        if pending and pending[-1].speaker == "tool":
            return Answer(self._after_tools(pending, wording))
        turns = _lines_of("user", pending)
        heard = " ".join(turn for turn in turns if turn)
        if heard:
            return self._reply(ask, heard, wording)
        if not turns and not _lines_of("assistant", ask.history):
            return Answer(self._scenario.opening)
        script = self._scenario.script
        unheard = script.repeat if turns and not wording.was_last(script.repeat) else script.silence
        return Answer(wording.one_of(unheard))

    def _reply(self, ask: Ask, heard: str, wording: Wording) -> Answer:
        script = self._scenario.script
        observed = self._observe(ask.history)
        if abuses(heard):
            return Answer(wording.one_of(script.abuse))
        if breaks_role(heard):
            return Answer(wording.one_of(script.role_break))
        trust = observed.state.trust
        asked = self._asked(heard, trust, wording)
        leaving = latest(script.farewell.cues, heard)
        if leaving and not any(one.match.start >= leaving.end for one in asked):
            facts = [one for one in asked if isinstance(one.source, Fact)]
            if self._may_leave(ask.history) or not asked:
                return self._farewell(ask, self._tell(facts, trust, wording), wording)
        told = self._tell(asked, trust, wording)
        feeling = self._feeling(observed, wording)
        if not told and not feeling:
            told = [self._push(wording)]
        return Answer(" ".join([*feeling, *told]))

    def _observe(self, history: tuple[Line, ...]) -> Observed:
        """The stance after all that the learner said, with the rules that what is not answered yet made fire."""
        stance = self._scenario.stance
        said = _lines_of("user", history)
        answered = tuple(said[: len(said) - len(_lines_of("user", since_last_reply(history)))])
        heard, state = self._known
        if answered[: len(heard)] != heard:
            heard, state = (), starting(stance)
        for line in answered[len(heard) :]:
            state = observe(stance, state, line).state
        self._known = (answered, state)
        return observe(stance, state, " ".join(said[len(answered) :]))

    # What is asked for

    def _asked(self, heard: str, trust: int, wording: Wording) -> list[_Candidate]:
        """What is answered, in the order of asking; beside something new, nothing old that was only touched on.

        Of the script's replies one is enough: two of them may be two questions in a row.
        """
        asked: list[_Candidate] = []
        for candidate in self._candidates(heard, trust, wording):
            replied = isinstance(candidate.source, Reply) and any(isinstance(one.source, Reply) for one in asked)
            if not replied and not candidate.within(asked):
                asked.append(candidate)
        news = max((one.match.weight for one in asked if not wording.used(one.source.say)), default=0)
        asked = [one for one in asked if one.match.weight >= news or not wording.used(one.source.say)]
        return sorted(asked, key=lambda candidate: candidate.match.start)

    def _tell(self, asked: list[_Candidate], trust: int, wording: Wording) -> list[str]:
        answers = [self._say(candidate.source, trust, wording) for candidate in asked[:MAX_ANSWERS]]
        return list(dict.fromkeys(answer for answer in answers if answer))

    def _candidates(self, heard: str, trust: int, wording: Wording) -> list[_Candidate]:
        """Facts and lines whose cues were said, those first that ask for most."""
        sources: list[Fact | Reply] = list(self._scenario.facts)
        sources += [
            reply
            for reply in self._scenario.script.replies
            if trust >= reply.trust and not (reply.once and wording.used(reply.say))
        ]
        found = [_Candidate(match, source) for source in sources if (match := best(source.cues, heard))]
        return sorted(found, key=lambda candidate: (-candidate.match.weight, candidate.match.start))

    def _say(self, source: Fact | Reply, trust: int, wording: Wording) -> str:
        if isinstance(source, Reply):
            return wording.one_of(source.say)
        if not _may_tell(source, trust):
            return wording.one_of(source.withheld)
        return wording.told_again(source.say) if wording.used(source.say) else wording.one_of(source.say)

    def _feeling(self, observed: Observed, wording: Wording) -> list[str]:
        """What the learner's manner makes the persona say, unless it has just said so."""
        rules = sorted(observed.fired, key=lambda rule: -abs(rule.delta))
        for rule in rules:
            if rule.say and not wording.was_last(rule.say):
                return [wording.one_of(rule.say)]
        return []

    def _push(self, wording: Wording) -> str:
        """Nothing fitted: the persona comes back to what it wants, and in time brings up what it may say unasked."""
        fallback = self._scenario.script.fallback
        if wording.was_last(fallback):
            for fact in self._scenario.facts:
                if fact.disclosure is Disclosure.OPEN and not wording.used(fact.say):
                    return wording.one_of(fact.say)
        return wording.one_of(fallback)

    # The end

    def _may_leave(self, history: tuple[Line, ...]) -> bool:
        turns = sum(1 for line in _lines_of("user", history) if line)
        return turns >= self._scenario.limits.min_turns_before_end

    def _farewell(self, ask: Ask, told: list[str], wording: Wording) -> Answer:
        """The end, after the answers to what was asked before the goodbye."""
        farewell = self._scenario.script.farewell
        if not self._may_leave(ask.history):
            return Answer(wording.one_of(farewell.early))
        wanted = ["trigger_quiz"] if self._scenario.quiz.when == "tool" else []
        calls = tuple(
            Call(name, fill(ask.tools[name], "The other person said goodbye."))
            for name in [*wanted, "grade_lesson"]
            if name in ask.tools
        )
        return Answer(" ".join([*told, wording.one_of(farewell.say)]), calls)

    def _after_tools(self, pending: tuple[Line, ...], wording: Wording) -> str:
        """The tools have answered: the last words, or on in the role when it was too early."""
        outputs = [_json_object(line.text) for line in pending if line.speaker == "tool"]
        if any(output.get("ok") is False for output in outputs):
            return wording.one_of(self._scenario.script.farewell.early)
        language = self._scenario.locale.partition("-")[0]
        return _LAST_WORDS.get(language) or wording.one_of(self._scenario.script.farewell.say)


def _may_tell(fact: Fact, trust: int) -> bool:
    match fact.disclosure:
        case Disclosure.NEVER:
            return False
        case Disclosure.TRUST:
            return trust >= fact.trust
        case Disclosure.OPEN | Disclosure.ASKED:
            return True


def _lines_of(speaker: str, history: Iterable[Line]) -> list[str]:
    return [line.text for line in history if line.speaker == speaker]


def _json_object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
