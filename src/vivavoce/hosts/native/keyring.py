"""The keys of the people in backups, which are no part of any backup: without a person's key, what backups hold of them
is noise, and forgetting somebody is deleting their key.

Keys are age identities (age-encryption.org), so that a backup can be read with other tools, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pyrage import IdentityError, x25519

from vivavoce.hosts.native.file_lock import FileLock
from vivavoce.hosts.native.whole_file import whole_file

ABOUT = "Opens the backups of this vivavoce. Keep a copy elsewhere, never beside them: see docs/upkeep.md."


class KeyringError(Exception):
    """The keys cannot be read or written; the message says what to do."""


class Keyring:
    """Keys by the name of the person; see `People.NOBODY` for whose key the house's is."""

    def __init__(self, path: Path) -> None:
        """Raises KeyringError."""
        self.path = path
        try:
            kept = json.loads(path.read_bytes())["keys"] if path.exists() else {}
            self._keys = {str(user): x25519.Identity.from_str(key) for user, key in kept.items()}
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, IdentityError) as error:
            raise KeyringError(
                f"{path} cannot be read as the keys of backups ({error or 'a key is damaged'})."
            ) from None

    def __contains__(self, user: str) -> bool:
        return user in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def recipient(self, user: str) -> x25519.Recipient:
        """To encrypt with; whoever has no key yet gets one, which has to be saved."""
        if user not in self._keys:
            self._keys[user] = x25519.Identity.generate()
        return self._keys[user].to_public()

    def owners(self) -> dict[str, tuple[str, x25519.Identity]]:
        """By the public half of the key, which backups name: whose it is, and the key."""
        return {str(key.to_public()): (user, key) for user, key in self._keys.items()}

    def add(self, user: str, key: x25519.Identity) -> None:
        self._keys[user] = key

    def drop(self, user: str) -> None:
        """Nobody reads any more what backups hold of this person, once this is saved."""
        self._keys.pop(user, None)

    def save(self) -> None:
        """Write the file anew and make what it was illegible, as far as the disk allows. Raises KeyringError."""
        content = {"about": ABOUT, "keys": {user: str(key) for user, key in sorted(self._keys.items())}}
        try:
            with ExitStack() as closing:
                old = closing.enter_context(self.path.open("r+b")) if self.path.exists() else None
                with whole_file(self.path) as file:
                    file.write(json.dumps(content, ensure_ascii=False, indent=1).encode())
                if old is not None:
                    old.write(bytes(os.fstat(old.fileno()).st_size))
                    old.flush()
                    os.fsync(old.fileno())
        except OSError as error:
            raise KeyringError(f"The keys of backups, {self.path}, cannot be written ({error.strerror}).") from error


def keyring_path(database: Path) -> Path:
    return database.with_name(f"{database.name}-keys.json")


@contextmanager
def open_keyring(database: Path, wait: Callable[[], None]) -> Iterator[Keyring]:
    """The keys of a database, for one process at a time: a backup knows nothing of whom another forgets meanwhile.

    `wait` is called if another has them now. Raises KeyringError.
    """
    path = keyring_path(database)
    with FileLock(path.with_name(f"{path.name}-lock"), wait=wait):
        yield Keyring(path)
