"""Decoded JSON to a Scenario. The shape is that of shared/scenario.schema.json, to which a test holds this file."""

from __future__ import annotations

import re
from typing import Final

from vivavoce.scenario.check import cross_faults
from vivavoce.scenario.load_grading import read_measure_target, read_quiz, read_rubric, read_test
from vivavoce.scenario.model import (
    Disclosure,
    Fact,
    Farewell,
    Goal,
    Hint,
    Learner,
    Limits,
    Persona,
    Privacy,
    Reply,
    Scenario,
    ScenarioError,
    Script,
    Stance,
    StanceRule,
    Support,
    TurnDetection,
    Voice,
)
from vivavoce.scenario.reading import Fault, Fields

SCHEMA: Final = "vivavoce.scenario/v1"
SCENARIO_ID = re.compile(r"[a-z0-9-]{1,64}")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_DISCLOSE = re.compile(r"(open|asked|never|trust)(?:>=(\d{1,2}))?")
MAX_TRUST = 10


def parse_scenario(data: object, source: str) -> Scenario:
    """The scenario, or a ScenarioError that names every fault. `source` is the file's name, for messages."""
    scenario, faults = read_scenario(data)
    if faults:
        raise ScenarioError(source, [str(fault) for fault in faults])
    return scenario


def read_scenario(data: object) -> tuple[Scenario, list[Fault]]:
    """A scenario with stand-ins where it cannot be read, and all its faults; usable only when there are none."""
    faults: list[Fault] = []
    root = Fields(data, "", faults)
    if not root.readable:
        root = Fields({}, "", [])
    root.one_of("schema", (SCHEMA,))
    scenario = Scenario(
        id=root.id("id", SCENARIO_ID),
        version=root.whole("version", 1, 1_000_000),
        title=root.text("title"),
        summary=root.text("summary"),
        level=root.text("level"),
        locale=root.id("locale", _LOCALE),
        tags=root.texts("tags", least=0),
        est_minutes=root.whole("est_minutes", 1, 120),
        setting=root.text("setting"),
        learner=_learner(root.child("learner")),
        persona=_persona(root.child("persona")),
        facts=tuple(_fact(fact) for fact in root.children("facts")),
        stance=_stance(root.child("stance")),
        opening=_opening(root.child("opening")),
        voice=_voice(root.child("voice")),
        turn_detection=_turn_detection(root.child("turn_detection", required=False)),
        limits=_limits(root.child("limits")),
        script=_script(root.child("script")),
        rubric=read_rubric(root.child("rubric")),
        quiz=read_quiz(root.child("quiz")),
        keywords=root.texts("keywords", least=0),
        support=_support(root.child("support", required=False)),
        measures=tuple(read_measure_target(target) for target in root.children("measures", least=0)),
        privacy=_privacy(root.child("privacy", required=False)),
        tests=tuple(read_test(test) for test in root.children("tests", least=0)),
    )
    root.close()
    return scenario, faults + cross_faults(scenario)


def _learner(fields: Fields) -> Learner:
    goals = []
    for goal in fields.children("goals"):
        required = goal.flag("required", default=True)
        goals.append(Goal(goal.id("id"), goal.text("text"), required, goal.texts("checks", least=0)))
        goal.close()
    learner = Learner(fields.text("role"), fields.text("brief"), tuple(goals))
    fields.close()
    return learner


def _persona(fields: Fields) -> Persona:
    persona = Persona(
        name=fields.text("name"),
        role=fields.text("role"),
        background=fields.text("background"),
        agenda=fields.text("agenda"),
        constraints=fields.texts("constraints"),
        speech_patterns=fields.texts("speech_patterns"),
    )
    fields.close()
    return persona


def _fact(fields: Fields) -> Fact:
    disclosure, trust = _disclosure(fields)
    told_ever = disclosure is not Disclosure.NEVER
    holds_back = disclosure in (Disclosure.TRUST, Disclosure.NEVER)
    fact = Fact(
        id=fields.id("id"),
        text=fields.text("text"),
        disclosure=disclosure,
        trust=trust,
        cues=fields.texts("cues", least=0 if disclosure is Disclosure.OPEN else 1),
        say=fields.texts("say", least=1 if told_ever else 0),
        told=fields.texts("told"),
        withheld=fields.texts("withheld", least=1 if holds_back else 0),
    )
    if not told_ever and fact.say:
        fields.note("say", "a fact that is never told has no way to say it")
    if not holds_back and fact.withheld:
        fields.note("withheld", "only facts of trust>=N or never are withheld")
    fields.close()
    return fact


