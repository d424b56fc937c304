"""Both hosts do what the transcripts say, and the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kit.chaos_proxy import ChaosProxy
from parity.hosts import Cloudflare, Native
from parity.play import Play
from parity.transcript import Transcript, transcripts

TRANSCRIPTS = transcripts()


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: str(transcript.name))
def test_both_hosts_do_what_is_written_and_the_same(
    transcript: Transcript, native: Native, cloudflare: Cloudflare, upstream: ChaosProxy, equal: list[str]
) -> None:
    first, second = (Play(transcript, host, upstream)() for host in (native, cloudflare))
    assert first.shown == second.shown
    assert first.record == second.record
    equal.append(transcript.name)


@pytest.fixture(scope="module")
def equal() -> Iterator[list[str]]:
    """The transcripts that were played alike."""
    yield []


def test_the_figure(equal: list[str], record_property: Callable[[str, object], None]) -> None:
    assert equal == [transcript.name for transcript in TRANSCRIPTS]
    record_property("parity", f"{len(equal)} of {len(TRANSCRIPTS)} conversations are the same on both hosts")
