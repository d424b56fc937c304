"""The compiled passage takes what the plain one takes, and nothing else, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.mutations import mutated
from kit.pumped import SECRET, Target
from vivavoce.hosts.native import _pump, passage
from vivavoce.protocol.browser import Append, read_browser
from vivavoce.session.flow import MOMENTS
from vivavoce.session.inputs import Peer

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
PLENTY = 10**9
HEADS = (
    b'{"type":"input_audio_buffer.append","audio":"',
    b'{"type":"response.output_audio.delta","response_id":"r1","delta":"',
    b'{"type":"response.output_audio_transcript.delta","delta":"',
    b'{"type":"response.output_text.delta","delta":"',
    b'{"type":"conversation.item.input_audio_transcription.delta","delta":"',
)
PUT = (b"", b"=", b"==", b'"', b"\\", b"*", b"\x00", b"\x80", b"\xc3\xa9", b'"delta":"', b'","type":"x', b'"}', SECRET)


class Both:
    """One passage of each kind, with their targets."""

    def __init__(self, source: Peer, secret: bytes = SECRET) -> None:
        self.passages = passage.Passage(source, secret), _pump.Passage(source, secret)
        self.logs: tuple[list[tuple[str, object]], list[tuple[str, object]]] = [], []
        self.targets = Target(self.logs[0]), Target(self.logs[1])

    def allow(self, frames: int = PLENTY, size: int = PLENTY) -> None:
        for each, target in zip(self.passages, self.targets, strict=True):
            each.allow(target, frames, size)  # type: ignore[arg-type]  # it has what is used

    def take(self, frame: bytes, now: float) -> bool:
        plain, compiled = (each.take(frame, now) for each in self.passages)
        assert plain is compiled, frame
        return plain

    def flowed(self) -> passage.Flowed | None:
        plain, compiled = (each.flowed() for each in self.passages)
        assert plain == compiled
        assert self.logs[0] == self.logs[1]
        for log in self.logs:
            log.clear()
        return plain


def spoilt(chance: Random, source: Peer, count: int) -> Iterator[bytes]:
    """Frames of the kinds that flow, most of them not quite."""
    heads = HEADS if source is Peer.UPSTREAM else (HEADS[0], *HEADS[:2])
    for _ in range(count):
        audio = bytes(chance.choices(ALPHABET, k=chance.choice((0, 3, 4, 8, 40, 44, 1_000))))
        frame = bytearray(chance.choice(heads) + audio + chance.choice((b"", b"", b"=", b"==")) + b'"}')
        for _ in range(chance.choice((0, 0, 1, 1, 2))):
            at = chance.randrange(len(frame) + 1)
            put = chance.choice((*PUT, bytes([chance.randrange(256)])))
            frame[at : at + chance.randrange(3)] = put
        yield bytes(frame)


@pytest.mark.parametrize("source", Peer)
def test_a_hundred_thousand_frames_are_judged_alike(source: Peer) -> None:
    chance = Random(source.value)
    both = Both(source)
    took = 0
    for number, frame in enumerate((*spoilt(chance, source, 60_000), *mutated(chance, 5_000))):
        if number % 50 == 0:
            both.flowed()
            both.allow(*chance.choice(((PLENTY, PLENTY), (3, 2_000), (PLENTY, 90), (0, 90), (-1, 5))))
        if both.take(frame, number / 700):
            took += 1
            if source is Peer.BROWSER:
                event = read_browser(frame)
                assert isinstance(event, Append)
                assert event.frame == frame
    assert 2_000 < took < 40_000


@given(st.sampled_from(Peer), st.lists(st.sampled_from(HEADS) | st.sampled_from(PUT) | st.binary(max_size=70)))
def test_bytes_of_any_kind_are_judged_alike(source: Peer, parts: list[bytes]) -> None:
    both = Both(source)
    both.allow()
    both.take(b"".join(parts), 1.0)
    both.flowed()


def test_every_byte_in_every_place_of_base64() -> None:
    """Of more bytes than a processor compares at once."""
    right = b"A" * 74 + b"=="
    for source, head in ((Peer.BROWSER, HEADS[0]), (Peer.UPSTREAM, HEADS[1])):
        both = Both(source)
        for place in range(len(right)):
            both.allow()
            for code in range(256):
                audio = bytearray(right)
                audio[place] = code
                both.take(head + audio + b'"}', code)
            both.flowed()


@pytest.mark.parametrize("source", Peer)
def test_no_more_than_may_go_before_somebody_asks(source: Peer) -> None:
    frame = (HEADS[0] if source is Peer.BROWSER else HEADS[1]) + b'AAA="}'
    both = Both(source)
    both.allow()
    most = passage.MOST
    assert [both.take(frame, 1 + number) for number in range(2 * most)].count(True) == most
    both.allow()
    assert not both.take(frame, 3 * most)
    assert both.flowed() == ([float(1 + number) for number in range(most)], [1] * most, [2] * most, [])
    both.allow()
    assert both.take(frame, 3 * most)
    for each in both.passages:
        each.allow(None, PLENTY, PLENTY)
    assert not both.take(frame, 3 * most)
    assert both.flowed() is not None
    assert both.flowed() is None


def test_what_went_in_one_moment_is_told_as_one() -> None:
    both = Both(Peer.BROWSER)
    both.allow()
    for now in (7.0, 7.001, 7 + 1 / MOMENTS, 7.008, 9.0, 9.0, 9.0):
        assert both.take(HEADS[0] + b'AAA="}', now)
    assert both.flowed() == ([7.0, 7 + 1 / MOMENTS, 7 + 2 / MOMENTS, 9.0], [1, 2, 1, 3], [2, 4, 2, 6], [])


def test_the_persona_s_words_are_told_and_the_learner_s_are_not() -> None:
    both = Both(Peer.UPSTREAM)
    both.allow()
    deltas = [head + b'so"}' for head in HEADS[2:]]
    assert [both.take(delta, 1.0) for delta in (*deltas, deltas[0])] == [True] * 4
    assert both.flowed() == ([1.0], [4], [0], [*deltas[:2], deltas[0]])
    both.allow()
    assert [both.take(deltas[2], 1.0) for _ in range(2 * passage.MOST)].count(True) == 2 * passage.MOST
    assert [both.take(deltas[0], 1.0) for _ in range(2 * passage.MOST)].count(True) == passage.MOST


def test_a_passage_without_a_secret_looks_for_none() -> None:
    both = Both(Peer.UPSTREAM, b"")
    both.allow()
    assert both.take(HEADS[2] + SECRET + b'"}', 1.0)


@pytest.mark.parametrize("secret", [SECRET, b"0123456789abcdef0123456789ABCDEF"])
def test_a_secret_of_any_letters_is_found(secret: bytes) -> None:
    both = Both(Peer.UPSTREAM, secret)
    both.allow()
    for head in HEADS[1:]:
        assert not both.take(head + b"AAAA" + secret + b'"}', 1.0)
        assert both.take(head + b"A-A+" + secret[:-1] + b'"}', 1.0)
