"""Log lines for people and for programs, without what must not stand in them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from vivavoce.hosts.naming import name_of
from vivavoce.hosts.native.logs import JsonFormatter, ScrubbingFormatter

KEY = 'sk-"quoted\\key'


def record(message: str, *arguments: object, **extra: Any) -> logging.LogRecord:
    return logging.getLogger("vivavoce.calls").makeRecord(
        "vivavoce.calls", logging.WARNING, "file", 1, message, arguments, extra.pop("exc_info", None), extra=extra
    )


def test_a_line_for_programs_has_its_fields_and_those_that_were_given() -> None:
    line = json.loads(JsonFormatter(()).format(record("call %s ended", "call_1", call="call_1", seconds=2.5)))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "vivavoce.calls",
        "message": "call call_1 ended",
        "call": "call_1",
        "seconds": 2.5,
    }


def test_a_line_for_programs_is_one_line() -> None:
    assert "\n" not in JsonFormatter(()).format(record("one\ntwo"))


@pytest.mark.parametrize("formatter", [ScrubbingFormatter((KEY,)), JsonFormatter((KEY,))])
def test_keys_tickets_and_resume_tokens_stand_in_no_line(formatter: logging.Formatter) -> None:
    """Wherever they come from: a message, a field, the text of an exception of some library."""
    token = "vivavoce.ticket.abc-DEF_1.xyz, vivavoce.resume.0123456789abcdef"
    try:
        raise ValueError(f"{KEY} {token}")
    except ValueError:
        caught = sys.exc_info()
    text = formatter.format(record("%s and %s", KEY, token, header=token, key=KEY, exc_info=caught))
    assert KEY not in text
    assert json.dumps(KEY)[1:-1] not in text
    for secret in ("abc-DEF_1", "0123456789abcdef"):
        assert secret not in text
    assert "vivavoce.ticket." in text


def test_strangers_cannot_fill_the_log() -> None:
    """uvicorn warns of each request that it cannot read, which costs whoever sends it nothing."""
    program = (
        "import logging; from vivavoce.hosts.native.logs import log_to_stderr; log_to_stderr()\n"
        "logging.getLogger('uvicorn.error').warning('nonsense came')\n"
        "logging.getLogger('uvicorn.error').error('the server is broken')\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr
    assert "the server is broken" in said
    assert "nonsense" not in said


def test_a_call_is_named_by_less_than_opens_it() -> None:
    assert name_of("call_0123456789abcdef01234567") == "call_01234567"
