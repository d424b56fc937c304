"""Decoded JSON to a Scenario. The shape is that of shared/scenario.schema.json, to which a test holds this file."""

from __future__ import annotations

import re
from typing import Final, Literal

from vivavoce.scenario.check import cross_faults
from vivavoce.scenario.model import (
    Check,
    Criterion,
    Detector,
    Disclosure,
    Fact,
    Farewell,
    Goal,
    Learner,
    Limits,
    Persona,
    Quiz,
    QuizItem,
    Reply,
    Rubric,
    Scenario,
    ScenarioError,
    Script,
    Stance,
    StanceRule,
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
        rubric=_rubric(root.child("rubric")),
        quiz=_quiz(root.child("quiz")),
        keywords=root.texts("keywords", least=0),
    )
    root.close()
    return scenario, faults + cross_faults(scenario)


def _learner(fields: Fields) -> Learner:
    goals = []
    for goal in fields.children("goals"):
        goals.append(Goal(goal.id("id"), goal.text("text"), goal.flag("required", default=True)))
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


def _rubric(fields: Fields) -> Rubric:
    criteria = []
    for criterion in fields.children("criteria"):
        criteria.append(
            Criterion(
                id=criterion.id("id"),
                name=criterion.text("name"),
                weight=_weight(criterion),
                gate=criterion.flag("gate", default=False),
                checks=tuple(_check(check) for check in criterion.children("checks")),
            )
        )
        criterion.close()
    rubric = Rubric(fields.whole("version", 1, 1_000_000), fields.whole("pass_mark", 0, 100), tuple(criteria))
    fields.close()
    return rubric


def _check(fields: Fields) -> Check:
    check = Check(
        id=fields.id("id"),
        ask=fields.text("ask"),
        weight=_weight(fields),
        speaker=fields.one_of("speaker", ("user", "assistant")),
        detector=_detector(fields.child("detector")),
        advice=fields.text("advice"),
    )
    fields.close()
    return check


def _weight(fields: Fields) -> float:
    weight = fields.number("weight", 0, 100, default=1.0)
    if weight == 0 and fields.readable:
        fields.note("weight", "must be more than 0")
    return weight


def _detector(fields: Fields) -> Detector:
    """Each type reads its own fields, so that another type's are faults; of an unknown type none can be judged."""
    kind: Literal["phrase", "order", "fact", "absence"] = fields.one_of("type", ("phrase", "order", "fact", "absence"))
    if not fields.says("type", kind):
        return Detector(kind)
    match kind:
        case "phrase":
            detector = Detector("phrase", any_of=fields.texts("any_of"))
        case "order":
            detector = Detector("order", first=fields.texts("first"), then=fields.texts("then"))
        case "fact":
            detector = Detector("fact", fact=fields.text("fact"))
        case "absence":
            detector = Detector("absence", none_of=fields.texts("none_of"))
    fields.close()
    return detector


def _quiz(fields: Fields) -> Quiz:
    quiz = Quiz(
        when=fields.one_of("when", ("end", "tool")),
        items=tuple(_quiz_item(item) for item in fields.children("items")),
    )
    fields.close()
    return quiz


def _quiz_item(fields: Fields) -> QuizItem:
    kind: Literal["choice", "short"] = fields.one_of("kind", ("choice", "short"))
    item = QuizItem(
        id=fields.id("id"),
        kind=kind,
        prompt=fields.text("prompt"),
        options=fields.texts("options", least=2) if kind == "choice" else (),
        answer=fields.text("answer"),
        accept=fields.texts("accept") if kind == "short" else (),
        explain=fields.text("explain"),
        criterion=fields.text("criterion"),
    )
    fields.close()
    return item
