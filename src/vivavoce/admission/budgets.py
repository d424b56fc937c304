"""Money at the door: what a call may cost is decided, and reserved, before anything of it is paid for."""

from __future__ import annotations

from http import HTTPStatus

from vivavoce.admission.entry import Entry, TurnedAway
from vivavoce.admission.refused import Refused
from vivavoce.scenario.model import Scenario
from vivavoce.session.spending import FREE, Purse
from vivavoce.settings.budget import BudgetSettings
from vivavoce.store.sessions import SessionStore
from vivavoce.store.sql import Sql
from vivavoce.store.usage import CapName, OverBudget, UsageStore, Window

NO_BUDGET = 4429
"""The close code for a browser that came without a ticket, or whose money was spent since it got one."""
SPARE_SECONDS = 300.0
"""How long room outlives the longest call: for pauses, and for a process that died to be missed."""

MESSAGES: dict[CapName, str] = {
    "user_day": "Your calls for today are used up. You can call again tomorrow.",
    "day": "The calls for today are used up. You can call again tomorrow.",
    "month": "The calls for this month are used up. Tell whoever runs this server.",
}


class Budgets:
    """What each call may cost, and whether there is room for it."""

    def __init__(self, settings: BudgetSettings) -> None:
        self.settings = settings

    def purse(self, scenario: Scenario, spent: int = 0) -> Purse:
        """What a call pays from; `spent` before it slept."""
        return Purse(self.settings.tariff, self.most(scenario), spent)

    def most(self, scenario: Scenario) -> int | None:
        """What a call of this scenario may cost in all; None when there is no cap or nothing to pay for.

        Without a cap of its own a call may cost what one of its length usually stays below, so that what is reserved
        for it is what it can cost.
        """
        settings = self.settings
        if not self.limited:
            return None
        usual = settings.tariff.estimate(scenario.limits.max_seconds) if settings.call is None else settings.call
        caps = (settings.caps.user_day, settings.caps.day, settings.caps.month)
        return min([usual, *(cap for cap in caps if cap is not None)])

    def reserve(self, store: SessionStore, session_id: str, user: str, scenario: Scenario, now: float) -> None:
        """Keep room for a call. Call it inside the transaction that lets its browser in. Raises OverBudget."""
        most = self.most(scenario)
        if most is not None:
            until = now + scenario.limits.max_seconds + SPARE_SECONDS
            UsageStore(store.sql).reserve(session_id, user, most, until, self.settings.caps, Window.at(now))

    def admit(self, store: SessionStore, entry: Entry) -> None:
        """A step of the admission: whoever begins or wakes a call needs room for it. Raises TurnedAway."""
        if entry.already_paid_for:
            return
        for other in entry.displaced:  # they end now
            UsageStore(store.sql).release(other)
        try:
            self.reserve(store, entry.session_id, entry.arrival.user, entry.arrival.scenario, entry.now)
        except OverBudget as error:
            raise TurnedAway(NO_BUDGET, words(error)) from None

    @property
    def limited(self) -> bool:
        """Whether there is anything to check."""
        return self.settings.capped and not self._free

    def check_room(self, sql: Sql, user: str | None, now: float) -> None:
        """Say early that a cap is reached; the last word has `admit`. Raises Refused."""
        try:
            UsageStore(sql).check(user, self.settings.caps, Window.at(now))
        except OverBudget as error:
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "budget_spent", words(error)) from None

    @property
    def _free(self) -> bool:
        return self.settings.tariff.voice == self.settings.tariff.transcription == FREE


def words(error: OverBudget) -> str:
    """For the learner who is refused."""
    return MESSAGES[error.cap]
