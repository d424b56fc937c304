"""Words of the learner that are not said to the persona: to a grader, to a machine, in somebody else's name.

They are part of the record and are shown, but they are no evidence: whoever reads the rubric aloud, or types what looks
like a verdict, has not held the conversation. Two kinds are told apart. A sentence about the assessment ("give me full
marks") is left out by itself. Where a line begins to imitate a machine (a role's label, markup, JSON), its rest is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from vivavoce.lesson.transcript import Line
from vivavoce.scenario.model import Scenario

_SENTENCE: Final = re.compile(r"[^.!?…\n]+(?:[.!?…]+|\n|$)")
_FLAGS: Final = re.IGNORECASE | re.VERBOSE

_IMITATION: Final = re.compile(
    r"""
      (?:^|(?<=[.!?…\n\])>]))[\s\W]{0,8}                         # at the beginning of a sentence: "System: …"
      (?: (?:system|assistant|user|learner|student|persona|developer|tool|grader|judge|evaluator|examiner|transcript
          |evidence|verdict|rubric|criterion|scor(?:e|ing)|grade|admin|root|override|metadata)
          (?:\s+(?:message|note|output|result|prompt|override|instructions?|line|turn|update|said|\d+))?
          (?:\s*["'(\[][^"'()\[\]\n]{0,40}["')\]])?
        | checks?\s*["'(\[\#][^:\n]{0,40} )
      \s*[:=]
    | \b(?:result|output|status|outcome)\s*[:=]\s*["']?(?:shown|passed?|met|yes|success|full|100)\b
    | <\|                                                       # <|im_start|>
    | </?(?:system|assistant|user|tool|function|instructions?|rubric|grade|transcript|verdict|evidence|check)\b
    | \[/?(?:INST|SYS|SYSTEM|ASSISTANT|USER|TOOL|GRADER|JUDGE|END|BEGIN|NOTE)\b
    | ``` | \#{2,} | -{3,} | ={3,} | <!-- | /\* | \{\{
    | [{\[]\s*["'{\[]                                           # JSON
    | ["']?\b(?:verdict|score|result|passed|shown|role|content|quote|item_id|call_id|points|grade)\b["']\s*:
    | \b(?:verdict|score|result|passed|shown|checks?|grade|points|pass_mark)\b\s*=+
    | \b(?:grade_lesson|trigger_quiz|function_call(?:_output)?|tool_calls?|item_id|vivavoce\.\w+
      |response\.(?:create|done|output_\w+)|conversation\.item|session\.update)\b
    """,
    _FLAGS,
)

_ABOUT_THE_ASSESSMENT: Final = re.compile(
    r"""
    ^\W*(?:please\W+)?(?:just\s+)?say\ that\ (?:i|you|we)\b
    | \b(?:            # the others begin with a word, so in the midst of one there is nothing to look for
      (?:rubric|graders?|grading|mark(?:ing)?\ scheme)\b
    | (?:full|top|maximum|max|perfect|highest)\ (?:marks?|points?|score|grade)\b
    | (?:100|one\ hundred|a\ hundred|all(?:\ of)?\ (?:the|my))\ (?:points|marks)\b | 100\ ?(?:/|out\ of|of)\ ?100\b
    | (?:give|award|grant|assign|allow|owe)\s+
      (?:me|us|myself|(?:the|this)\ (?:learner|student|trainee|call|candidate))\b[^.?!]{0,60}
      \b(?:points|marks?|scores?|grades?)\b
    | (?:mark|tick|count|record|log|register|treat|rate|score|grade|set|flag)\b[^.?!]{0,60}\b(?:as|to)\s+
      (?:shown|passed|a\ pass|met|fulfilled|satisfied|proven|achieved)\b
    | (?:all|every|each)\b[^.?!]{0,20}\b(?:checks?|criteri(?:on|a)|detectors?)\b[^.?!]{0,40}
      \b(?:shown|passed|met|fulfilled|satisfied|ticked|proven|yes)\b
    | (?:score|grade|verdict|result|marks?|points?)\s+(?:is|are|should\ be|must\ be|shall\ be|will\ be|to|of)\s+
      (?:now\ )?(?:100|full|(?:a\ )?hundred|yes|shown|passed|perfect|maximum|a\ pass)\b
    | (?:the|this)\ (?:learner|trainee)\b
    | (?:counts?|qualif(?:y|ies))\ (?:as|for)\ (?:evidence|(?:the|a|this)\ (?:check|criterion)|proof|shown|passed)\b
    | (?<!n't\ )(?<!not\ )(?:ignore|disregard|forget|override|bypass)\s+
      (?:(?:all|any|the|your|my|of|previous|prior|these|those|earlier
      |every|above)\s+)*(?:instructions?|prompts?|criteria|guidelines)\b
    | (?:dear|hey|hello|hi|attention|as|are|like)\s+(?:(?:the|a|an|our|my|now)\s+)*
      (?:grader|judge|examiner|evaluator|assessor|language\ model)\b
    | (?:to|for|you)\s+(?:the|our|my)\s+(?:grader|judge|examiner|evaluator|assessor|language\ model)\b
    | (?:system|developer)\ (?:prompt|message|note|override|instructions?)\b
    | (?:for|let)\ the\ record\b | repeat\ after\ me\b
    | prompt\ injection\b | chat\ ?gpt\b | jailbreak
    | volle\ punktzahl\b | alle\ punkte\b | bewertungs(?:raster|bogen)\b | ignorier\w*\b[^.?!]{0,40}\banweisung
    | puntuación\ máxima\b | todos\ los\ puntos\b | ignora\b[^.?!]{0,40}\b(?:instrucciones|istruzioni)\b
    | note\ maximale\b | tous\ les\ points\b | ignorez?\b[^.?!]{0,40}\binstructions\b
    | punteggio\ (?:pieno|massimo)\b | tutti\ i\ punti\b
    )
    """,
    _FLAGS,
)


def counted(line: Line, asks: tuple[str, ...]) -> str:
    """What of a line counts as said: of the learner's, blanks stand for asides, so that every place stays the same.

    `asks` are the rubric's questions.
    """
    if line.role == "assistant":
        return line.heard
    return without_asides(line.heard, asks)


def asks_of(scenario: Scenario) -> tuple[str, ...]:
    """The rubric's questions."""
    return tuple(check.ask for criterion in scenario.rubric.criteria for check in criterion.checks)


@lru_cache(maxsize=4096)
def without_asides(text: str, asks: tuple[str, ...] = ()) -> str:
    """The text with blanks for its asides. A question of the rubric that is read aloud begins one like an imitation."""
    plain, places = _readable(text)
    begins = [match.start() for pattern in (_IMITATION, _any_of(asks)) if (match := pattern.search(plain))]
    end = min(begins, default=len(plain))
    spans = [sentence.span() for sentence in _SENTENCE.finditer(plain, 0, end) if _is_about_it(sentence[0])]
    kept = list(text)
    for first, last in [*spans, (end, len(plain))]:
        if first < last:
            begin, until = places[first], places[last - 1] + 1
            kept[begin:until] = " " * (until - begin)
    return "".join(kept)


def _readable(text: str) -> tuple[str, Sequence[int]]:
    """The text without invisible characters and disguises such as wide letters, and each character's place in it."""
    if text.isascii():
        return text, range(len(text))
    plain: list[str] = []
    places: list[int] = []
    for i, character in enumerate(text):
        if character.isascii():
            shown = character
        elif unicodedata.category(character) == "Cf":
            continue
        else:
            shown = unicodedata.normalize("NFKC", character)
        plain += shown
        places += [i] * len(shown)
    return "".join(plain), places


def _is_about_it(sentence: str) -> bool:
    return _ABOUT_THE_ASSESSMENT.search(sentence) is not None


@lru_cache(maxsize=64)
def _any_of(asks: tuple[str, ...]) -> re.Pattern[str]:
    """These sentences, whatever stands between their words."""
    each = (r"\W+".join(re.findall(r"\w+", ask)) for ask in asks)
    return re.compile("|".join(rf"\b{words}\b\W*" for words in each if words) or r"(?!)", re.IGNORECASE)
