"""Calls that were going on when their process ended, or that slept: put together again from what is committed."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING

from vivavoce.admission.entry import ALIVE_SECONDS
from vivavoce.hosts.naming import name_of, places_of
from vivavoce.hosts.native.sqlite import Writer
from vivavoce.session.inputs import Expired
from vivavoce.store.sessions import CallHead, Claim, SessionStore

if TYPE_CHECKING:
    from vivavoce.hosts.native.calls import Calls

MOST_AT_ONCE = 8
"""Calls that are graded at once because nobody came back."""

log = logging.getLogger("vivavoce.calls")


async def end_stranded(writer: Writer, calls: Calls) -> None:
    """Bring calls to their end, with a grade, that nobody can come back to, or whose end had begun."""

    def claim(store: SessionStore) -> list[tuple[CallHead, Claim]]:
        now = time.time()
        ours = [head for head in store.stranded(now) if calls.has_key(head.scenario_id, head.user)]
        heads = ours[:MOST_AT_ONCE]
        return [(head, store.claim(head.session_id, now + ALIVE_SECONDS)) for head in heads]

    for head, claimed in await writer.run(claim):
        try:
            if (actor := await calls.revive(head, claimed)) is not None:
                actor.handle(Expired())
        except Exception as error:  # a record that this version cannot read holds nobody up
            log.error("call %s cannot be put together again: %s", name_of(head.session_id), places_of(error))
            await writer.run(partial(_end_unread, head=head, epoch=claimed.epoch))


def _end_unread(store: SessionStore, head: CallHead, epoch: int) -> None:
    store.finish(head.session_id, epoch, time.time(), "server_error")
