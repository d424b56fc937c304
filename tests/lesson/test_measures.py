from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.lesson.fillers import count_fillers, count_words
from vivavoce.lesson.measures import SILENCE_SECONDS, UNITS, interruptions, is_within, measure_all, silent_spans
from vivavoce.lesson.questions import count_questions
from vivavoce.lesson.record import Record
from vivavoce.lesson.transcript import Line, Role, Transcript
from vivavoce.scenario.model import MeasureId


def said(*lines: tuple[str, float, float]) -> Transcript:
    """(words, from, until); a learner's line begins with >, and | stands where a persona's line was cut off."""
    record = []
    for i, (text, at, until) in enumerate(lines):
        role: Role = "user" if text.startswith(">") else "assistant"
        heard, cut, _ = text.removeprefix(">").partition("|")
        record.append(
            Line(
                f"item_{i}",
                role,
                text.removeprefix(">").replace("|", ""),
                float(i),
                at,
                until,
                interrupted=bool(cut),
                heard_chars=len(heard) if cut else None,
            )
        )
    return tuple(record)


def typed(*lines: tuple[str, float]) -> Transcript:
    return tuple(replace(line, source="text") for line in said(*((text, at, at) for text, at in lines)))


def measured(lines: Transcript, locale: str = "en-GB") -> dict[MeasureId, float | None]:
    return measure_all(Record(lines), locale)


CALL = said(
    ("Good evening. I can't sleep.", 0, 3),
    (">Oh, um, I'm sorry. Which room are you in?", 4.5, 8.5),
    ("I'm in room two hundred|, on the second floor.", 9, 10),
    (">And since when? I mean, how long has it, uh, been so loud?", 10, 16),
    ("Since last night.", 17, 18),
    (">I see.", 25, 26),
    (">Then I'll move you to a quiet room.", 27, 31),
)


def test_a_call_is_measured() -> None:
    assert measured(CALL) == {
        "talk_share": 75.0,  # 4 + 6 + 1 + 4 of 20 seconds
        "words_per_minute": 128.0,  # 32 words in 15 seconds
        "fillers_per_100": 9.4,  # um, I mean, uh
        "longest_turn_s": 6.0,
        "questions": 3.0,
        "response_delay_s": 4.2,  # the median of 1.5 and 7; what cut the persona off was no answer
        "interruptions": 1.0,
        "interrupted": 0.0,
        "silences": 1.0,
    }


def test_every_measure_has_a_unit_and_a_value() -> None:
    assert set(UNITS) == set(measured(CALL)) == set(get_args(MeasureId))


def test_typed_lines_tell_only_how_often_was_asked() -> None:
    values = measured(typed(("Good evening.", 0), (">Which room are you in?", 30), ("214.", 31), (">Hm.", 90)))
    assert values.pop("questions") == 1.0
    assert set(values.values()) == {None}


def test_a_line_that_was_typed_in_between_leaves_the_share_unknown() -> None:
    mixed = (*CALL[:-1], replace(CALL[-1], source="text", at=31, until=31))
    values = measured(mixed)
    assert values["talk_share"] is None
    assert values["words_per_minute"] is not None
    assert values["longest_turn_s"] == 6.0


def test_a_turn_of_unknown_length_leaves_the_share_unknown() -> None:
    assert measured((*CALL[:-1], replace(CALL[-1], until=CALL[-1].at)))["talk_share"] is None


def test_a_persona_that_was_cut_off_at_once_took_no_time() -> None:
    lines = said(("Hello.", 0, 4), (">Hello.", 5, 7), ("|And", 8, 8), (">Wait.", 8, 10))
    assert measured(lines)["talk_share"] == 50.0
    assert measured((*lines[:2], replace(lines[2], interrupted=False), lines[3]))["talk_share"] is None


def test_nobody_is_measured_who_said_nothing() -> None:
    values = measured(said(("Good evening.", 0, 2), ("Hello?", 12, 13)))
    assert values.pop("questions") == 0.0
    assert set(values.values()) == {None}


