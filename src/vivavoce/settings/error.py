"""What every module of settings raises."""

from __future__ import annotations


class SettingsError(Exception):
    """A setting that cannot be used; the message says what to change."""
