"""A call's record, as the session that is put together from it wants it."""

from __future__ import annotations

import json

from vivavoce.session.past import Past, StoredEvent
from vivavoce.store.sessions import Claim


def past_of(claim: Claim) -> Past:
    return Past(
        events=tuple(StoredEvent(seq, at, json.loads(body)) for seq, at, _, body in claim.events),
        tools={call_id: json.loads(output) for call_id, output in claim.tools.items()},
        spent=claim.spent,
    )