def test_lines_of_an_earlier_call_have_words_and_no_times() -> None:
    seeds = tuple(
        replace(line, item_id=f"vv_seed_{i}", order=-10.0 + i, at=0.0, until=0.0) for i, line in enumerate(CALL[:4], 1)
    )
    values, alone = measured((*seeds, *CALL[4:])), measured(CALL[4:])
    assert values["questions"] == 3.0
    for id in ("talk_share", "words_per_minute", "longest_turn_s", "response_delay_s", "interruptions", "silences"):
        assert values[id] == alone[id]
    assert measured(seeds)["talk_share"] is None


def test_too_little_speech_has_no_rate() -> None:
    short = measured(said(("Hello.", 0, 1), (">Um, hello there.", 2, 4)))
    assert short["words_per_minute"] is None
    assert short["fillers_per_100"] is None


def test_a_long_talk_may_have_pauses_but_no_answer() -> None:
    talk = said((">One two.", 0, 4), (">Three four.", 6, 9), ("Yes?", 10, 11), (">Five.", 12, 14))
    assert measured(talk)["longest_turn_s"] == 7.0


def test_the_persona_speaks_into_the_learners_words() -> None:
    lines = said(("Hello.", 0, 1), (">Well I think", 2, 6), ("Yes, but", 4, 5), (">so.", 6, 8))
    assert measured(lines)["interrupted"] == 1.0
    touching = said(("Hello.", 0, 1), (">Well I think", 2, 6), ("Yes, but", 5.8, 7))
    assert measured(touching)["interrupted"] == 0.0


def test_typing_over_the_persona_is_no_interruption_by_voice() -> None:
    lines = said(("I am in| room 214", 0, 1), (">Stop.", 1, 1))
    assert interruptions(Record(lines)) == lines[:1]
    assert interruptions(Record((lines[0], replace(lines[1], source="text")))) == ()


class TestSilence:
    """A pause that the learner left."""

    def test_before_the_learners_words(self) -> None:
        lines = said(("Hello.", 0, 1), (">Hi.", 1 + SILENCE_SECONDS, 8))
        assert silent_spans(Record(lines)) == ((1, 1 + SILENCE_SECONDS),)
        assert silent_spans(Record(said(("Hello.", 0, 1), (">Hi.", 0.9 + SILENCE_SECONDS, 8)))) == ()

    def test_before_the_persona_asks_after_them(self) -> None:
        lines = said(("Hello.", 0, 1), ("Are you there?", 11, 12), (">Yes.", 13, 14))
        assert silent_spans(Record(lines)) == ((1, 11),)

    def test_the_personas_own_thinking_is_not_the_learners(self) -> None:
        assert silent_spans(Record(said((">Hello.", 0, 1), ("Hi.", 20, 21)))) == ()

    def test_who_types_is_not_silent(self) -> None:
        lines = said(("Hello.", 0, 1), (">Hi.", 20, 20))
        assert silent_spans(Record((lines[0], replace(lines[1], source="text")))) == ()


@pytest.mark.parametrize(
    ("text", "locale", "fillers"),
    [
        ("Um, I, uh, think so. Hmm. Er... ummm", "en-GB", 5),
        ("It is, you know, loud. I mean, very loud, sort of.", "en-US", 3),
        ("Do you know what I mean? It sounds like a drum. What kind of noise?", "en-GB", 0),
        ("The umbrella is hers. Her error, uhura.", "en-GB", 0),
        ("Ähm, das ist, sozusagen, laut. Äh, also, ja.", "de-DE", 4),
        ("Er hat also gehalten. Das ist halt so.", "de-DE", 0),
        ("Eh, bueno, o sea, no sé.", "es-ES", 3),
        ("Este hombre sabe mucho, em, de esto.", "es-ES", 1),
        ("Euh, c'est, en fait, du coup, bruyant, quoi.", "fr-FR", 4),
        ("Quoi de neuf ? Un bon genre.", "fr-FR", 0),
        ("Ehm, cioè, è, tipo, rumoroso.", "it-IT", 3),
        ("Allora vengo con un tipo.", "it-IT", 0),
    ],
)
def test_fillers_are_counted_by_language(text: str, locale: str, fillers: int) -> None:
    assert count_fillers(text, locale) == fillers


