"""A scenario as data. Every field is described for authors in docs/scenarios.md.

Three readers see three parts and no more: the learner `public_view`, the persona `instructions` (persona, setting,
facts it may know now), the grader `rubric` and `quiz`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal


class ScenarioError(ValueError):
    """A scenario that cannot be used. `problems` holds one sentence per fault, each with its field."""

    def __init__(self, source: str, problems: list[str]) -> None:
        super().__init__("; ".join(f"{source}: {problem}" for problem in problems))
        self.source = source
        self.problems = problems


class Disclosure(Enum):
    """When the persona may say a fact."""

    OPEN = "open"
    ASKED = "asked"
    TRUST = "trust"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Goal:
    id: str
    text: str
    required: bool
    checks: tuple[str, ...] = ()
    """Ids of the checks that make it reached, all of them; it is ticked off during the call. Private."""


@dataclass(frozen=True, slots=True)
class Learner:
    role: str
    brief: str
    goals: tuple[Goal, ...]


@dataclass(frozen=True, slots=True)
class Persona:
    name: str
    role: str
    background: str
    agenda: str
    constraints: tuple[str, ...]
    speech_patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the persona knows.

    `cues` are what a learner says to ask for it, `say` how the scripted persona tells it.
    """

    id: str
    text: str
    disclosure: Disclosure
    trust: int
    """The trust from which it may be told; 0 unless `disclosure` is TRUST."""
    cues: tuple[str, ...]
    say: tuple[str, ...]
    told: tuple[str, ...] = ()
    """Cues over the persona's words: a line that matches one has told the fact."""
    withheld: tuple[str, ...] = ()
    """Said when it is asked for too early (TRUST) or at all (NEVER)."""


@dataclass(frozen=True, slots=True)
class StanceRule:
    """When the learner's words match one of `cues`, trust moves by `delta`."""

    id: str
    cues: tuple[str, ...]
    delta: int
    say: tuple[str, ...]
    once: bool


