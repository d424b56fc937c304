"""What an operator can choose for the door, and what is refused before anything listens."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from vivavoce.door.signing import Keys
from vivavoce.hosts.native.own_door import read_own_door
from vivavoce.hosts.native.secret_file import read_keys
from vivavoce.settings.door import DoorSettings
from vivavoce.settings.error import SettingsError

CODE = {"VIVAVOCE_CLASS_CODE": "blue-whale"}
HEADER = {"VIVAVOCE_USER_HEADER": "X-Forwarded-User"}
SECRET = "s" * 32


def read(given: dict[str, str], host: str = "127.0.0.1", *, open_access: bool = False) -> DoorSettings:
    return read_own_door(given, host=host, port=8787, open_access=open_access)


def test_the_sign_in_follows_from_what_is_set() -> None:
    assert read({}).sign_in == "open"
    assert read(CODE).sign_in == "code"
    assert read(HEADER).sign_in == "header"
    assert read({**CODE, "VIVAVOCE_SIGN_IN": "code"}).sign_in == "code"


@pytest.mark.parametrize("given", [CODE, HEADER])
def test_with_a_sign_in_the_server_may_listen_everywhere(given: dict[str, str]) -> None:
    assert not read(given, "0.0.0.0").loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "class.example"])
def test_without_one_only_on_this_machine_or_knowingly(host: str) -> None:
    with pytest.raises(SettingsError, match=r"VIVAVOCE_CLASS_CODE .* --i-accept-open-access"):
        read({}, host)
    with pytest.raises(SettingsError):
        read({"VIVAVOCE_SIGN_IN": "open"}, host)
    assert read({}, host, open_access=True).open_access


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"VIVAVOCE_SIGN_IN": "oidc"}, "one of open, code, header"),
        ({"VIVAVOCE_SIGN_IN": "code"}, "needs VIVAVOCE_CLASS_CODE"),
        ({"VIVAVOCE_SIGN_IN": "header"}, "needs VIVAVOCE_USER_HEADER"),
        ({"VIVAVOCE_SIGN_IN": "open", **CODE}, "Unset one of them"),
        ({**HEADER, **CODE}, "Unset one of them"),
        ({"VIVAVOCE_CLASS_CODE": "whale"}, "6 to 64 characters"),
        ({"VIVAVOCE_CLASS_CODE": "w" * 65}, "6 to 64 characters"),
        ({"VIVAVOCE_USER_HEADER": "X User"}, "names no header"),
        ({"VIVAVOCE_USER_HEADER": "Cookie"}, "anybody sends"),
        ({"VIVAVOCE_USER_HEADER": "x-forwarded-for"}, "anybody sends"),
        ({"VIVAVOCE_PROXIES": "proxy.example"}, "addresses or networks"),
        ({"VIVAVOCE_PROXIES": "10.0.0.1/24"}, "addresses or networks"),
        ({"VIVAVOCE_PROXIES": "10.0.0.7, 0.0.0.0/0"}, "anybody could say who they are"),
        ({"VIVAVOCE_PROXIES": "::/0"}, "anybody could say who they are"),
        ({"VIVAVOCE_SECRET": "short"}, "Give it 32 or more"),
        ({"VIVAVOCE_SECRET": f"{SECRET},short"}, "Give it 32 or more"),
        ({"ALLOWED_ORIGINS": "class.example"}, "no origin"),
    ],
)
def test_what_cannot_be_used_is_said_without_saying_secrets(given: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        read(given)
    assert "whale" not in str(caught.value)
    assert "short" not in str(caught.value)


def test_no_secret_is_shown() -> None:
    settings = read({**CODE, "VIVAVOCE_SECRET": SECRET})
    for text in (repr(settings), str(settings.shown())):
        assert "blue-whale" not in text
        assert SECRET not in text


def test_the_secret_is_made_once_and_kept_for_the_owner_alone(tmp_path: Path) -> None:
    database = tmp_path / "deep" / "calls.sqlite3"
    made: list[str] = []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        made.append(read_keys(read({}), database).seal("a", {}))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    (file,) = database.parent.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_keys(read({}), database).unseal("a", made[0]) is not None
    other = read_keys(read({}), tmp_path / "other.sqlite3")
    assert other.unseal("a", made[0]) is None


def test_the_operators_secrets_come_before_the_file(tmp_path: Path) -> None:
    keys = read_keys(read({"VIVAVOCE_SECRET": f"{SECRET}, {'o' * 32}"}), tmp_path / "calls.sqlite3")
    assert list(tmp_path.iterdir()) == []
    assert keys.unseal("a", Keys([SECRET]).seal("a", {})) is not None
    assert keys.unseal("a", Keys(["o" * 32]).seal("a", {})) is not None
    assert Keys([SECRET]).unseal("a", keys.seal("a", {})) is not None


def test_a_secret_file_that_holds_none_is_not_signed_with(tmp_path: Path) -> None:
    file = tmp_path / "calls.sqlite3.secret"
    for content in (b"", b"short", b"\xff" * 40):
        file.write_bytes(content)
        with pytest.raises(SettingsError, match="secret"):
            read_keys(read({}), tmp_path / "calls.sqlite3")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SettingsError, match="Set VIVAVOCE_SECRET"):
        read_keys(read({}), tmp_path / "calls.sqlite3")
