"""What the operator may set, and the sentences that say what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vivavoce.hosts.native.settings import VARIABLES, read_settings
from vivavoce.settings.error import SettingsError
from vivavoce.settings.upstream import OPENAI_URL

KEY = "sk-canary-0123456789abcdef"
CHAT = {"VIVAVOCE_CHAT_URL": "http://127.0.0.1:11434/v1/", "VIVAVOCE_CHAT_MODEL": "qwen3"}


def test_without_a_key_the_embedded_engine_is_called(tmp_path: Path) -> None:
    settings = read_settings({"XDG_DATA_HOME": str(tmp_path)})
    assert settings.upstream.kind == "embedded"
    assert settings.upstream.url is None
    assert settings.database == tmp_path / "vivavoce" / "vivavoce.sqlite3"
    assert settings.scenarios.name == "scenarios"


def test_with_a_key_openai_is_called() -> None:
    settings = read_settings({"OPENAI_API_KEY": f"  {KEY}\n"})
    assert (settings.upstream.kind, settings.upstream.url, settings.upstream.model) == (
        "openai",
        OPENAI_URL,
        "gpt-realtime-2.1",
    )
    assert settings.upstream.key == KEY


def test_an_empty_variable_is_an_unset_one() -> None:
    assert read_settings({"OPENAI_API_KEY": " ", "VIVAVOCE_UPSTREAM": ""}).upstream.kind == "embedded"


def test_a_key_stays_unused_when_the_embedded_engine_is_asked_for() -> None:
    assert read_settings({"OPENAI_API_KEY": KEY, "VIVAVOCE_UPSTREAM": "embedded"}).upstream.kind == "embedded"


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"VIVAVOCE_UPSTREAM": "openai"}, "needs a key. Set OPENAI_API_KEY"),
        ({"VIVAVOCE_UPSTREAM": "gemini"}, "Set it to one of openai, azure, compatible, embedded"),
        ({"VIVAVOCE_UPSTREAM": "azure", "OPENAI_API_KEY": KEY}, "needs VIVAVOCE_UPSTREAM_URL"),
        ({"VIVAVOCE_UPSTREAM": "compatible"}, "needs VIVAVOCE_UPSTREAM_URL"),
        ({"VIVAVOCE_UPSTREAM_URL": "wss://example.com"}, "Set VIVAVOCE_UPSTREAM to compatible or azure"),
        ({"OPENAI_API_KEY": KEY, "VIVAVOCE_UPSTREAM_URL": "wss://example.com"}, "the upstream is openai"),
        ({"VIVAVOCE_PUMP": "no"}, "Set it to on or off"),
        ({"OPENAI_API_KEY": "sk-a b"}, "Copy the key again"),
        ({"OPENAI_API_KEY": "sk-ä"}, "Copy the key again"),
        ({"OPENAI_API_KEY": "sk-a\r\nHost: b"}, "Copy the key again"),
        ({"ALLOWED_ORIGINS": "class.example"}, "Write https://host"),
        ({"ALLOWED_ORIGINS": "https://class.example/app"}, "without a path"),
        ({"VIVAVOCE_DATABSE": "x"}, "Did you mean VIVAVOCE_DATABASE?"),
        ({"VIVAVOCE_UPSTREAMURL": "x"}, "Did you mean VIVAVOCE_UPSTREAM_URL?"),
        ({"VIVAVOCE_DATABASE": "~no-such-user/calls"}, "VIVAVOCE_DATABASE is '~no-such-user/calls'"),
        ({"VIVAVOCE_": "x"}, "There is no setting VIVAVOCE_"),
        ({"VIVAVOCE_CHAT_MODEL": "qwen3"}, "VIVAVOCE_CHAT_MODEL is set, but not VIVAVOCE_CHAT_URL"),
        ({"VIVAVOCE_CHAT_KEY": KEY}, "VIVAVOCE_CHAT_KEY is set, but not VIVAVOCE_CHAT_URL"),
        ({"VIVAVOCE_CHAT_URL": "http://[::1]:1/v1"}, "Set it to the name of the model"),
        ({**CHAT, "VIVAVOCE_CHAT_URL": "127.0.0.1:11434"}, "must look like http://127.0.0.1:11434/v1"),
        ({**CHAT, "VIVAVOCE_CHAT_URL": "https://chat.example:port/v1"}, "must look like"),
        ({**CHAT, "VIVAVOCE_CHAT_URL": f"https://me:{KEY}@chat.example/v1"}, "goes into VIVAVOCE_CHAT_KEY"),
        ({**CHAT, "VIVAVOCE_CHAT_URL": f"https://chat.example/v1?key={KEY}"}, "goes into VIVAVOCE_CHAT_KEY"),
        ({**CHAT, "VIVAVOCE_CHAT_URL": "http://chat.example/v1", "VIVAVOCE_CHAT_KEY": KEY}, "Use https://"),
        ({**CHAT, "VIVAVOCE_CHAT_KEY": f"{KEY} x"}, "Copy the key again"),
    ],
)
def test_what_cannot_be_used_is_said(environment: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(environment)
    assert says in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://example.com/v1/realtime", "must look like wss://HOST/PATH"),
        ("example.com", "must look like"),
        ("wss://", "must look like"),
        ("wss://example.com:port/", "must look like"),
        ("wss://[::1/", "must look like"),
        ("ws://example.com/v1/realtime", "Use wss://"),
        ("ws://10.0.0.1/v1/realtime", "Use wss://"),
        ("wss://me:secret@example.com/", "Take it out"),
        ("wss://example.com/#x", "Take it out"),
    ],
)
def test_an_upstream_must_be_a_secure_websocket(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        read_settings({"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": url})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["wss://example.com/v1/realtime?api=1", "ws://localhost:1/x", "ws://127.0.0.1:1", "ws://[::1]:1"]
)
def test_an_upstream_on_this_machine_may_do_without_tls(url: str) -> None:
    assert read_settings({"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": url}).upstream.url == url


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"host": "0.0.0.0"}, "add --i-accept-open-access"),
        ({"host": "::"}, "add --i-accept-open-access"),
        ({"host": "192.168.1.5"}, "add --i-accept-open-access"),
        ({"host": "0.0.0.0", "open_access": True, "raw": True}, "--raw"),
    ],
)
def test_beyond_this_machine_is_a_decision(flags: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read_settings({}, **flags)


def test_the_decision_can_be_made() -> None:
    settings = read_settings({}, host="0.0.0.0", open_access=True)
    assert not settings.door.loopback


def test_a_chat_model_has_a_base_url_and_a_name() -> None:
    assert read_settings({}).chat_url is None
    settings = read_settings(CHAT)
    assert (settings.chat_url, settings.chat_model, settings.chat_key) == ("http://127.0.0.1:11434/v1", "qwen3", None)
    copied = read_settings({**CHAT, "VIVAVOCE_CHAT_URL": "https://chat.example/api/v1/chat/completions"})
    assert copied.chat_url == "https://chat.example/api/v1"
    in_the_house = read_settings({**CHAT, "VIVAVOCE_CHAT_URL": "http://ollama:11434/v1"})
    assert in_the_house.chat_url == "http://ollama:11434/v1"


def test_the_key_of_the_chat_model_is_not_shown() -> None:
    settings = read_settings({**CHAT, "VIVAVOCE_CHAT_KEY": KEY})
    shown = {name: value for name, value, _ in settings.shown()}
    assert shown["VIVAVOCE_CHAT_KEY"] == "(set, not shown)"
    assert KEY not in repr(settings)
    assert settings.chat_key == KEY


def test_everything_is_shown_with_its_source_and_no_secret() -> None:
    settings = read_settings({"OPENAI_API_KEY": KEY, "VIVAVOCE_MODEL": "gpt-realtime-3"}, port=9000)
    shown = {name: (value, source) for name, value, source in settings.shown()}
    assert set(VARIABLES) | {"--host", "--port", "--raw", "--tls-cert", "--tls-key", "--i-accept-open-access"} == set(
        shown
    )
    assert shown["VIVAVOCE_MODEL"] == ("gpt-realtime-3", "environment")
    assert shown["VIVAVOCE_UPSTREAM"] == ("openai", "default")
    assert shown["--port"] == ("9000", "command line")
    assert shown["--host"] == ("127.0.0.1", "default")
    for text in (repr(settings), str(shown)):
        assert not any(KEY[at : at + 6] in text for at in range(len(KEY) - 5))


def test_the_judge_is_on_where_there_is_a_chat_model() -> None:
    assert read_settings({}).judge is False
    assert read_settings(CHAT).judge is True
    assert read_settings({**CHAT, "VIVAVOCE_JUDGE": "off"}).judge is False


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"VIVAVOCE_JUDGE": "on"}, "Set VIVAVOCE_CHAT_URL"),
        ({**CHAT, "VIVAVOCE_JUDGE": "yes"}, "Set it to on or off"),
        ({"VIVAVOCE_OPERATOR_KEY": "short"}, "has 5 characters and could be guessed"),
    ],
)
def test_the_judge_and_the_operator_are_told_what_to_change(environment: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        read_settings(environment)


def test_the_operators_key_is_shown_to_nobody() -> None:
    settings = read_settings({"VIVAVOCE_OPERATOR_KEY": KEY})
    assert KEY in settings.secrets
    assert KEY not in repr(settings) + str(settings.shown())


def test_a_certificate_that_is_not_there_is_said_before_anything_is_fetched_or_listens(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings({}, tls_cert=tmp_path / "no.pem")
