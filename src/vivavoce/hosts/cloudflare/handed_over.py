"""How the Worker, which has checked a browser, brings it to the object that has its call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from vivavoce.admission.handshake import Arrival, Retry
from vivavoce.door.ticket import Ticket
from vivavoce.scenario.model import Scenario

HEADER = "vivavoce-arrival"
"""Nobody but the Worker reaches an object, so it is believed."""


def write_arrival(arrival: Arrival) -> str:
    """ASCII."""
    return json.dumps(
        {
            "scenario": arrival.scenario.id,
            "user": arrival.user,
            "ticket": asdict(arrival.ticket) if arrival.ticket else None,
            "resume_token": arrival.resume_token,
            "after": arrival.after,
            "subprotocol": arrival.subprotocol,
            "retry": asdict(arrival.retry) if arrival.retry else None,
        }
    )


def read_arrival(text: str, scenarios: Mapping[str, Scenario]) -> Arrival:
    given = json.loads(text)
    scenario, ticket, retry = scenarios[given.pop("scenario")], given.pop("ticket"), given.pop("retry")
    return Arrival(
        scenario=scenario,
        ticket=Ticket(**ticket) if ticket else None,
        retry=Retry(**retry) if retry else None,
        **given,
    )


def name_of_object(arrival: Arrival) -> str:
    """One object for each learner and scenario, wherever on earth it runs."""
    return f"{arrival.scenario.id}:{arrival.user}"