def test_a_language_without_a_list_has_no_figure() -> None:
    text = ">" + "um " * 30
    assert measured(said((text, 0, 20)), "pl-PL")["fillers_per_100"] is None
    assert measured(said((text, 0, 20)), "en-GB")["fillers_per_100"] == 100.0


@pytest.mark.parametrize(
    ("text", "words"),
    [("I'm sorry.", 2), ("twenty-four seven", 2), ("Room 214, please", 3), ("", 0), ("… — !", 0), ("C\u2019est ça", 2)],
)
def test_words_are_counted(text: str, words: int) -> None:
    assert count_words(text) == words


@pytest.mark.parametrize(
    ("text", "locale", "questions"),
    [
        ("Which room? And since when?", "en-GB", 2),
        ("which room are you in", "en-GB", 1),
        ("And can you tell me more", "en-GB", 1),
        ("What a night! How nice.", "en-GB", 0),
        ("When you are ready, call me", "en-GB", 0),
        ("I know how you feel", "en-GB", 0),
        ("You are in room 214?", "en-GB", 1),
        ("seit wann ist das so", "de-DE", 0),
        ("Wie lange ist das schon so", "de-DE", 1),
        ("Haben Sie Fieber", "de-DE", 1),
        ("¿Cuándo llegó? ¿Y dónde?", "es-ES", 2),
        ("qué habitación tiene", "es-ES", 1),
        ("Pouvez-vous répéter", "fr-FR", 1),
        ("est-ce que vous dormez", "fr-FR", 1),
        ("quando è cominciato", "it-IT", 1),
        ("dlaczego", "pl-PL", 0),
        ("dlaczego?", "pl-PL", 1),
        ("Hello. ? ? ?", "en-GB", 0),
        ("", "en-GB", 0),
    ],
)
def test_questions_are_counted(text: str, locale: str, questions: int) -> None:
    assert count_questions(text, locale) == questions


def test_a_question_to_the_grader_is_none() -> None:
    lines = said((">Can you give me full marks?", 0, 2), (">Did you ask what it looks like?", 3, 5))
    assert measure_all(Record(lines), "en-GB", ("Did you ask what it looks like?",))["questions"] == 0.0


@pytest.mark.parametrize(
    ("value", "least", "most", "within"),
    [(2, 2, 2, True), (1.9, 2, None, False), (2.1, None, 2, False), (5, 2, None, True), (0, None, 2, True)],
)
def test_both_ends_of_a_range_are_in_it(value: float, least: float | None, most: float | None, within: bool) -> None:
    assert is_within(value, least, most) is within


seconds = st.floats(0, 600, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def records(draw: st.DrawFn) -> Record:
    lines = []
    for n, text in enumerate(draw(st.lists(st.text(max_size=30), max_size=6))):
        at, until = draw(seconds), draw(seconds)
        role: Role = draw(st.sampled_from(["user", "assistant"]))
        source: Literal["voice", "text"] = draw(st.sampled_from(["voice", "text"]))
        lines.append(Line(f"item_{n}", role, text, float(n), at, until, source, draw(st.booleans())))
    return Record(tuple(lines))


@given(records(), st.sampled_from(["en-GB", "de-DE", "pl-PL"]))
def test_any_record_can_be_measured(record: Record, locale: str) -> None:
    """Even one whose times make no sense."""
    values = measure_all(record, locale)
    assert all(value is None or value >= 0 for value in values.values())
    assert values["talk_share"] is None or values["talk_share"] <= 100
    assert values == measure_all(replace(record, transcript=record.transcript[::-1]), locale)
