"""The operator's choices about money, from the environment: dollars there, microdollars everywhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources.abc import Traversable

from vivavoce.session.spending import DOLLAR, FREE, Price, Tariff
from vivavoce.settings.error import SettingsError
from vivavoce.settings.prices import COMES_ALONG, PriceError, read_prices
from vivavoce.store.usage import Caps

VARIABLES = {
    "VIVAVOCE_PRICES": "a price list (JSON) in place of the one that comes along",
    "VIVAVOCE_CAP_CALL": "the most that one call may cost, in dollars",
    "VIVAVOCE_CAP_USER_DAY": "the most that one learner's calls may cost in a day (UTC), in dollars",
    "VIVAVOCE_CAP_DAY": "the most that all calls may cost in a day (UTC), in dollars",
    "VIVAVOCE_CAP_MONTH": "the most that all calls may cost in a month (UTC), in dollars",
}
MOST_DOLLARS = 1_000_000


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    prices: Traversable | None
    """None: the list that comes along."""
    as_of: str
    tariff: Tariff
    """Of the two models that calls use."""
    call: int | None
    caps: Caps

    @property
    def capped(self) -> bool:
        return any(cap is not None for cap in (self.call, self.caps.user_day, self.caps.day, self.caps.month))

    def shown(self) -> dict[str, str]:
        return {
            "VIVAVOCE_PRICES": str(self.prices or "(the list that comes along)") + f", as of {self.as_of}",
            "VIVAVOCE_CAP_CALL": _shown(self.call),
            "VIVAVOCE_CAP_USER_DAY": _shown(self.caps.user_day),
            "VIVAVOCE_CAP_DAY": _shown(self.caps.day),
            "VIVAVOCE_CAP_MONTH": _shown(self.caps.month),
        }


def read_budget(given: Mapping[str, str], path: Traversable | None, models: tuple[str, str] | None) -> BudgetSettings:
    """`path` is the operator's own price list, `models` those that speak and write down; None: the embedded engine's,
    which cost nothing. Raises SettingsError, also when there is a cap and no price to hold it with.
    """
    try:
        prices = read_prices(path or COMES_ALONG)
    except PriceError as error:
        raise SettingsError(f"{error} VIVAVOCE_PRICES says where the price list is.") from error
    tariff = Tariff(*map(prices.of, models)) if models else Tariff(FREE, FREE)
    settings = BudgetSettings(
        prices=path,
        as_of=prices.as_of,
        tariff=tariff,
        call=_dollars(given, "VIVAVOCE_CAP_CALL"),
        caps=Caps(
            user_day=_dollars(given, "VIVAVOCE_CAP_USER_DAY"),
            day=_dollars(given, "VIVAVOCE_CAP_DAY"),
            month=_dollars(given, "VIVAVOCE_CAP_MONTH"),
        ),
    )
    if settings.capped and models:
        _check_price(models[0], tariff.voice, speaks=True)
        _check_price(models[1], tariff.transcription, speaks=False)
    return settings


def _check_price(model: str, price: Price | None, *, speaks: bool) -> None:
    missing = "price" if price is None else "price for audio_out" if speaks and _mute(price) else None
    if missing:
        raise SettingsError(
            f"There is a cap on what calls may cost, but no {missing} for the model {model}. Copy the price list, add "
            "the model to it, and set VIVAVOCE_PRICES to the copy; or unset VIVAVOCE_CAP_… ."
        )


def _mute(price: Price) -> bool:
    return bool(price.text_out and not price.audio_out)


def _dollars(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    amount = text.removeprefix("$")
    if not re.fullmatch(r"\d{1,7}(\.\d{1,6})?", amount, re.ASCII) or not 0 < Decimal(amount) <= MOST_DOLLARS:
        raise SettingsError(f"{name} is {text[:40]!r}. Set it to dollars, such as 2 or 0.50; unset it for no limit.")
    return int(Decimal(amount) * DOLLAR)


def _shown(cap: int | None) -> str:
    return "(no limit)" if cap is None else f"{Decimal(cap) / DOLLAR:.2f}"
