"""How long a page may come back to its call: what the session tells it, and the store goes by."""

from __future__ import annotations

from typing import Final

RESUMABLE_SECONDS: Final = 24 * 3600
"""To a call that sleeps, or whose process was last heard of then (promise P7)."""
LINGER_SECONDS: Final = 15 * 60.0
"""To a call that has ended: its quiz is still open."""
