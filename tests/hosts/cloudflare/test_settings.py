"""What an operator can choose for the Worker, and what is refused because it would hold nothing there."""

from __future__ import annotations

import pytest

from vivavoce.hosts.cloudflare.settings import read_settings
from vivavoce.settings.error import SettingsError

KEY = {"OPENAI_API_KEY": "sk-test-0123456789abcdef"}
CODE = {"VIVAVOCE_CLASS_CODE": "blue-whale", "VIVAVOCE_SECRET": "s" * 32}


def test_a_class_calls_openai() -> None:
    settings = read_settings({**KEY, **CODE, "VIVAVOCE_UPSTREAM": "openai", "VIVAVOCE_MODEL": ""})
    assert (settings.upstream.kind, settings.upstream.model) == ("openai", "gpt-realtime-2.1")
    assert settings.door.sign_in == "code"
    assert settings.calls_open


def test_without_a_sign_in_nobody_comes_in_from_elsewhere_unless_that_is_accepted() -> None:
    assert not read_settings(KEY).door.open_access
    assert read_settings({**KEY, "VIVAVOCE_OPEN_ACCESS": "accepted"}).door.open_access


def test_whatever_host_cloudflare_sends_here_is_ours() -> None:
    policy = read_settings(KEY).door.policy
    assert policy.refuses_host("vivavoce.example.workers.dev") is None
    assert policy.refuses_origin("https://evil.example", "vivavoce.example.workers.dev", "192.0.2.1")


def test_the_operator_closes_the_calls_by_a_variable() -> None:
    assert not read_settings({**KEY, "VIVAVOCE_CALLS": "closed"}).calls_open


def test_a_call_has_a_cap() -> None:
    assert read_settings({**KEY, "VIVAVOCE_CAP_CALL": "0.50"}).budget.call == 500_000


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "no engine in a Worker"),
        ({**KEY, "VIVAVOCE_UPSTREAM": "embedded"}, "no engine in a Worker"),
        ({**KEY, "VIVAVOCE_CLASS_CODE": "blue-whale"}, "VIVAVOCE_SECRET is not set"),
        ({**KEY, "VIVAVOCE_CAP_DAY": "5"}, "VIVAVOCE_CAP_DAY is for the native server"),
        ({**KEY, "VIVAVOCE_USER_HEADER": "X-User"}, "VIVAVOCE_USER_HEADER is for the native server"),
        ({**KEY, "VIVAVOCE_SIGN_IN": "header"}, "VIVAVOCE_USER_HEADER"),
        ({**KEY, "VIVAVOCE_CALLS": "shut"}, "open or closed"),
        ({**KEY, "VIVAVOCE_OPEN_ACCESS": "yes"}, "accepted"),
        ({**KEY, "VIVAVOCE_MODLE": "x"}, "Did you mean VIVAVOCE_MODEL"),
    ],
)
def test_what_would_hold_nothing_is_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read_settings(given)
