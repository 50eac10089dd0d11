"""What is read of Avro's bytes, against the plain writers and Python's own reading of text."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from kernels.avro import read_long, schema_ids
from kernels.texts import places_of
from kernels.utf8 import is_utf8
from schemas.varint import encode_long
from schemas.wire import schema_id_of

LONGS = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-200, 200)


def octets(value: bytes) -> np.ndarray:
    return np.frombuffer(value, dtype=np.uint8)


@given(st.binary(max_size=3), LONGS, st.binary(max_size=3))
def test_integers_are_read_as_they_are_written(before: bytes, number: int, after: bytes) -> None:
    encoded = encode_long(number)
    end = len(before) + len(encoded)
    assert read_long(octets(before + encoded + after), len(before), end + len(after)) == (number, end)
    assert read_long(octets(before + encoded + after), len(before), end - 1)[1] == -1


@given(st.binary(max_size=12))
@example(b"\x80\x00")
@example(b"\xff" * 9 + b"\x02")
@example(b"\xff" * 9 + b"\x01")
@example(b"\xff" * 11)
def test_an_integer_has_one_form(value: bytes) -> None:
    number, end = read_long(octets(value), 0, len(value))
    assert end == -1 or encode_long(number) == value[:end]


def by_python(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


@given(
    st.binary(max_size=3),
    st.one_of(st.binary(max_size=8), st.text(max_size=5).map(str.encode), st.text(max_size=3).map(lambda text: text.encode()[:-1])),
)
def test_text_is_what_python_reads_as_text(before: bytes, value: bytes) -> None:
    assert is_utf8(octets(before + value + b"\x80"), len(before), len(before) + len(value)) == by_python(value)


def test_every_beginning_of_a_character_of_more_than_one_byte() -> None:
    """RFC 3629: what is too long, half of a surrogate pair, or beyond the last character."""
    for first in range(0x80, 0x100):
        for second in range(0x100):
            for rest in (b"", b"\x80", b"\xbf\xbf", b"\x80a", b"a\x80"):
                value = bytes([first, second]) + rest
                assert is_utf8(octets(value), 0, len(value)) == by_python(value), value


@given(st.lists(st.none() | st.binary(max_size=8) | st.binary(min_size=4, max_size=9).map(lambda rest: b"\x00" + rest)))
def test_schema_ids_are_those_of_the_wire_format(values: list[bytes | None]) -> None:
    """Contract 1."""
    expected = [schema_id_of(value) for value in values]
    assert schema_ids(places_of(values)).tolist() == [-1 if one is None else one for one in expected]
