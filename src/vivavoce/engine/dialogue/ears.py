"""What a learner asks the scripted persona for.

Three hearings for each part of what was said, each only for what the one before did not understand: the author's cues
as they stand; the same after the recogniser's likely slips; and likeness to what the cues wait for. So an author's cue
always goes first, and other topics stay other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vivavoce.engine.dialogue.likeness import Likeness
from vivavoce.engine.dialogue.parts import Part, parts
from vivavoce.engine.dialogue.slips import Slips
from vivavoce.scenario.english import DENIALS, listed
from vivavoce.scenario.match import Match, content, every, places
from vivavoce.scenario.model import Fact, Reply, Scenario
from vivavoce.scenario.words import FUNCTION_STEMS, read, stems

LIKE_ENOUGH_ASKED = 0.4
"""Likeness from which a question is taken for one that the author expected; set on tests/dialogue/*.dev.json."""
LIKE_ENOUGH_SAID = 0.55
"""The same for a statement."""
PER_WORD = 0.2
"""What a word of a cue that was said counts beside likeness, when several cues were said in one part."""
EARNED = 1.0
"""What a reply that trust had to open is ahead of its like, in likeness."""
PLAIN = 2
"""Content words of a cue that was no mere hint."""
_JOINS = stems(("and", "or"))
_DENIALS = stems(DENIALS)
_FRAME = stems(listed("tell know ask say hear wonder question like want need love go few something anything"))
"""Words that a topic is asked for with, and that are no topic themselves."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that was asked for: where in the learner's words, and how plainly."""

    source: Fact | Reply
    start: int
    end: int
    weight: float
    part: Part

    def within(self, other: Asked) -> bool:
        """Whether it was only heard in the words that ask for something else."""
        return self.start < other.end and other.start < self.end

    def touches(self, start: int, end: int) -> bool:
        """Whether text[start:end] lies in the same part of what was said."""
        return self.part.start < end and start < self.part.start + len(self.part.text)


class Ears:
    def __init__(self, scenario: Scenario) -> None:
        sources: list[Fact | Reply] = [*scenario.facts, *scenario.script.replies]
        self._index = {(type(source), source.id): i for i, source in enumerate(sources)}
        cues = [cue for source in sources for cue in source.cues]
        self._slips = Slips(word.rstrip("*").casefold() for cue in cues for place in places(cue) for word in place)
        around = [(fact.text, *fact.say) for fact in scenario.facts]
        self._likeness = Likeness([source.cues for source in sources], around + [()] * len(scenario.script.replies))

    def asked(self, heard: str, sources: Sequence[Fact | Reply]) -> list[Asked]:
        """What is asked for of these sources, the plainest first; statements stand back behind questions for facts."""
        found = [asked for part in parts(heard) if not part.declines for asked in self._in(part, sources)]
        found = [asked for asked in found if not _frames(heard, asked)] or found
        if any(asked.part.asks and isinstance(asked.source, Fact) for asked in found):
            found = [asked for asked in found if asked.part.asks]
        return sorted(found, key=lambda asked: (-asked.weight, asked.start))

    def _in(self, part: Part, sources: Sequence[Fact | Reply]) -> list[Asked]:
        by_cues = self._by_cues(part.text, part, sources)
        if plain := [asked for asked in by_cues if asked.weight >= 1]:
            return plain
        again = self._slips.heard_again(part.text)
        slipped = [
            replace(asked, start=part.start, end=part.start + len(part.text))
            for asked in (self._by_cues(again, part, sources) if again != part.text else ())
            if asked.weight >= 1
        ]
        return slipped or self._by_likeness(again, part, sources) or by_cues

    def _by_cues(self, text: str, part: Part, sources: Sequence[Fact | Reply]) -> list[Asked]:
        """One question has one answer, the one that most of its words ask for; unless it asks for this *and* that."""
        found: list[Asked] = []
        for source in sources:
            if matches := every(source.cues, text):
                match = max(matches, key=lambda match: (content(match.cue), match.start - match.end))
                if _can_ask(source, part, content(match.cue)) and not _in_passing(part, match):
                    found.append(Asked(source, match.start, match.end, content(match.cue), part))
        found = [asked for asked in found if not _frames(text, asked)] or found
        if len(found) > 1:
            like = self._likeness.of(text)
            found.sort(key=lambda asked: self._rank(asked, like), reverse=True)
        kept: list[Asked] = []
        for asked in found:
            if all(not asked.within(other) and _joined(text, asked, other) for other in kept):
                kept.append(asked)
        return [replace(asked, start=part.start + asked.start, end=part.start + asked.end) for asked in kept]

    def _rank(self, asked: Asked, like: Sequence[float]) -> tuple[float, float, int]:
        earned = isinstance(asked.source, Reply) and asked.source.trust > 0
        like_and_plain = self._for(asked.source, like) + PER_WORD * asked.weight
        return like_and_plain + EARNED * earned, asked.weight, -asked.start

    def _for(self, source: Fact | Reply, like: Sequence[float]) -> float:
        return like[self._index[type(source), source.id]]

    def _by_likeness(self, text: str, part: Part, sources: Sequence[Fact | Reply]) -> list[Asked]:
        if part.small_talk or any(word.stem in _DENIALS for word in read(text).words):
            return []
        like = self._likeness.of(text)
        enough = LIKE_ENOUGH_ASKED if part.asks or part.may_ask else LIKE_ENOUGH_SAID
        open_to = sources if part.asks or not part.offers else [one for one in sources if isinstance(one, Reply)]
        alike = [(likeness, source) for source in open_to if (likeness := self._for(source, like)) >= enough]
        if not alike:
            return []
        likeness, source = max(alike, key=lambda pair: pair[0])
        return [Asked(source, part.start, part.start + len(part.text), likeness, part)]


def _can_ask(source: Fact | Reply, part: Part, weight: float) -> bool:
    """A fact is for those who ask: an offer is no question, nor a statement about something else or what is not so."""
    if isinstance(source, Reply) or part.asks:
        return True
    if part.offers or any(word.stem in _DENIALS for word in read(part.text).words):
        return False
    return part.may_ask or weight >= PLAIN


def _in_passing(part: Part, match: Match) -> bool:
    """Whether little was said of it, and that in small talk that is about more, or about something else."""
    if part.small_talk is None or content(match.cue) >= PLAIN:
        return False
    start, end = part.small_talk
    return match.start > start or match.end < end


def _frames(heard: str, asked: Asked) -> bool:
    """Whether it was heard in "I'd like to know" and the like alone, which another topic may stand in."""
    said = {word.stem for word in read(heard[asked.start : asked.end]).words}
    return said - FUNCTION_STEMS <= _FRAME


def _joined(text: str, one: Asked, other: Asked) -> bool:
    first, second = sorted((one, other), key=lambda asked: asked.start)
    return any(word.stem in _JOINS for word in read(text[first.end : second.start]).words)
