"""The part of a scenario that is graded: rubric, measures, quiz, and the author's own tests of them."""

from __future__ import annotations

from typing import Literal, get_args

from vivavoce.scenario.model import (
    Check,
    Criterion,
    Detector,
    DetectorType,
    Examples,
    Expectation,
    LessonTest,
    MeasureId,
    MeasureTarget,
    Quiz,
    QuizItem,
    Rubric,
)
from vivavoce.scenario.reading import Fields

_DETECTORS: tuple[DetectorType, ...] = get_args(DetectorType)
_MEASURES: tuple[MeasureId, ...] = get_args(MeasureId)
_MOST_MEASURED = 100_000.0


def read_rubric(fields: Fields) -> Rubric:
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
        detector=_detector(fields.child("detector"), _DETECTORS),
        advice=fields.text("advice"),
        examples=_examples(fields.child("examples", required=False)),
    )
    fields.close()
    return check


def _weight(fields: Fields) -> float:
    weight = fields.number("weight", 0, 100, default=1.0)
    if weight == 0 and fields.readable:
        fields.note("weight", "must be more than 0")
    return weight


def _examples(fields: Fields) -> Examples:
    examples = Examples(shown=fields.turns("shown"), missed=fields.turns("missed"))
    fields.close()
    return examples


def _detector(fields: Fields, allowed: tuple[DetectorType, ...]) -> Detector:
    """Each type reads its own fields, so that another type's are faults; of an unknown type none can be judged."""
    kind: DetectorType = fields.one_of("type", allowed)
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
        case "measure":
            measure, least, most = _range(fields)
            detector = Detector("measure", measure=measure, least=least, most=most)
        case "quiz":
            detector = Detector("quiz", item=fields.text("item"))
        case "judge":
            detector = Detector(
                "judge",
                evidence=fields.one_of("evidence", ("quote", "absence"), default="quote"),
                otherwise=_detector(fields.child("otherwise"), ("phrase", "order", "absence")),
            )
    fields.close()
    return detector


def read_measure_target(fields: Fields) -> MeasureTarget:
    target = MeasureTarget(*_range(fields))
    fields.close()
    return target


def _range(fields: Fields) -> tuple[MeasureId, float | None, float | None]:
    measure: MeasureId = fields.one_of("measure", _MEASURES)
    least, most = (fields.number(end, 0, _MOST_MEASURED) if fields.has(end) else None for end in ("least", "most"))
    if fields.readable and least is None and most is None:
        fields.note("least", "is missing, and so is most: give one of them, or both")
    if least is not None and most is not None and least > most:
        fields.note("least", f"must not be more than most, {most}")
    return measure, least, most


def read_quiz(fields: Fields) -> Quiz:
    quiz = Quiz(
        when=fields.one_of("when", ("end", "on_missed", "tool")),
        items=tuple(_quiz_item(item) for item in fields.children("items")),
    )
    fields.close()
    return quiz


def _quiz_item(fields: Fields) -> QuizItem:
    kind: Literal["choice", "short", "spoken"] = fields.one_of("kind", ("choice", "short", "spoken"))
    item = QuizItem(
        id=fields.id("id"),
        kind=kind,
        prompt=fields.text("prompt"),
        options=fields.texts("options", least=2) if kind == "choice" else (),
        answer=fields.text("answer"),
        accept=() if kind == "choice" else fields.texts("accept"),
        explain=fields.text("explain"),
        criterion=fields.text("criterion"),
    )
    fields.close()
    return item


def read_test(fields: Fields) -> LessonTest:
    expect = fields.child("expect")
    test = LessonTest(
        id=fields.id("id"),
        say=fields.texts("say"),
        expect=Expectation(
            least_score=expect.whole("least_score", 0, 100, default=0),
            most_score=expect.whole("most_score", 0, 100, default=100),
            shown=expect.texts("shown", least=0),
            missed=expect.texts("missed", least=0),
            told=expect.texts("told", least=0),
            withheld=expect.texts("withheld", least=0),
        ),
    )
    expect.close()
    fields.close()
    return test
