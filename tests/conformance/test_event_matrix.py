"""The tables of docs/engine.md say what is so, row by row."""

from __future__ import annotations

import pytest

from conformance.flows import FLOWS
from conformance.matrix import ClientRow, client_rows, code, outcome, table
from conformance.notation import play
from conformance.schema import CLIENT_EVENTS, SERVER_EVENTS
from conformance.situations import SITUATIONS
from kit.client import Event


@pytest.fixture(scope="module")
def corpus() -> list[Event]:
    """Every event of every flow and situation."""
    events = [event for flow in FLOWS for event in play(flow)]
    return events + [event for situation in SITUATIONS for event in situation.play()[0].events]


@pytest.mark.parametrize("row", client_rows(), ids=lambda row: row.name)
def test_the_row_of(row: ClientRow) -> None:
    assert outcome(row) == row.verdict


def test_every_client_event_has_a_row() -> None:
    assert {row.type for row in client_rows()} >= set(CLIENT_EVENTS)


def test_every_server_event_has_a_row_and_is_sent_when_it_says_so(corpus: list[Event]) -> None:
    rows = {code(event): verdict for event, verdict, _ in table("What it sends")}
    assert set(rows) == set(SERVER_EVENTS)
    assert len(rows) == 46
    sent = {event["type"] for event in corpus}
    assert {event for event, verdict in rows.items() if verdict == "sent"} == sent
    assert {event for event, verdict in rows.items() if verdict == "never"} == set(rows) - sent


def test_every_end_of_a_response_has_a_row(corpus: list[Event]) -> None:
    ended = [event["response"] for event in corpus if event["type"] == "response.done"]
    met = {(response["status"], _reason(response["status_details"] or {})) for response in ended}
    assert {(code(status), code(reason)) for status, reason, _ in table("How a response ends")} == met


def _reason(details: Event) -> str:
    reason: str = details.get("reason") or details.get("error", {}).get("code", "")
    return reason
