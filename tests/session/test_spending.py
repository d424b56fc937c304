"""Prices and the purse of a call."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.protocol.usage import UNTOLD, Usage, response_usage
from vivavoce.session.spending import FREE, Price, Purse, Tariff

REALTIME = Price(
    text_in=Decimal("4"),
    text_cached=Decimal("0.4"),
    text_out=Decimal("24"),
    audio_in=Decimal("32"),
    audio_cached=Decimal("0.4"),
    audio_out=Decimal("64"),
    image_in=Decimal("5"),
    image_cached=Decimal("0.5"),
)
WHISPER = Price(minute=Decimal("0.017"))
COUNTS = st.integers(0, 200_000)
KINDS = [name for name in Usage.__dataclass_fields__ if name not in ("seconds", "told")]
USAGES = st.builds(Usage, **dict.fromkeys(KINDS, COUNTS))


def test_a_recorded_response_costs_what_the_price_list_says() -> None:
    used = Usage(text_in=10, text_cached=364, audio_in=7, audio_cached=20, text_out=28, audio_out=136)
    assert REALTIME.of(used) == 9794  # 10*4 + 364*.4 + 7*32 + 20*.4 + 28*24 + 136*64 = 9793.6


def test_a_model_that_is_billed_by_the_minute() -> None:
    assert WHISPER.of(Usage(seconds=60)) == 17_000
    assert WHISPER.of(Usage(seconds=3.5)) == 992  # 991.67, rounded up
    assert Price(minute=Decimal("0.05")).of(Usage(), seconds=90) == 75_000


@given(st.lists(USAGES, max_size=40))
def test_a_purse_is_out_by_less_than_a_microdollar_an_answer(usages: list[Usage]) -> None:
    purse = Purse(Tariff(REALTIME, WHISPER))
    notes = [purse.answered("m", usage, until) for until, usage in enumerate(usages)]
    exact = sum(
        (Fraction(getattr(REALTIME, kind)) * getattr(usage, kind) for usage in usages for kind in KINDS), Fraction(0)
    )
    assert exact <= purse.spent < exact + max(1, len(usages))
    assert purse.spent == sum(note.microdollars or 0 for note in notes)
    assert sum(note.tokens or 0 for note in notes) == sum(usage.tokens for usage in usages)


@given(st.lists(st.tuples(st.sampled_from(["answer", "time"]), st.floats(0, 100)), max_size=30))
def test_every_second_is_noted_once(steps: list[tuple[str, float]]) -> None:
    purse, now, noted = Purse(), 0.0, 0.0
    for kind, seconds in steps:
        now += seconds
        note = purse.answered("m", Usage(), now) if kind == "answer" else purse.passed("m", now)
        noted += note.seconds if note else 0.0
    last = purse.passed("m", now)
    assert noted + (last.seconds if last else 0.0) == pytest.approx(now, abs=0.001 * (len(steps) + 1))


def test_what_was_not_told_costs_nothing_and_is_marked() -> None:
    purse = Purse(Tariff(REALTIME, WHISPER))
    note = purse.answered("m", UNTOLD, 4.0)
    assert (note.microdollars, note.tokens, note.seconds) == (0, None, 4.0)


def test_a_model_without_a_price_counts_tokens_and_no_money() -> None:
    purse = Purse(Tariff(None, None))
    note = purse.answered("m", Usage(text_in=7), 1.0)
    assert (note.microdollars, note.tokens, purse.spent) == (None, 7, 0)


def test_seconds_of_a_model_that_is_priced_by_tokens_are_marked_as_without_a_price() -> None:
    purse = Purse(Tariff(REALTIME, Price(text_in=Decimal(1), text_out=Decimal(5), audio_in=Decimal(3))))
    assert purse.written_down("m", Usage(seconds=3.0)).microdollars is None
    assert Purse(Tariff(FREE, FREE)).written_down("m", Usage(seconds=3.0)).microdollars == 0


def test_a_purse_is_low_at_nine_tenths_and_empty_at_the_end() -> None:
    purse = Purse(Tariff(REALTIME, FREE), most=1000)
    purse.answered("m", Usage(audio_out=14), 1)
    assert (purse.spent, purse.low, purse.empty) == (896, False, False)
    purse.answered("m", Usage(text_in=1), 2)
    assert (purse.spent, purse.low, purse.empty) == (900, True, False)
    purse.answered("m", Usage(text_in=25), 3)
    assert (purse.low, purse.empty) == (True, True)
    assert not Purse(Tariff(REALTIME, FREE)).low


def test_a_woken_call_pays_from_what_is_left() -> None:
    assert Purse(Tariff(REALTIME, FREE), most=1000, spent=900).low


def test_time_alone_empties_the_purse_of_a_model_by_the_minute() -> None:
    purse = Purse(Tariff(Price(minute=Decimal("0.06")), FREE), most=100_000)
    assert purse.lasts == 90.0
    purse.passed("m", 60.0)
    assert (purse.lasts, purse.low) == (30.0, False)
    purse.passed("m", 90.0)
    assert (purse.lasts, purse.low) == (0.0, True)
    assert Purse(Tariff(REALTIME, FREE), most=100_000).lasts is None


def test_the_estimate_is_above_a_usual_call_and_below_one_without_any_cache() -> None:
    """Ten minutes, half and half, forty turns: fresh sound, the voice, and the conversation read again each time."""
    tariff = Tariff(REALTIME, FREE)
    fresh, voice, again = 3_000 * 32, 6_000 * (64 + 6), 180_000
    usual = fresh + voice + again * (0.15 * 32 + 0.85 * 0.4)
    assert usual < tariff.estimate(600) < fresh + voice + again * 32
    assert Tariff(FREE, FREE).estimate(600) == Tariff(None, None).estimate(600) == 0


def test_the_prices_that_come_along_are_those_of_the_reference() -> None:
    """gpt-realtime-2.1 as it was published, and every model complete."""
    table = json.loads((files("vivavoce") / "prices.json").read_text("utf-8"))
    listed = {name: Decimal(str(value)) for name, value in table["models"]["gpt-realtime-2.1"].items()}
    assert Price(**listed) == REALTIME
    used = response_usage({"usage": {"input_tokens": 1, "output_tokens": 1}})
    for model in table["models"].values():
        assert Price(**{name: Decimal(str(value)) for name, value in model.items()}).of(used) >= 0
