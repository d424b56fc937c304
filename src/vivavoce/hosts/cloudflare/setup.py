"""What is the same for all that one isolate does: the lessons, the operator's choices, the door."""

from __future__ import annotations

import logging
import secrets
import time
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import js

from vivavoce.admission.doorkeeper import Doorkeeper
from vivavoce.admission.world import World
from vivavoce.door.signing import Keys
from vivavoce.hosts.cloudflare.lessons import read_lessons
from vivavoce.hosts.cloudflare.settings import Settings, read_settings
from workers import import_from_javascript

LESSONS = read_lessons(files("vivavoce") / "data" / "scenarios")
"""Read while Cloudflare takes its picture of the memory that a Worker starts from."""
WORLD = World(now=time.time, ticks=time.monotonic, chance=secrets.token_bytes)


logging.basicConfig(format="%(levelname)s %(message)s")
logging.getLogger("vivavoce").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Setup:
    settings: Settings
    door: Doorkeeper


@cache
def setup() -> Setup:
    """Raises SettingsError."""
    env = import_from_javascript("cloudflare:workers").env
    variables = {name: value for name in js.Object.keys(env) if isinstance(value := getattr(env, name), str)}
    settings = read_settings(variables)
    # Where nobody signs in, a ticket is for the next moment only, and may be this isolate's own.
    keys = Keys(settings.door.secrets or (secrets.token_urlsafe(32),))
    return Setup(settings, Doorkeeper(settings.door, keys, WORLD))
