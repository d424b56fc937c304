"""Both hosts do what the transcripts say, and the same."""

from __future__ import annotations

import pytest

from kit.chaos_proxy import ChaosProxy
from parity.hosts import Native
from parity.play import Play
from parity.transcript import Transcript, transcripts


@pytest.mark.parametrize("transcript", transcripts(), ids=lambda transcript: str(transcript.name))
def test_a_host_does_what_the_transcript_says(transcript: Transcript, native: Native, upstream: ChaosProxy) -> None:
    Play(transcript, native, upstream)()
