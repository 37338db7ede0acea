"""Frames parsed without the library are the same as those parsed by it, however they are split."""

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from hubbub.live.wire.frame_parser import whole_frames
from hubbub.live.wire.handshake import Machine

LARGEST = 1000
MOSTLY = st.sampled_from([True, True, True, False])
DATA = st.builds(
    lambda opcode, data, fin, masked: Frame(opcode, data, fin).serialize(mask=masked),
    st.sampled_from([Opcode.TEXT, Opcode.TEXT, Opcode.TEXT, Opcode.BINARY, Opcode.CONT]),
    st.one_of(st.binary(max_size=125), st.binary(min_size=120, max_size=LARGEST + 50)),
    MOSTLY,
    MOSTLY,
)
CONTROL = st.builds(
    lambda opcode, data, masked: Frame(opcode, data).serialize(mask=masked),
    st.sampled_from([Opcode.PONG, Opcode.PONG, Opcode.PING]),
    st.binary(max_size=125),
    MOSTLY,
)
FRAMES = st.one_of(DATA, DATA, CONTROL)
STREAMS = st.one_of(st.lists(FRAMES, max_size=6).map(b"".join), st.binary(max_size=200))


def by_the_library(data: bytes) -> list[tuple[int, bytes]]:
    machine = Machine((), LARGEST)
    machine.receive_data(data)
    return [(event.opcode, bytes(event.data)) for event in machine.events_received() if isinstance(event, Frame)]


@given(STREAMS, st.integers(0, 2000))
def test_what_is_taken_is_what_the_library_reads_and_the_rest_is_left_whole(data: bytes, cut: int) -> None:
    data = data[:cut]
    taken, end = whole_frames(data, LARGEST)
    assert [*taken, *by_the_library(data[end:])] == by_the_library(data)


@given(st.text(max_size=300))
def test_a_whole_text_is_taken(text: str) -> None:
    data = Frame(Opcode.TEXT, text.encode()).serialize(mask=True)
    assert whole_frames(data * 3, 2000) == ([(Opcode.TEXT, text.encode())] * 3, len(data) * 3)


def test_one_that_is_too_large_compressed_or_not_masked_is_left() -> None:
    whole = Frame(Opcode.TEXT, b"hello").serialize(mask=True)
    assert whole_frames(whole, 5) == ([(Opcode.TEXT, b"hello")], len(whole))
    assert whole_frames(whole, 4) == ([], 0)
    assert whole_frames(bytes((whole[0] | 0x40,)) + whole[1:], 5) == ([], 0)
    assert whole_frames(Frame(Opcode.TEXT, b"hello").serialize(mask=False), 5) == ([], 0)
    assert whole_frames(whole[:-1], 5) == ([], 0)
