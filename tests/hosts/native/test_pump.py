"""The pump before picows against picows alone: the same stream, however it is cut, does the same."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.pumped import SECRET, Fed, boundaries_in, framed, frames_in, on_the_loop
from vivavoce.hosts.native import _pump, framing
from vivavoce.session.inputs import Peer

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 0x81, 0x82, 0x80, 0x88, 0x89, 0x8A


def speech(audio: bytes) -> bytes:
    return b'{"type":"input_audio_buffer.append","audio":"%b"}' % audio


def voice(audio: bytes) -> bytes:
    return b'{"type":"response.output_audio.delta","response_id":"r1","delta":"%b"}' % audio


def words(text: bytes, kind: bytes = b"audio_transcript") -> bytes:
    return b'{"type":"response.output_%b.delta","delta":"%b"}' % (kind, text)


FILLER = b"@"


@dataclass(frozen=True)
class Part:
    """A frame, or what is none."""

    text: bytes
    """With so much `more` for each FILLER in it."""
    more: int = 0
    first: int = TEXT
    wide: int = 0
    declared: int | None = None
    wrong_mask: bool = False
    key: bytes = bytes(4)

    def on_the_wire(self, masked: bool) -> bytes:
        payload = self.text.replace(FILLER, b"AA" * (self.more // 2))
        key = self.key if masked != self.wrong_mask else None
        return framed(payload, first=self.first, key=key, wide=self.wide, declared=self.declared)


samples = st.integers(0, 40).map(lambda count: base64.b64encode(bytes(range(2 * count)))) | st.just(FILLER)
more = st.sampled_from([4, 1_400, 16_000, 65_400, 65_460, 65_484, 65_488, 80_000, 150_000])
flowing = st.one_of(
    samples.map(speech),
    samples.map(voice),
    st.text("abc {}\"'é\\", max_size=80).map(str.encode).map(words),
    st.just(words(b"hello", b"text")),
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    frame = draw(flowing)
    at = draw(st.integers(0, len(frame)))
    put = draw(st.sampled_from([b"", b"=", b'"', b"*", b"\x80", b'","type":"session.update', SECRET, b'"delta":"']))
    return frame[:at] + put + frame[at + draw(st.integers(0, 2)) :]


near_misses = st.sampled_from(
    [
        *(speech(audio) for audio in (b"AAA*", b"AAAA", b"A===", b"AA=A", b"AAA=AAAA", b'","a":"')),
        *(voice(audio) for audio in (b"", b"==", b"AA\xff=", SECRET)),
        words(b"\xc3\xa9"),
        words(SECRET),
    ]
)
told = st.one_of(
    st.tuples(st.just("allow"), st.integers(0, 5), st.integers(0, 4_000)).map(list),
    st.sampled_from([["shut"], ["replace"], ["replace"], ["say"], ["pause"], ["end"], ["fail"]]),
).map(lambda told: json.dumps({"do": told}).encode())
keys = st.binary(min_size=4, max_size=4)
parts = st.one_of(
    st.builds(Part, flowing, more, key=keys),
    st.builds(Part, flowing, more, key=keys),
    st.builds(Part, spoilt(), more, key=keys),
    st.builds(Part, near_misses, key=keys),
    st.builds(Part, told, key=keys),
    st.builds(Part, st.binary(max_size=125), first=st.sampled_from([PING, PONG, BINARY]), key=keys),
    st.builds(Part, flowing, first=st.sampled_from([1, 2, 0, CONTINUATION, BINARY, 0xC1, 0x91]), key=keys),
    st.builds(Part, st.sampled_from([FILLER, b"\xff"]), more, key=keys),
)
ends = st.one_of(
    st.just(Part(b"\x03\xe8", first=CLOSE)),
    st.builds(Part, flowing, wide=st.sampled_from([2, 8]), key=keys),
    st.builds(Part, flowing, wrong_mask=st.just(True), key=keys),
    st.builds(Part, flowing, first=st.sampled_from([0x83, 0x8B, 0x09, 0xFF]), key=keys),
    st.builds(Part, flowing, declared=st.sampled_from([100_000, 200_001, 2**31, 2**62, 2**63, 2**64 - 1]), key=keys),
    st.builds(Part, st.binary(max_size=20), first=st.just(CLOSE), key=keys),
)
streams = st.one_of(
    st.lists(parts, max_size=12),
    st.tuples(st.lists(parts, max_size=5), ends, st.lists(parts, max_size=3)).map(
        lambda all: [*all[0], all[1], *all[2]]
    ),
)


@settings(max_examples=150, deadline=None)
@given(streams, st.sampled_from(Peer), st.lists(st.integers(0, 100_000), max_size=8), st.integers(1, 3_000))
def test_however_a_stream_is_cut_it_does_what_it_does_without_a_pump(
    stream: list[Part], peer: Peer, cuts: list[int], step: int
) -> None:
    masked = peer is Peer.BROWSER
    data = b"".join(part.on_the_wire(masked) for part in stream)
    boundaries = tuple(boundaries_in(data))
    near_boundaries = tuple(at + offset for at, offset in zip(boundaries, cuts, strict=False) for offset in (-1, 1, 5))

    async def scene() -> None:
        seen = []
        for pumped, where, from_the_start in (
            (False, boundaries, False),
            (True, boundaries, False),
            (True, boundaries, True),
            (True, (), True),
            (True, tuple(sorted(cuts)), True),
            (True, tuple(sorted(near_boundaries)), True),
            (True, tuple(range(step, len(data), step)), True),
        ):
            async with Fed(peer, pumped=pumped).open(from_the_start=from_the_start) as fed:
                fed.feed(data, where)
                back = list(frames_in(fed.heard()))
                closing = fed.link.closing
            seen.append((fed.log, fed.frames, fed.size, fed.words, back, closing))
            assert fed.times == sorted(fed.times)
        alone, *others = seen
        for other in others:
            assert other == alone

    on_the_loop(scene)


def test_neighbours_leave_together_and_behind_what_came_before_them() -> None:
    async def scene() -> None:
        async with Fed(Peer.UPSTREAM, pumped=True).open() as fed:
            flows = [words(b"one"), voice(b"AAAA"), words(b"two")]
            cold = b'{"type":"response.done"}'
            fed.feed(b"".join(map(framed, [*flows, cold, *flows])))
        assert fed.target.writes == [b"".join(map(framed, flows))] * 2
        assert fed.log == [*(("flowed", flow) for flow in flows), ("text", cold), *(("flowed", flow) for flow in flows)]

    on_the_loop(scene)


def test_what_flows_does_so_again_behind_anything_else() -> None:
    """Not by way of picows and the link, which would be right, too, but slower."""

    async def scene() -> None:
        async with Fed(Peer.UPSTREAM, pumped=True).open() as fed:
            flow = framed(words(b"on"))
            fed.feed(
                flow + framed(b"{", first=0x01) + framed(b"", first=PING) + framed(b"}", first=CONTINUATION) + flow
            )
            fed.feed(flow + framed(b"x" * 80_000, first=BINARY) + flow, (100, 70_000))
            fed.feed(flow + framed(b'{"type":"response.done"}') + flow)
        assert b"".join(fed.target.writes) == flow * 6

    on_the_loop(scene)


@pytest.mark.parametrize("peer", Peer)
def test_a_frame_flows_that_fills_the_buffer_and_a_larger_one_goes_to_picows(peer: Peer) -> None:
    frame, key = (speech, b"mask") if peer is Peer.BROWSER else (voice, None)
    fits = 0

    async def scene() -> None:
        nonlocal fits
        async with Fed(peer, pumped=True).open() as fed:
            for size in range(65_400, 65_500, 4):
                payload = frame(b"A" * (size - 4) + (b"AAA=" if size // 4 % 2 else b"AAAA"))  # whole samples
                wire = framed(payload, key=key)
                fed.target.writes.clear()
                fed.feed(wire, (5, 60_000))
                assert fed.log.pop() == ("flowed", payload)
                assert bool(fed.target.writes) is (len(wire) <= 65_536)
                fits += len(wire) <= 65_536

    on_the_loop(scene)
    assert 5 < fits < 24


@pytest.mark.parametrize("peer", Peer)
def test_nothing_flows_behind_a_frame_that_ends_the_connection(peer: Peer) -> None:
    flow, key = (speech(b"AAA="), b"mask") if peer is Peer.BROWSER else (voice(b"AAA="), None)

    async def scene() -> None:
        for wrong in (
            framed(b"", first=0x83, key=key),
            framed(b"x" * 126, first=PING, key=key),
            framed(b"x", first=0x09, key=key),
            framed(b"x", wide=2, key=key),
            framed(b"x", wide=8, key=key),
            framed(b"x", key=None if key else b"mask"),
        ):
            async with Fed(peer, pumped=True).open() as fed:
                fed.feed(framed(flow, key=key) + wrong + framed(flow, key=key) * 3)
                assert fed.log == [("flowed", flow)]
                assert [first for first, _ in frames_in(fed.heard())] == [CLOSE]

    on_the_loop(scene)


@pytest.mark.parametrize("make", [_pump.framed, framing.framed])
@given(text=st.binary(max_size=300) | st.integers(65_530, 65_540).map(bytes), masked=st.booleans())
def test_a_frame_that_is_made_here_is_read_as_it_was_meant(
    make: Callable[[bytes, bool], bytes], text: bytes, masked: bool
) -> None:
    wire = make(text, masked)
    assert wire[1] >> 7 == masked
    assert list(frames_in(wire)) == [(0x81, text)]
    assert not masked or make(b"the same", True) != make(b"the same", True)
