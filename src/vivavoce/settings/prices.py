"""The price list: a JSON file with a date that an operator can replace (`VIVAVOCE_PRICES`), in dollars.

A model is billed by tokens (dollars for a million of each kind) or by the minute. What a list leaves out costs what the
nearest kind costs that it names, so that nothing is counted too low: cached tokens as much as fresh ones, images as
much as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from vivavoce.session.spending import Price

COMES_ALONG = files("vivavoce") / "prices.json"
MOST_DOLLARS = 1_000_000
_KINDS = frozenset(field.name for field in fields(Price))
_NEEDED = ("text_in", "text_out", "audio_in")
_DATE = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class PriceError(Exception):
    """A price list that cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class PriceList:
    as_of: str
    """The day on which the prices were looked up."""
    models: Mapping[str, Price]

    def of(self, model: str) -> Price | None:
        """The price of a model, by its name with or without the date at its end."""
        return self.models.get(model) or self.models.get(_DATE.sub("", model))


def read_prices(file: Traversable = COMES_ALONG) -> PriceList:
    """Raises PriceError."""
    try:
        listed = json.loads(file.read_text("utf-8"), parse_float=Decimal, parse_int=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        raise PriceError(f"The price list {file} cannot be read: {error}.") from error
    models = listed.get("models") if isinstance(listed, dict) else None
    if not isinstance(models, dict) or not isinstance(listed.get("as_of"), str):
        raise PriceError(f'{file} is no price list. It must look like {{"as_of": "2026-11-23", "models": {{…}}}}.')
    return PriceList(listed["as_of"], {name: _price(f"{file}: {name}", price) for name, price in models.items()})


def _price(where: str, listed: Any) -> Price:
    if not isinstance(listed, dict):
        raise PriceError(f"{where} has no prices. Write an object with text_in, text_out, audio_in and so on.")
    for kind, dollars in listed.items():
        if kind not in _KINDS:
            raise PriceError(f"{where} has a price for {kind!r}. There are: {', '.join(sorted(_KINDS))}.")
        if not isinstance(dollars, Decimal) or not 0 <= dollars <= MOST_DOLLARS:
            raise PriceError(f"{where}: the price {kind} must be dollars, from 0 to {MOST_DOLLARS:,}.")
    if "minute" in listed:
        if len(listed) > 1:
            raise PriceError(f"{where} is priced by the minute and by tokens. Keep one of them.")
        return Price(minute=listed["minute"])
    missing = [kind for kind in _NEEDED if kind not in listed]
    if missing:
        raise PriceError(f"{where} has no price for {', '.join(missing)}.")
    nearest = {
        "text_cached": listed["text_in"],
        "audio_cached": listed["audio_in"],
        "image_in": listed["text_in"],
        "image_cached": listed.get("image_in", listed["text_in"]),
    }
    return Price(**{**nearest, **listed})
