"""Deletes what was promised to be deleted, when the server starts and once a day."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from vivavoce.hosts.naming import places_of
from vivavoce.store.retention import DAY_SECONDS

if TYPE_CHECKING:
    from vivavoce.hosts.native.archive import Archive
    from vivavoce.hosts.native.calls import Calls

log = logging.getLogger("vivavoce.archive")


async def purge(archive: Archive, calls: Calls) -> None:
    """A purge that fails is tried again the next day."""
    try:
        await archive.purge(time.time(), calls.going_on)
    except Exception as error:
        log.error("what is out of date could not be deleted: %s", places_of(error))


async def keep_purging(archive: Archive, calls: Calls) -> None:
    """Once a day, until it is cancelled."""
    while True:
        await asyncio.sleep(DAY_SECONDS)
        await purge(archive, calls)
