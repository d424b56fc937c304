"""Attempts are counted, from one place and from all, and the counting itself stays small."""

from __future__ import annotations

import pytest

from kit.door import CLASS_CODE, OPERATOR_KEY, doorkeeper
from vivavoce.admission.doorkeeper import Asked, Doorkeeper
from vivavoce.admission.refused import Refused
from vivavoce.door.addresses import LOOPBACK, UNKNOWN, Proxies
from vivavoce.door.rates import MOST_KEYS, Attempts, Rates, place_of
from vivavoce.door.sign_in import Person


def test_a_burst_at_once_and_then_one_after_each_interval() -> None:
    rates = Rates(burst=3, interval=10.0)
    for _ in range(3):
        assert rates.wait("a", 100.0) == 0
        rates.take("a", 100.0)
    assert rates.wait("a", 100.0) == 10.0
    assert rates.wait("a", 104.0) == 6.0
    assert rates.wait("b", 104.0) == 0
    assert rates.wait("a", 110.0) == 0
    rates.take("a", 110.0)
    assert rates.wait("a", 110.0) == 10.0
    assert rates.wait("a", 140.0) == 0
    for _ in range(3):
        rates.take("a", 140.0)  # no more than the burst is ever saved up
    assert rates.wait("a", 140.0) == 10.0


def test_many_keys_take_bounded_room_and_the_guilty_are_not_forgotten() -> None:
    rates = Rates(burst=2, interval=10.0)
    for _ in range(5):
        rates.take("guilty", 0.0)
    for number in range(3 * MOST_KEYS):
        rates.take(str(number), 1.0)
    assert len(rates._full_at) <= MOST_KEYS
    assert rates.wait("guilty", 1.0) > 0


def test_wrong_codes_are_bounded_from_one_place_and_in_total() -> None:
    attempts = Attempts()
    tried = 0
    while attempts.wait("10.0.0.1", 0.0) == 0:
        attempts.failed("10.0.0.1", 0.0)
        tried += 1
    assert tried == 20
    assert attempts.wait("10.0.0.2", 0.0) == 0
    for number in range(1000):  # a thousand machines
        if attempts.wait(f"10.1.{number // 250}.{number % 250}", 0.0) == 0:
            attempts.failed(f"10.1.{number // 250}.{number % 250}", 0.0)
            tried += 1
    assert tried == 100
    in_a_day = 0
    for second in range(86_400):
        if attempts.wait("192.0.2.9", second) == 0:
            attempts.failed("192.0.2.9", second)
            in_a_day += 1
    assert 5_000 < in_a_day < 6_000


def test_a_household_of_ipv6_is_one_place() -> None:
    assert place_of("2001:db8:1:2:3:4:5:6") == place_of("2001:db8:1:2::9") != place_of("2001:db8:1:3::9")
    assert place_of("::ffff:10.0.0.1") == place_of("10.0.0.1") == "10.0.0.1"
    assert place_of("unix") == "unix"


def show_key(door: Doorkeeper, key: str, address: str, **more: str) -> int:
    """The status of the answer to who asks for the operator's page."""
    lines = {"Authorization": [f"Bearer {key}"], **{name: [value] for name, value in more.items()}}
    try:
        door.check_operator(Asked(address, lambda name: lines.get(name.replace("-", "_"), [])))
    except Refused as refused:
        return refused.status
    return 200


def test_wrong_keys_from_many_places_do_not_keep_the_operator_from_stopping_calls() -> None:
    door = doorkeeper(host="0.0.0.0", VIVAVOCE_CLASS_CODE=CLASS_CODE)
    assert [show_key(door, "wrong", "203.0.113.9") for _ in range(21)] == [401] * 20 + [429]
    assert show_key(door, OPERATOR_KEY, "203.0.113.9") == 429
    assert {show_key(door, "wrong", f"198.51.100.{number}") for number in range(250)} == {401}
    assert show_key(door, OPERATOR_KEY, "203.0.113.10") == 200


def test_wrong_keys_of_learners_who_signed_in_are_counted_too() -> None:
    door = doorkeeper(host="0.0.0.0", VIVAVOCE_CLASS_CODE=CLASS_CODE)
    cookie = f"vivavoce={door.sign_in_token(Person('eve.abc234', 'Eve'))}"
    tries = [show_key(door, "wrong", "203.0.113.9", Cookie=cookie) for _ in range(21)]
    assert tries == [401] * 20 + [429]


def test_what_a_proxys_user_shows_holds_up_nobody_else_behind_it() -> None:
    door = doorkeeper(VIVAVOCE_USER_HEADER="X-User")
    tries = [show_key(door, "a token", "127.0.0.1", X_User="eve") for _ in range(21)]
    assert tries == [401] * 20 + [429]
    assert show_key(door, OPERATOR_KEY, "127.0.0.1", X_User="ada") == 200


PROXIES = Proxies.read([*LOOPBACK, "10.0.0.0/24"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["127.0.0.1"], "203.0.113.9"),  # no proxy: what it says counts for nothing
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("::1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["127.0.0.1, 203.0.113.9"], "203.0.113.9"),  # made up in front
        ("127.0.0.1", ["127.0.0.1", "203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["203.0.113.9, 10.0.0.7"], "203.0.113.9"),  # through two proxies
        ("127.0.0.1", ["203.0.113.9, nonsense, 10.0.0.7"], UNKNOWN),
        ("127.0.0.1", ["nonsense, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["nonsense"], UNKNOWN),  # and not this machine
        ("127.0.0.1", [""], UNKNOWN),
        ("127.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("127.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("127.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
        ("127.0.0.1", ["127.0.0.1:4711, 203.0.113.9:4711"], "203.0.113.9"),
        ("127.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("", ["203.0.113.9"], ""),
    ],
)
def test_who_the_visitor_is(peer: str, forwarded: list[str], visitor: str) -> None:
    assert PROXIES.visitor(peer, forwarded) == visitor


@pytest.mark.parametrize("header", ["Forwarded", "X-Real-IP", "Via"])
def test_what_a_proxy_brings_otherwise_does_not_come_from_this_machine(header: str) -> None:
    door = doorkeeper()
    lines = {header: ["203.0.113.9"]}
    strange = Asked("127.0.0.1", lambda name: lines.get(name, []))
    assert door.visitor(strange) == UNKNOWN
    with pytest.raises(Refused):
        door.check_visitor(strange)
    lines["X-Forwarded-For"] = ["127.0.0.1"]
    assert door.visitor(strange) == "127.0.0.1"
    assert door.visitor(Asked("203.0.113.9", lambda name: [])) == "203.0.113.9"


def test_only_a_proxy_is_believed_about_tls() -> None:
    assert PROXIES.over_tls("127.0.0.1", ["https"])
    assert PROXIES.over_tls("10.0.0.7", ["http, HTTPS"])
    assert not PROXIES.over_tls("127.0.0.1", ["https, http"])
    assert not PROXIES.over_tls("127.0.0.1", [])
    assert not PROXIES.over_tls("203.0.113.9", ["https"])


def test_what_is_no_network() -> None:
    for text in ("proxy", "10.0.0.1/24", "10.0.0.0/33", ""):
        with pytest.raises(ValueError):
            Proxies.read([text])
