"""Who somebody is: the names of learners, the class code, and the token that a browser keeps in its cookie."""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

from vivavoce.door.signing import Keys

SignInMode = Literal["open", "code", "header"]
MODES: tuple[SignInMode, ...] = get_args(SignInMode)
KEPT_SECONDS = 30 * 24 * 3600
OPERATOR_SECONDS = 12 * 3600
MOST_USER_CHARS = 64
MOST_NAME_CHARS = 40
SUFFIX_CHARS = 6
SUFFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without those that look like others."""
_AUDIENCE = "sign-in"
_OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Person:
    user: str
    """Whom calls belong to."""
    name: str
    """What they are called on the page."""


def is_user(text: str) -> bool:
    """Whether a text can name whom calls belong to: 1 to 64 letters and digits of any script, or any of _ . @ + -"""
    return (
        1 <= len(text) <= MOST_USER_CHARS
        and unicodedata.is_normalized("NFC", text)
        and all(_may_name(character) for character in text)
    )


def read_name(text: str) -> str | None:
    """A name as somebody typed it, in good order; None when it is none."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    return name if 1 <= len(name) <= MOST_NAME_CHARS and name.isprintable() else None


def user_of(name: str, suffix: str) -> str:
    """Whom calls belong to that somebody of this name makes. The suffix tells two of the same name apart."""
    letters = "".join(character for character in name.replace(" ", "-") if _may_name(character))
    letters = unicodedata.normalize("NFC", letters)  # what was between a letter and its accent may be gone
    return f"{letters.strip('.-') or 'learner'}.{suffix}"


def same_code(shown: str, code: str) -> bool:
    """Whether somebody knows the class code; capital letters and spaces around it do not count."""
    return hmac.compare_digest(_plain(shown), _plain(code))


def write_sign_in(keys: Keys, person: Person, code: str, now: float) -> str:
    """What a browser keeps for KEPT_SECONDS. It counts as long as the class code is this one."""
    claims = {"sub": person.user, "name": person.name, "exp": int(now) + KEPT_SECONDS}
    return keys.seal(_AUDIENCE, {**claims, "code": keys.fingerprint(_plain(code).decode())})


def read_sign_in(keys: Keys, text: str, now: float, code: str | None) -> Person | None:
    """Who keeps this token. With None for the code it may be one of an earlier code, which lets nobody in."""
    claims = keys.unseal(_AUDIENCE, text)
    if claims is None or claims["exp"] <= now:
        return None
    if code is not None and not keys.is_fingerprint(claims["code"], _plain(code).decode()):
        return None
    return Person(claims["sub"], claims["name"])


def write_operator(keys: Keys, operator_key: str, now: float) -> str:
    """What a browser keeps for OPERATOR_SECONDS that has shown the operator's key; another key makes it worthless."""
    return keys.seal(_OPERATOR, {"exp": int(now) + OPERATOR_SECONDS, "key": keys.fingerprint(operator_key)})


def is_operators(keys: Keys, text: str, now: float, operator_key: str) -> bool:
    """Whether a text was written by `write_operator` for this key, and lately."""
    claims = keys.unseal(_OPERATOR, text)
    return claims is not None and now < claims["exp"] and keys.is_fingerprint(claims["key"], operator_key)


def _plain(code: str) -> bytes:
    return unicodedata.normalize("NFC", code).strip().casefold().encode("utf-8", "replace")


def _may_name(character: str) -> bool:
    return character in "_.@+-" or unicodedata.category(character)[0] in "LMN"
