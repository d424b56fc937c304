"""On which terms the engine takes clients: its key, its certificate, how many it can carry."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import trustme

from vivavoce.hosts.native.capacity import LARGEST_CALL, memory_in_use, most_calls
from vivavoce.hosts.native.engine_access import Options, read_access, warnings
from vivavoce.hosts.native.engine_door import Access
from vivavoce.hosts.native.settings import read_settings
from vivavoce.settings.error import SettingsError

KEY = "canary-0123456789abcdef"


def access(options: Options | None = None, **environment: str) -> Access:
    return read_access(read_settings(environment), options or Options(), voiced=True)


def test_on_this_machine_no_key_is_needed() -> None:
    terms = access()
    assert (terms.key, terms.tls, terms.origins) == (None, None, frozenset())
    assert terms.calls == most_calls(voiced=True)


def test_the_key_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert access(VIVAVOCE_ENGINE_KEY=KEY).key == KEY
    assert access(Options(key_file=file), VIVAVOCE_ENGINE_KEY="another").key == KEY
    assert KEY not in repr(access(VIVAVOCE_ENGINE_KEY=KEY))


def test_the_command_line_counts_before_the_environment() -> None:
    assert access(Options(calls=3), VIVAVOCE_ENGINE_CALLS="5").calls == 3
    assert access(VIVAVOCE_ENGINE_CALLS="5").calls == 5


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "engine.example"])
def test_beyond_this_machine_a_key_is_needed_and_a_good_one(host: str) -> None:
    with pytest.raises(SettingsError, match="Set VIVAVOCE_ENGINE_KEY"):
        access(Options(host=host))
    with pytest.raises(SettingsError, match="too short"):
        access(Options(host=host), VIVAVOCE_ENGINE_KEY="sk-test")
    terms = access(Options(host=host), VIVAVOCE_ENGINE_KEY=KEY)
    assert any("unencrypted" in warning for warning in warnings(terms, host))
    assert not list(warnings(terms, "127.0.0.1"))


def test_a_star_without_a_key_is_warned_of() -> None:
    assert any("any web page" in warning for warning in warnings(access(ALLOWED_ORIGINS="*"), "127.0.0.1"))
    assert not list(warnings(access(ALLOWED_ORIGINS="*", VIVAVOCE_ENGINE_KEY=KEY), "127.0.0.1"))


@pytest.mark.parametrize("calls", ["0", "-1", "many", "1.5", "10000", "9" * 5000, "٣"])
def test_most_calls_is_a_number(calls: str) -> None:
    with pytest.raises(SettingsError, match="from 1 to 9999"):
        access(VIVAVOCE_ENGINE_CALLS=calls)


def test_a_key_file_is_readable_and_holds_a_key(tmp_path: Path) -> None:
    for name, content, says in (
        ("missing", None, "cannot be read"),
        ("empty", b" \n", "holds no key"),
        ("two", b"one two", "no key has"),
        ("binary", b"\xff\xfe", "cannot be read"),
    ):
        file = tmp_path / name
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(SettingsError, match=says):
            access(Options(key_file=file))


# Certificates


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates and keys that belong together, and others."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    ours, others = authority.issue_cert("localhost"), authority.issue_cert("localhost")
    ours.private_key_pem.write_to_path(folder / "key.pem")
    others.private_key_pem.write_to_path(folder / "other.pem")
    ours.private_key_and_cert_chain_pem.write_to_path(folder / "both.pem")
    for part in ours.cert_chain_pems:
        part.write_to_path(folder / "cert.pem", append=True)
    (folder / "broken.pem").write_bytes((folder / "cert.pem").read_bytes()[:200] + b"\n-----END CERTIFICATE-----\n")
    encrypt = ["openssl", "pkey", "-in", "key.pem", "-aes256", "-passout", "pass:secret", "-out", "encrypted.pem"]
    subprocess.run(encrypt, cwd=folder, check=True)
    return folder


def test_a_certificate_and_its_key_may_stand_in_one_file_or_two(folder: Path) -> None:
    assert access(Options(tls_cert=folder / "cert.pem", tls_key=folder / "key.pem")).tls
    assert access(Options(tls_cert=folder / "both.pem")).tls


@pytest.mark.parametrize(
    ("certificate", "key", "says"),
    [
        (None, "key.pem", "Name the certificate with --tls-cert"),
        ("nowhere.pem", "key.pem", "nowhere.pem cannot be read"),
        ("cert.pem", "nowhere.pem", "nowhere.pem cannot be read"),
        (".", "key.pem", "cannot be read"),
        ("key.pem", "key.pem", "There is no certificate in .*key.pem"),
        ("cert.pem", None, "There is no private key in .*cert.pem. .* with --tls-key"),
        ("cert.pem", "cert.pem", "There is no private key"),
        ("cert.pem", "other.pem", "other.pem is not that of the first certificate"),
        ("cert.pem", "encrypted.pem", "encrypted.pem is encrypted. .* openssl pkey"),
        ("broken.pem", "key.pem", "cannot be used"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(
    folder: Path, certificate: str | None, key: str | None, says: str
) -> None:
    options = Options(tls_cert=folder / certificate if certificate else None, tls_key=folder / key if key else None)
    with pytest.raises(SettingsError, match=says):
        access(options)


# Capacity


def test_the_machine_is_asked_how_much_it_can_carry() -> None:
    voiced, silent = most_calls(voiced=True), most_calls(voiced=False)
    assert 1 <= voiced <= silent
    used = memory_in_use()
    assert used is None or 10_000_000 < used < 100 * LARGEST_CALL
