"""A door as `vivavoce serve` has it with the settings given."""

from __future__ import annotations

from vivavoce.admission.doorkeeper import Doorkeeper
from vivavoce.door.signing import Keys
from vivavoce.hosts.native.own_door import read_own_door
from vivavoce.hosts.native.world import WORLD

SECRET = "the secret of the door in the tests"
OPERATOR_KEY = "the-key-of-the-operator"
CLASS_CODE = "blue-whale-42"


def doorkeeper(*, host: str = "127.0.0.1", open_access: bool = False, **given: str) -> Doorkeeper:
    """`given` are variables of the environment."""
    settings = read_own_door(given, host=host, port=8787, open_access=open_access)
    return Doorkeeper(settings, Keys([SECRET]), WORLD, OPERATOR_KEY)
