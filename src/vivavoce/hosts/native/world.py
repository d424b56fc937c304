"""The clocks and the chance of this machine."""

from __future__ import annotations

import secrets
import time

from vivavoce.admission.world import World

WORLD = World(now=time.time, ticks=time.monotonic, chance=secrets.token_bytes)
