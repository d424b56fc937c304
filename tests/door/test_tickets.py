"""Tickets and sign-in tokens: what was written here is read again, and nothing else is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.door.sign_in import (
    KEPT_SECONDS,
    Person,
    is_user,
    read_name,
    read_sign_in,
    same_code,
    user_of,
    write_sign_in,
)
from vivavoce.door.signing import MOST_CHARS, Keys
from vivavoce.door.ticket import LIFE_SECONDS, Ticket, read_ticket, write_ticket

OLD, NEW = "o" * 32, "n" * 32
KEYS = Keys([NEW, OLD])
NOW = 1_000_000.5
TICKET = write_ticket(KEYS, "ada", "hotel", "jti-1", NOW)
ADA = Person("Ada.k3x9q2", "Ada")


def test_a_ticket_says_who_may_do_what_until_when() -> None:
    assert read_ticket(KEYS, TICKET, NOW) == Ticket("ada", "hotel", "jti-1", 1_000_060)


def test_a_ticket_is_good_for_a_minute_and_not_before_its_time() -> None:
    exp = int(NOW) + LIFE_SECONDS
    assert read_ticket(KEYS, TICKET, exp - 0.001)
    assert read_ticket(KEYS, TICKET, exp) is None
    assert read_ticket(KEYS, TICKET, NOW - 2) is None  # it would live for longer than tickets do


def test_a_ticket_can_be_a_subprotocol() -> None:
    assert set(TICKET) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert len(write_ticket(KEYS, "ü" * 64, "s" * 64, "j" * 22, NOW)) < MOST_CHARS


def test_a_secret_is_replaced_without_turning_anybody_away() -> None:
    old = write_ticket(Keys([OLD]), "ada", "hotel", "jti", NOW)
    assert read_ticket(KEYS, old, NOW)
    assert read_ticket(Keys([NEW]), old, NOW) is None
    assert read_ticket(Keys([NEW]), TICKET, NOW)


def test_what_was_sealed_for_one_purpose_is_no_use_for_another() -> None:
    token = write_sign_in(KEYS, ADA, "code", NOW)
    assert read_sign_in(KEYS, token, NOW, "code") == ADA
    assert read_ticket(KEYS, token, NOW) is None
    assert read_sign_in(KEYS, TICKET, NOW, None) is None


@given(st.integers(0, len(TICKET) - 1), st.characters(codec="latin-1"))
def test_a_ticket_with_any_other_letter_in_it_is_none(place: int, letter: str) -> None:
    changed = TICKET[:place] + letter + TICKET[place + 1 :]
    assert (read_ticket(KEYS, changed, NOW) is None) is (changed != TICKET)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


CLAIMS = {"sub": "eve", "scenario": "hotel", "jti": "j", "exp": int(NOW) + 60, "aud": "ticket"}


@pytest.mark.parametrize(
    "forged",
    [
        "",
        ".",
        "..",
        f"{_part(CLAIMS)}",
        f"{_part(CLAIMS)}.",
        f"{_part({'alg': 'none'})}.{_part(CLAIMS)}.",
        f"{_part({'alg': 'HS256'})}.{_part(CLAIMS)}.{_part('x')}",
        f"{_part({**CLAIMS, 'alg': 'none'})}.{_part('')}",
        TICKET.partition(".")[0],
        TICKET + "=",
        TICKET + ".",
        TICKET + "\xe9",
        " " + TICKET,
        _part(CLAIMS) + "." + TICKET.partition(".")[2],
        write_ticket(Keys(["x" * 32]), "eve", "hotel", "j", NOW),
        write_ticket(Keys([""]), "eve", "hotel", "j", NOW),
        "x" * (MOST_CHARS + 1),
        "\ud800.x",
    ],
)
def test_a_forged_ticket_is_none(forged: str) -> None:
    assert read_ticket(KEYS, forged, NOW) is None


def test_a_plain_hash_of_the_claims_is_no_signature() -> None:
    body = _part(CLAIMS)
    for digest in (hashlib.sha256(body.encode()).digest(), hmac.digest(b"", body.encode(), "sha256")):
        signature = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        assert read_ticket(KEYS, f"{body}.{signature}", NOW) is None


def test_a_sign_in_counts_for_thirty_days_and_one_class_code() -> None:
    token = write_sign_in(KEYS, ADA, "Blue Whale", NOW)
    assert "whale" not in base64.urlsafe_b64decode(token.partition(".")[0] + "==").decode().lower()
    assert read_sign_in(KEYS, token, NOW + KEPT_SECONDS - 1, "blue whale ") == ADA
    assert read_sign_in(KEYS, token, NOW + KEPT_SECONDS, "blue whale") is None
    assert read_sign_in(KEYS, token, NOW, "red whale") is None
    assert read_sign_in(KEYS, token, NOW, None) == ADA  # so that they stay who they are under a new code
    old = write_sign_in(Keys([OLD]), ADA, "blue whale", NOW)
    assert read_sign_in(KEYS, old, NOW, "blue whale") == ADA


@pytest.mark.parametrize("shown", ["whale-42", " Whale-42\n", "WHALE-42"])
def test_the_class_code_as_people_type_it(shown: str) -> None:
    assert same_code(shown, "Whale-42")


@pytest.mark.parametrize("shown", ["", "whale-4", "whale-422", "whale42", "\ud800", "whale-42\0"])
def test_another_code_is_another_code(shown: str) -> None:
    assert not same_code(shown, "Whale-42")


@pytest.mark.parametrize(
    ("typed", "name", "user"),
    [
        ("Ada", "Ada", "Ada.x"),
        ("  Ada   Lovelace ", "Ada Lovelace", "Ada-Lovelace.x"),
        ("Jörg", "Jörg", "Jörg.x"),
        ("Jo\u0308rg", "Jörg", "Jörg.x"),
        ("हिन्दी", "हिन्दी", "हिन्दी.x"),
        ("李雷", "李雷", "李雷.x"),
        ("D'Arcy <b>", "D'Arcy <b>", "DArcy-b.x"),
        ("🙂", "🙂", "learner.x"),
        ("../../etc", "../../etc", "etc.x"),
        ("Jo!\u0308rg", "Jo!\u0308rg", "Jörg.x"),
        ("a" * 40, "a" * 40, "a" * 40 + ".x"),
    ],
)
def test_a_name_becomes_a_user(typed: str, name: str, user: str) -> None:
    assert read_name(typed) == name
    assert user_of(name, "x") == user
    assert is_user(user)


@pytest.mark.parametrize("typed", ["", "  ", "a" * 41, "a\x00b", "a\u202eb", "\ud800"])
def test_what_is_no_name(typed: str) -> None:
    assert read_name(typed) is None


@pytest.mark.parametrize(
    "text", ["", "a b", "a\n", "<script>", "a/b", "a" * 65, "a,b", "a\u200bb", "Jo\u0308rg", "a;b"]
)
def test_what_is_no_user(text: str) -> None:
    assert not is_user(text)
