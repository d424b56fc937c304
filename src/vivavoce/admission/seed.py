"""What a call begins with that tries a turn of an earlier one again."""

from __future__ import annotations

import json

from vivavoce.admission.entry import NOTHING_TO_RESUME, TurnedAway
from vivavoce.admission.handshake import Retry
from vivavoce.lesson.kept import Stored
from vivavoce.lesson.review import record_from
from vivavoce.lesson.transcript import Transcript
from vivavoce.store.review import ReviewStore
from vivavoce.store.sessions import CallHead, SessionStore
from vivavoce.store.sql import Sql


def seed_of(sql: Sql, scenario_id: str, user: str, retry: Retry) -> Transcript:
    """What was said in this learner's call of this scenario before one of its lines. Raises TurnedAway.

    It counts in the new call's grade, so the words must be theirs: a shared review is no head start.
    """
    rows = ReviewStore(sql).calls([retry.call_id])
    if not rows:
        raise TurnedAway(NOTHING_TO_RESUME, "There is no such call, or it was deleted.")
    if rows[0].scenario_id != scenario_id:
        raise TurnedAway(NOTHING_TO_RESUME, f"That call was one of {rows[0].scenario_id}, not of {scenario_id}.")
    if rows[0].user != user:
        raise TurnedAway(NOTHING_TO_RESUME, "That call was another learner's. Start one of your own.")
    events = [Stored(at, json.loads(body)) for _, at, _, body in SessionStore(sql).events(retry.call_id)]
    lines = record_from(events).lines
    place = next((place for place, line in enumerate(lines) if line.item_id == retry.item_id), None)
    if place is None:
        raise TurnedAway(NOTHING_TO_RESUME, "There is no such line in that call.")
    return lines[:place]


def seed_again(sql: Sql, head: CallHead) -> Transcript:
    """What the call began with, which its record may not have yet; nothing if that is deleted by now."""
    if head.retry_of is None or head.retry_item is None:
        return ()
    try:
        return seed_of(sql, head.scenario_id, head.user, Retry(head.retry_of, head.retry_item))
    except TurnedAway:
        return ()