def _disclosure(fields: Fields) -> tuple[Disclosure, int]:
    written = fields.text("disclose")
    parts = _DISCLOSE.fullmatch(written)
    if parts and (parts[1] == "trust") == (parts[2] is not None):
        return Disclosure(parts[1]), int(parts[2] or 0)
    if written.strip():
        fields.note("disclose", "must be open, asked, trust>=N or never")
    return Disclosure.OPEN, 0


def _stance(fields: Fields) -> Stance:
    rules = []
    for rule in fields.children("rules", least=0):
        rules.append(
            StanceRule(
                id=rule.id("id"),
                cues=rule.texts("cues"),
                delta=rule.whole("delta", -MAX_TRUST, MAX_TRUST),
                say=rule.texts("say", least=0),
                once=rule.flag("once", default=False),
            )
        )
        rule.close()
    stance = Stance(
        minimum=fields.whole("minimum", 0, MAX_TRUST),
        maximum=fields.whole("maximum", 0, MAX_TRUST),
        start=fields.whole("start", 0, MAX_TRUST),
        rules=tuple(rules),
    )
    fields.close()
    return stance


def _opening(fields: Fields) -> str:
    line = fields.text("line")
    fields.close()
    return line


def _voice(fields: Fields) -> Voice:
    voice = Voice(fields.text("id"), fields.number("speed", 0.25, 1.5, default=1.0))
    fields.close()
    return voice


def _turn_detection(fields: Fields) -> TurnDetection:
    """Defaults are the Realtime API's own, except for the silence: a learner needs time to think."""
    turn_detection = TurnDetection(
        type=fields.one_of("type", ("server_vad", "semantic_vad"), default="server_vad"),
        threshold=fields.number("threshold", 0, 1, default=0.5),
        prefix_padding_ms=fields.whole("prefix_padding_ms", 0, 5000, default=300),
        silence_duration_ms=fields.whole("silence_duration_ms", 100, 10_000, default=700),
        eagerness=fields.one_of("eagerness", ("low", "medium", "high", "auto"), default="auto"),
        idle_timeout_ms=fields.whole("idle_timeout_ms", 5_000, 30_000) if fields.has("idle_timeout_ms") else None,
    )
    if turn_detection.idle_timeout_ms and turn_detection.type != "server_vad":
        fields.note("idle_timeout_ms", "needs the type server_vad")
    fields.close()
    return turn_detection


def _limits(fields: Fields) -> Limits:
    limits = Limits(
        max_seconds=fields.whole("max_seconds", 30, 3600),
        warn_at=fields.wholes("warn_at", 1, 3600),
        min_turns_before_end=fields.whole("min_turns_before_end", 1, 100),
    )
    fields.close()
    return limits


def _script(fields: Fields) -> Script:
    replies = []
    for reply in fields.children("replies"):
        replies.append(
            Reply(
                id=reply.id("id"),
                cues=reply.texts("cues"),
                say=reply.texts("say"),
                once=reply.flag("once", default=False),
                trust=reply.whole("trust", 0, MAX_TRUST, default=0),
            )
        )
        reply.close()
    farewell = fields.child("farewell")
    script = Script(
        replies=tuple(replies),
        fallback=fields.texts("fallback"),
        repeat=fields.texts("repeat"),
        role_break=fields.texts("role_break"),
        abuse=fields.texts("abuse"),
        silence=fields.texts("silence"),
        farewell=Farewell(farewell.texts("cues"), farewell.texts("say"), farewell.texts("early")),
    )
    farewell.close()
    fields.close()
    return script


def _support(fields: Fields) -> Support:
    hints = []
    for hint in fields.children("hints", least=0):
        hints.append(
            Hint(
                check=hint.text("check"),
                nudge=hint.text("nudge"),
                phrase=hint.text("phrase"),
                script=hint.text("script"),
                cost=hint.number("cost", 0, 20, default=1.0),
            )
        )
        hint.close()
    fields.close()
    return Support(tuple(hints))


def _privacy(fields: Fields) -> Privacy:
    privacy = Privacy(
        record=fields.one_of("record", ("none", "transcript", "audio"), default="transcript"),
        retain_days=fields.whole("retain_days", 1, 3650, default=365),
    )
    fields.close()
    return privacy
