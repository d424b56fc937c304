"""The session of a call: of one that begins, and of one that is put together again from its record."""

from __future__ import annotations

from collections.abc import Callable

from vivavoce.admission.budgets import Budgets
from vivavoce.lesson.transcript import Transcript
from vivavoce.scenario.model import Scenario
from vivavoce.session.core import Session
from vivavoce.session.past import Past
from vivavoce.settings.upstream import UpstreamSettings


def new_session(
    upstream: UpstreamSettings,
    budgets: Budgets,
    session_id: str,
    scenario: Scenario,
    user: str,
    *,
    chance: Callable[[], float],
    raw: bool = False,
    seed: Transcript = (),
    retry_of: str | None = None,
    past: Past | None = None,
) -> Session:
    """What the settings say about every call, the same on every host; it pays from what it has left."""
    return Session(
        scenario=scenario,
        user=user,
        session_id=session_id,
        upstream=upstream.kind,
        model=upstream.model_for(scenario.id),
        chance=chance,
        transcription_model=upstream.transcription_model,
        raw=raw,
        seed=seed,
        retry_of=retry_of,
        past=past,
        purse=budgets.purse(scenario, past.spent if past else 0),
    )
