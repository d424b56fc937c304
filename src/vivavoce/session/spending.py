"""What a call costs: prices, and the purse that a call pays from. Money is counted in whole microdollars, rounded up.

A dollar for a million tokens is a microdollar for one, so a price list's figures are used as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from vivavoce.protocol.usage import Usage

DOLLAR = 1_000_000
"""In microdollars."""
LAND_AT = Decimal("0.9")
"""The share of a purse after which the call is brought to its end; the rest pays for the persona's last words."""

TURN_SECONDS = 15
UNCACHED = Decimal("0.3")
"""A conversation as it is usually had, for `Tariff.estimate`: an answer every quarter of a minute, both sides speak
half of the time, and of what was said before, which every answer reads again, three tenths are not in the cache."""
INSTRUCTION_TOKENS = 1_500
HEARD_TOKENS, SAID_TOKENS = 300, 600
"""A minute: a token is 100 ms of the learner and 50 ms of the persona."""


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens of each kind (the names are those of `Usage`), or for a minute."""

    text_in: Decimal = Decimal(0)
    text_cached: Decimal = Decimal(0)
    text_out: Decimal = Decimal(0)
    audio_in: Decimal = Decimal(0)
    audio_cached: Decimal = Decimal(0)
    audio_out: Decimal = Decimal(0)
    image_in: Decimal = Decimal(0)
    image_cached: Decimal = Decimal(0)
    minute: Decimal = Decimal(0)

    def of(self, usage: Usage, seconds: float = 0.0) -> int:
        """Microdollars for what was used, and for `seconds` of a model that is billed by the minute."""
        cost = sum((getattr(self, kind) * count for kind in _TOKENS if (count := getattr(usage, kind))), Decimal(0))
        if self.minute:
            minutes = (Decimal(str(seconds)) + Decimal(str(usage.seconds))) / 60
            cost += self.minute * minutes * DOLLAR
        return int(cost.to_integral_value(ROUND_CEILING))

    def covers(self, usage: Usage) -> bool:
        """Whether the price is for what was written down: by its seconds or by tokens. What is free covers all."""
        if self == FREE:
            return True
        by_token = any(getattr(self, kind) for kind in _TOKENS)
        return (not usage.seconds or bool(self.minute)) and (not usage.tokens or by_token)


_TOKENS = tuple(field.name for field in fields(Price) if field.name != "minute")

FREE = Price()


@dataclass(frozen=True, slots=True)
class Tariff:
    """The prices of a call's two models. Without a price (None) tokens are counted, and no money."""

    voice: Price | None = FREE
    transcription: Price | None = FREE

    def estimate(self, seconds: float) -> int:
        """Microdollars that a conversation of this length usually stays below."""
        minutes, turns = Decimal(str(seconds)) / 60, Decimal(str(seconds)) / TURN_SECONDS
        heard, said = HEARD_TOKENS * minutes, SAID_TOKENS * minutes
        read_again = turns * (heard + said) / 2
        cost = Decimal(0)
        if voice := self.voice:
            cost += heard * voice.audio_in + said * (voice.audio_out + voice.text_out / 4)
            cost += minutes * voice.minute * DOLLAR
            cost += read_again * (UNCACHED * voice.audio_in + (1 - UNCACHED) * voice.audio_cached)
            cost += turns * INSTRUCTION_TOKENS * (UNCACHED * voice.text_in + (1 - UNCACHED) * voice.text_cached)
        if written := self.transcription:
            cost += heard * (written.audio_in + written.text_out / 3) + minutes / 2 * written.minute * DOLLAR
        return int(cost.to_integral_value(ROUND_CEILING))


def usual_answer(after: float) -> Usage:
    """What an answer usually uses, so many seconds into a conversation."""
    said_before = int(after / 60 * (HEARD_TOKENS + SAID_TOKENS))
    fresh, now = int(UNCACHED * said_before), SAID_TOKENS * TURN_SECONDS // 60
    return Usage(
        text_in=INSTRUCTION_TOKENS,
        audio_in=fresh,
        audio_cached=said_before - fresh,
        audio_out=now,
        text_out=now // 4,
        told=False,
    )


class Spending(NamedTuple):
    """One thing that was paid for, with what `store.usage.UsageStore.note` takes."""

    kind: str
    """response, transcription, or time: seconds of a call that no response came after."""
    model: str
    microdollars: int | None
    """None: the model has no known price, or none for what it used."""
    seconds: float = 0.0
    """Of conversation since the spending before."""
    tokens: int | None = 0
    """None: the upstream did not say what it used."""


class Purse:
    """What one call may cost, and what it has cost."""

    def __init__(self, tariff: Tariff | None = None, most: int | None = None, spent: int = 0) -> None:
        """`most` is for the whole call, with the `spent` of before it slept; None: as much as it takes."""
        self.tariff = tariff or Tariff()
        self.most = most
        self.spent = spent
        self.paid_until = 0.0
        """The second of the call up to which its time is noted."""

    @property
    def low(self) -> bool:
        """Whether it is time to bring the call to its end."""
        return self.most is not None and self.spent >= LAND_AT * self.most

    @property
    def empty(self) -> bool:
        return self.most is not None and self.spent >= self.most

    @property
    def lasts(self) -> float | None:
        """Seconds until time alone makes it `low`; None when it never does."""
        voice = self.tariff.voice
        if self.most is None or voice is None or not voice.minute:
            return None
        return max(0.0, float((LAND_AT * self.most - self.spent) / (voice.minute * DOLLAR) * 60))

    def answered(self, model: str, usage: Usage, until: float) -> Spending:
        """Pay for a response, and for the time until now, the second `until` of the call."""
        return self._pay("response", model, self.tariff.voice, usage, self._since(until))

    def broken_off(self, model: str, until: float) -> Spending:
        """Pay for a response whose upstream is gone. It is billed, and nobody will say for how much: else who breaks
        off each answer would talk for nothing.
        """
        return self._pay("response", model, self.tariff.voice, usual_answer(until), self._since(until))

    def written_down(self, model: str, usage: Usage) -> Spending:
        """Pay for a turn's transcription."""
        price = self.tariff.transcription
        return self._pay("transcription", model, price if price and price.covers(usage) else None, usage, 0.0)

    def passed(self, model: str, until: float) -> Spending | None:
        """Pay for the time since the last response; None when there was none."""
        seconds = self._since(until)
        return self._pay("time", model, self.tariff.voice, Usage(), seconds) if seconds else None

    def _since(self, until: float) -> float:
        seconds, self.paid_until = round(until - self.paid_until, 3), until
        return max(0.0, seconds)

    def _pay(self, kind: str, model: str, price: Price | None, usage: Usage, seconds: float) -> Spending:
        cost = None if price is None else price.of(usage, seconds)
        self.spent += cost or 0
        return Spending(kind, model, cost, seconds, usage.tokens if usage.told else None)