@dataclass(frozen=True, slots=True)
class Stance:
    minimum: int
    maximum: int
    start: int
    rules: tuple[StanceRule, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """A line of the script: said when the learner's words match one of `cues`."""

    id: str
    cues: tuple[str, ...]
    say: tuple[str, ...]
    once: bool
    trust: int
    """The least trust at which it is said."""


@dataclass(frozen=True, slots=True)
class Farewell:
    cues: tuple[str, ...]
    say: tuple[str, ...]
    early: tuple[str, ...]
    """Said when the learner wants to leave before `limits.min_turns_before_end`."""


@dataclass(frozen=True, slots=True)
class Script:
    """What the embedded engine's scripted persona says where facts and stance do not answer."""

    replies: tuple[Reply, ...]
    fallback: tuple[str, ...]
    repeat: tuple[str, ...]
    """Said when nothing was understood."""
    role_break: tuple[str, ...]
    abuse: tuple[str, ...]
    silence: tuple[str, ...]
    farewell: Farewell


@dataclass(frozen=True, slots=True)
class Voice:
    id: str
    """A voice name of the Realtime API, for example marin or cedar."""
    speed: float


@dataclass(frozen=True, slots=True)
class TurnDetection:
    type: Literal["server_vad", "semantic_vad"]
    threshold: float
    prefix_padding_ms: int
    silence_duration_ms: int
    eagerness: Literal["low", "medium", "high", "auto"]
    idle_timeout_ms: int | None = None
    """How long a learner may be silent before the persona asks whether they are there; None: as long as they like."""


@dataclass(frozen=True, slots=True)
class Limits:
    max_seconds: int
    warn_at: tuple[int, ...]
    """Seconds left at which the learner is told."""
    min_turns_before_end: int
    """Learner turns before the model's `grade_lesson` is accepted."""


DetectorType = Literal["phrase", "order", "fact", "absence", "measure", "quiz", "judge"]
MeasureId = Literal[
    "talk_share",
    "words_per_minute",
    "fillers_per_100",
    "longest_turn_s",
    "questions",
    "response_delay_s",
    "interruptions",
    "interrupted",
    "silences",
]
"""What can be measured in a call; lesson/measures.py says how, and in which unit."""
Turns = tuple[str, ...]
"""What a learner says in an example, turn by turn."""


@dataclass(frozen=True, slots=True)
class Detector:
    """How a check is decided.

    phrase: a line of the check's speaker matches one of `any_of`; order: the speaker says one of `first` before any
    of `then`, and both are said; fact: the persona told the fact `fact`; absence: no line of the speaker matches any
    of `none_of`; measure: `measure` is at least `least` and at most `most`; quiz: the question `item` was answered
    right; judge: a language model says so and quotes the words (`evidence` quote), or finds none that speak against it
    (absence); where there is no model, `otherwise` decides.
    """

    type: DetectorType
    any_of: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    fact: str = ""
    measure: MeasureId = "talk_share"
    least: float | None = None
    most: float | None = None
    item: str = ""
    evidence: Literal["quote", "absence"] = "quote"
    otherwise: Detector | None = None


@dataclass(frozen=True, slots=True)
class Examples:
    """What a learner may say that meets a check, and what comes near and does not."""

    shown: tuple[Turns, ...] = ()
    missed: tuple[Turns, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One yes/no question about the call."""

    id: str
    ask: str
    weight: float
    speaker: Literal["user", "assistant"]
    detector: Detector
    advice: str
    """What to try instead, shown when the check was missed."""
    examples: Examples = Examples()


@dataclass(frozen=True, slots=True)
class Criterion:
    id: str
    name: str
    weight: float
    gate: bool
    """A gate that is not fully met fails the lesson whatever the score."""
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    version: int
    pass_mark: int
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class QuizItem:
    id: str
    kind: Literal["choice", "short", "spoken"]
    """spoken: answered aloud, marked like a short one."""
    prompt: str
    options: tuple[str, ...]
    answer: str
    """The right option's text, or the model answer of a short or spoken one."""
    accept: tuple[str, ...]
    """Cues that make a short or spoken answer right."""
    explain: str
    criterion: str


@dataclass(frozen=True, slots=True)
class Quiz:
    when: Literal["end", "on_missed", "tool"]
    """on_missed: after the grade, the questions of criteria that were not fully met."""
    items: tuple[QuizItem, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """Help towards one check, given when the learner asks for help while the check is open."""

    check: str
    nudge: str
    phrase: str
    """The beginning of a sentence."""
    script: str
    """The whole sentence."""
    cost: float
    """Points of the score for each rung of the ladder."""


@dataclass(frozen=True, slots=True)
class Support:
    hints: tuple[Hint, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureTarget:
    """A measure that is shown with the range that is good in this lesson; None: no bound."""

    measure: MeasureId
    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class Privacy:
    record: Literal["none", "transcript", "audio"] = "transcript"
    """none: nothing is kept once the learner has left; audio: kept too, if the learner agrees."""
    retain_days: int = 365


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must come of a test; what is not named may be as it likes."""

    least_score: int = 0
    most_score: int = 100
    shown: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    """Ids of checks."""
    told: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    """Ids of facts that the persona must (not) have told."""


@dataclass(frozen=True, slots=True)
class LessonTest:
    """A conversation that an author wrote, played to the scripted persona by `vivavoce rehearse`."""

    id: str
    say: Turns
    expect: Expectation


@dataclass(frozen=True, slots=True)
class Scenario:
    id: str
    version: int
    title: str
    summary: str
    level: str
    locale: str
    tags: tuple[str, ...]
    est_minutes: int
    setting: str
    learner: Learner
    persona: Persona
    facts: tuple[Fact, ...]
    stance: Stance
    opening: str
    voice: Voice
    turn_detection: TurnDetection
    limits: Limits
    script: Script
    rubric: Rubric
    quiz: Quiz
    keywords: tuple[str, ...] = field(default=())
    """Names and words that help the recogniser."""
    support: Support = Support()
    measures: tuple[MeasureTarget, ...] = ()
    privacy: Privacy = Privacy()
    tests: tuple[LessonTest, ...] = ()
