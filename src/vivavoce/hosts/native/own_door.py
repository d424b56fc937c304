"""The door of a server that listens on an address of this machine."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from vivavoce.door.origins import is_loopback
from vivavoce.settings.door import DoorSettings, read_door
from vivavoce.settings.error import SettingsError


def read_own_door(given: Mapping[str, str], *, host: str, port: int, open_access: bool) -> DoorSettings:
    """Read and check. Raises SettingsError, also where strangers would get in without signing in."""
    name = socket.gethostname().lower()
    names = frozenset({name, f"{name.partition('.')[0]}.local"})
    settings = read_door(given, loopback=is_loopback(host), open_access=open_access, names=names)
    if settings.sign_in == "open" and not settings.loopback and not open_access:
        raise SettingsError(
            f"On {host}, whoever reaches port {port} could make calls at your cost. Set VIVAVOCE_CLASS_CODE to a code "
            "that learners type, or VIVAVOCE_USER_HEADER for a proxy that signs them in; or stay on 127.0.0.1; or add "
            "--i-accept-open-access."
        )
    return settings
