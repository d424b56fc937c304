"""Price lists and caps as an operator writes them: what is wrong is said with what to do, never counted too low."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from vivavoce.hosts.native.settings import read_settings
from vivavoce.session.spending import FREE, Price
from vivavoce.settings.error import SettingsError
from vivavoce.settings.prices import PriceError, read_prices
from vivavoce.store.usage import Caps

HOUSE = {"text_in": 1, "text_out": 2.5, "audio_in": 3, "audio_out": 4}


def written(folder: Path, models: object, **more: Any) -> Path:
    path = folder / "prices.json"
    path.write_text(json.dumps({"as_of": "2026-11-23", "models": models, **more}))
    return path


def environment(home: Path, **more: str) -> dict[str, str]:
    return {"VIVAVOCE_DATABASE": str(home / "calls.sqlite3"), **more}


def test_what_a_list_leaves_out_costs_what_the_nearest_kind_costs(tmp_path: Path) -> None:
    [price] = read_prices(written(tmp_path, {"house": HOUSE})).models.values()
    assert (price.text_cached, price.audio_cached) == (Decimal(1), Decimal(3))
    assert (price.image_in, price.image_cached) == (Decimal(1), Decimal(1))
    assert price.text_out == Decimal("2.5")


def test_a_dated_name_has_the_price_of_its_model() -> None:
    prices = read_prices()
    assert prices.of("gpt-realtime-2025-08-28") == prices.models["gpt-realtime"]
    assert prices.of("gpt-realtime-whisper") == Price(minute=Decimal("0.017"))
    assert prices.of("gpt-realtime-9") is None


@pytest.mark.parametrize(
    ("models", "word"),
    [
        ([], "no price list"),
        ({"house": 3}, "no prices"),
        ({"house": {**HOUSE, "text_on": 1}}, "text_on"),
        ({"house": {**HOUSE, "text_in": -1}}, "text_in"),
        ({"house": {**HOUSE, "text_in": "4"}}, "text_in"),
        ({"house": {**HOUSE, "text_in": True}}, "text_in"),
        ({"house": {**HOUSE, "text_in": float("nan")}}, "text_in"),
        ({"house": {**HOUSE, "text_in": float("inf")}}, "text_in"),
        ({"house": {"text_in": 1}}, "text_out, audio_in"),
        ({"house": {**HOUSE, "minute": 1}}, "by the minute and by tokens"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(tmp_path: Path, models: object, word: str) -> None:
    with pytest.raises(PriceError, match=word):
        read_prices(written(tmp_path, models))


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, '{"models": {}}', "\ufeff{}"])
def test_what_is_no_list_at_all_says_where(tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content, "utf-8")
    with pytest.raises(SettingsError, match=r"odd\.json"):
        read_settings(environment(tmp_path, VIVAVOCE_PRICES=str(path)))


def test_caps_are_dollars(tmp_path: Path) -> None:
    caps = {"VIVAVOCE_CAP_CALL": "0.50", "VIVAVOCE_CAP_USER_DAY": "$2", "VIVAVOCE_CAP_MONTH": "1000"}
    budget = read_settings(environment(tmp_path, OPENAI_API_KEY="sk-test", **caps)).budget
    assert (budget.call, budget.caps) == (500_000, Caps(user_day=2_000_000, month=1_000_000_000))
    assert budget.shown()["VIVAVOCE_CAP_CALL"] == "0.50"
    assert budget.shown()["VIVAVOCE_CAP_DAY"] == "(no limit)"


@pytest.mark.parametrize("text", ["0", "-1", "1,5", "ten", "1e3", "0.0000001", "99999999", "٣", "nan"])
def test_what_is_no_amount_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="VIVAVOCE_CAP_DAY"):
        read_settings(environment(tmp_path, VIVAVOCE_CAP_DAY=text))


def test_a_cap_without_a_price_is_refused(tmp_path: Path) -> None:
    """Else the cap would hold nothing."""
    openai = environment(tmp_path, OPENAI_API_KEY="sk-test", VIVAVOCE_CAP_DAY="5")
    with pytest.raises(SettingsError, match="no price for the model house-voice"):
        read_settings({**openai, "VIVAVOCE_MODEL": "house-voice"})
    with pytest.raises(SettingsError, match="no price for the model house-ears"):
        read_settings({**openai, "VIVAVOCE_TRANSCRIPTION_MODEL": "house-ears"})
    mute = written(tmp_path, {"house-voice": {"text_in": 1, "text_out": 1, "audio_in": 1}})
    with pytest.raises(SettingsError, match="audio_out"):
        read_settings({**openai, "VIVAVOCE_MODEL": "house-voice", "VIVAVOCE_PRICES": str(mute)})
    without_caps = read_settings(environment(tmp_path, OPENAI_API_KEY="sk-test", VIVAVOCE_MODEL="house-voice"))
    assert without_caps.budget.tariff.voice is None


def test_the_embedded_engine_costs_nothing_and_may_be_capped(tmp_path: Path) -> None:
    budget = read_settings(environment(tmp_path, VIVAVOCE_CAP_DAY="5")).budget
    assert budget.tariff.voice == budget.tariff.transcription == FREE
