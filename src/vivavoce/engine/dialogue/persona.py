"""The scripted persona: a scenario's facts, stance and script, and no language model.

Rules, in this order: abuse and talk to the machine behind the role get their lines;
what is asked is told if its disclosure allows it now, two things at most; a farewell that nothing is asked after ends
the call or is put off;
feelings colour the answer; and when nothing fits, the persona pushes its own agenda.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from vivavoce.engine import idle
from vivavoce.engine.dialogue.answer import Answer, Ask, Call, Line, since_last_reply
from vivavoce.engine.dialogue.arguments import fill
from vivavoce.engine.dialogue.ears import PLAIN, Asked, Ears
from vivavoce.engine.dialogue.intents import abuses, breaks_role, is_told
from vivavoce.engine.dialogue.tools import must_call
from vivavoce.engine.dialogue.wording import Wording
from vivavoce.protocol.json_text import parse_json
from vivavoce.scenario.match import best, latest
from vivavoce.scenario.model import Disclosure, Fact, Reply, Scenario
from vivavoce.scenario.stance import Observed, StanceState, observe, starting

MAX_ANSWERS = 2
"""Things told in one turn; a person who is asked three answers the first two."""


@lru_cache(maxsize=64)
def _ears_for(scenario: Scenario) -> Ears:
    """Shared by all calls of a scenario: they remember nothing of what they hear."""
    return Ears(scenario)


def prepare(scenario: Scenario) -> None:
    """Read all cues now, so that no call has to wait for it."""
    _ears_for(scenario).asked("What can I do for you?", [*scenario.facts, *scenario.script.replies])


class Persona:
    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._ears = _ears_for(scenario)
        self._known: tuple[tuple[str, ...], StanceState] = ((), starting(scenario.stance))
        """The stance after the learner's first lines, so that it is not worked out anew each time."""

    def answer(self, ask: Ask) -> Answer:
        if ask.must_call:
            return Answer("", must_call(ask))
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
        said_nothing = not turns or Line("system", idle.PROMPT) in pending
        again = not said_nothing and not wording.was_last(script.repeat)
        return Answer(wording.one_of(script.repeat) if again else self._deflect(script.silence, wording))

    def _reply(self, ask: Ask, heard: str, wording: Wording) -> Answer:
        script = self._scenario.script
        observed = self._observe(ask.history)
        if abuses(heard):
            return Answer(self._deflect(script.abuse, wording))
        if breaks_role(heard):
            return Answer(self._deflect(script.role_break, wording))
        trust = observed.state.trust
        asked = self._asked(heard, trust, wording)
        leaving = latest(script.farewell.cues, heard)
        if leaving and is_told(heard, leaving.start):
            leaving = None
        if leaving and not any(one.start >= leaving.end for one in asked):
            facts = [one for one in asked if isinstance(one.source, Fact)]
            if self._may_leave(ask.history) or not asked:
                return self._farewell(ask, self._tell(facts, trust, wording), wording)
        feeling = self._feeling(observed, wording)
        if feeling:
            asked = [one for one in asked if not _drowned(one, observed, heard)]
        told = self._tell(asked, trust, wording)
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

    def _asked(self, heard: str, trust: int, wording: Wording) -> list[Asked]:
        """What is answered, in the order of asking; beside something new, nothing old that was only touched on.

        Of the script's replies to a learner's story one is enough: each leads it on, and two would lead it two ways.
        """
        sources: list[Fact | Reply] = list(self._scenario.facts)
        sources += [
            reply
            for reply in self._scenario.script.replies
            if trust >= reply.trust and not (reply.once and wording.used(reply.say))
        ]
        asked: list[Asked] = []
        for one in self._ears.asked(heard, sources):
            twice = any(isinstance(other.source, Reply) and not _both(one, other) for other in asked)
            if not (isinstance(one.source, Reply) and twice) and all(one.source is not other.source for other in asked):
                asked.append(one)
        news = max((one.weight for one in asked if not wording.used(one.source.say)), default=0)
        asked = [one for one in asked if one.weight >= news or not wording.used(one.source.say)]
        return sorted(asked, key=lambda one: one.start)

    def _tell(self, asked: list[Asked], trust: int, wording: Wording) -> list[str]:
        answers = [self._say(one.source, trust, wording) for one in asked[:MAX_ANSWERS]]
        return list(dict.fromkeys(answer for answer in answers if answer))

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

    def _deflect(self, lines: tuple[str, ...], wording: Wording) -> str:
        """Each of its lines in turn; to one who does not stop, then, what the persona itself wants."""
        return self._push(wording) if wording.went_round(lines) else wording.one_of(lines)

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
        """The tools have answered: nothing after a farewell, or on in the role when it was too early."""
        farewell = self._scenario.script.farewell
        outputs = [_json_object(line.text) for line in pending if line.speaker == "tool"]
        if any(output.get("ok") is False for output in outputs):
            return wording.one_of(farewell.early)
        return "" if wording.was_last(farewell.say) else wording.one_of(farewell.say)


def _both(one: Asked, other: Asked) -> bool:
    """Whether two replies can stand side by side: to two things that were asked or said, not to one long story."""
    return not any(isinstance(each.source, Reply) and each.source.once for each in (one, other))


def _drowned(asked: Asked, observed: Observed, heard: str) -> bool:
    """Whether a feeling leaves no ear for it: any statement for one that is hurt, a hint for one that is pleased."""
    if asked.part.asks:
        return False
    hint = asked.weight < PLAIN or (isinstance(asked.source, Reply) and asked.source.once)
    moved = [(rule, match) for rule in observed.fired if (match := best(rule.cues, heard))]
    return any(rule.delta < 0 or (hint and asked.touches(match.start, match.end)) for rule, match in moved)


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
        value = parse_json(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
