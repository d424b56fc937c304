"""What every module of settings raises, and what a process ends with that cannot start for it."""

from __future__ import annotations

BAD_CONFIGURATION = 2
"""The exit code of a process for which another start changes nothing."""


class SettingsError(Exception):
    """A setting that cannot be used; the message says what to change."""
