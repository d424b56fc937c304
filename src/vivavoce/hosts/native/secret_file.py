"""The secret that signs tickets and cookies, when the operator names none: a file beside the database."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from vivavoce.door.signing import Keys
from vivavoce.settings.door import SHORTEST_SECRET, DoorSettings
from vivavoce.settings.error import SettingsError


def read_keys(settings: DoorSettings, database: Path) -> Keys:
    """The operator's secrets, or the one of the file, which is made if it is not there. Raises SettingsError."""
    return Keys(settings.secrets or (_of_file(database.with_name(database.name + ".secret")),))


def _of_file(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The secret in {path} cannot be read or written ({error}). Set VIVAVOCE_SECRET, or mend the file."
        ) from None
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"{path} holds no secret. Delete it, and a new one is made: everybody signs in again.")
    return secret


def _make(path: Path) -> None:
    """Whole and at once, also when two processes start together: the first one's stands."""
    file, draft = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # for its owner alone
    try:
        with os.fdopen(file, "w") as writing:
            writing.write(secrets.token_urlsafe(SHORTEST_SECRET) + "\n")
            writing.flush()
            os.fsync(writing.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
