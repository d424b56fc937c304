"""The port that a server of ours listens on."""

from __future__ import annotations

import errno
import socket

from vivavoce.settings.error import SettingsError

SEND_BUFFER = 256 * 1024
"""Bytes the kernel may hold for one client that reads slowly."""


def listen(host: str, port: int) -> socket.socket:
    """Take the port. Raises SettingsError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=1024)
    except (socket.gaierror, UnicodeError):  # the latter for what cannot be a host name at all
        raise SettingsError(f"There is no address for --host {host}. Use 127.0.0.1.") from None
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} on {host} is taken. Stop the program that has it, or choose another with --port."
            ) from None
        raise SettingsError(f"Port {port} on {host} cannot be used ({error}). Choose another with --port.") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # handed on to every connection
    return listening
