"""What a request to sign in may look like before anything of it is believed."""

from __future__ import annotations

import pytest

from vivavoce.admission.refused import Refused
from vivavoce.admission.sign_in import MOST_JSON, read_object
from vivavoce.protocol.json_text import DEEPEST


def test_an_object_is_read() -> None:
    assert read_object('{"code": "blaue Wälder", "name": "Ada"}'.encode()) == {"code": "blaue Wälder", "name": "Ada"}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b'{"code": "\xff"}', 400),
        ('{"code": ""}'.encode("utf-16"), 400),
        (b'{"code": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", 400),  # would end every call of a Worker's isolate
        (b'{"code": ' + b"[" * (MOST_JSON - 9), 400),
        (b'{"code": "' + b"c" * MOST_JSON + b'"}', 413),
    ],
)
def test_what_is_no_small_object_is_refused(text: bytes, status: int) -> None:
    with pytest.raises(Refused) as refused:
        read_object(text)
    assert refused.value.status == status
