"""Numbers as bytes, against Python and fastavro."""

from __future__ import annotations

import io

import fastavro
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.varints import NOWHERE, read_unsigned, read_varint
from kernels.writing import LONGEST, decimal_size, long_size, put_bytes, put_decimal, put_long, put_unsigned

LONGS = st.integers(-(1 << 63), (1 << 63) - 1)
NEAR_LIMITS = st.builds(
    lambda size, off, sign: max(-(1 << 63), min(sign * ((1 << size) + off), (1 << 63) - 1)),
    st.integers(0, 63),
    st.integers(-2, 2),
    st.sampled_from([1, -1]),
)


@given(LONGS | NEAR_LIMITS)
def test_integers_are_those_of_the_specification(number: int) -> None:
    """Avro 1.11, binary encoding; fastavro is the judge."""
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, "long", number)
    into = np.zeros(LONGEST + 1, dtype=np.uint8)
    assert into[1 : put_long(into, 1, number)].tobytes() == stream.getvalue()
    assert long_size(number) == len(stream.getvalue())


@given(LONGS | NEAR_LIMITS, st.sampled_from([(put_unsigned, read_unsigned), (put_long, read_varint)]))
def test_what_was_put_is_read_again_and_nothing_that_is_cut_off(number: int, way) -> None:
    put, read = way
    into = np.zeros(LONGEST + 1, dtype=np.uint8)
    end = put(into, 1, number)
    assert read(into, 1, len(into)) == (number, end)
    assert all(read(into, 1, cut)[1] == NOWHERE for cut in range(1, end))
    assert read(into, NOWHERE, end)[1] == NOWHERE


@given(st.integers(2, 127))
def test_more_than_64_bits_are_no_number(last: int) -> None:
    assert read_unsigned(np.array([0xFF] * 9 + [last], dtype=np.uint8), 0, LONGEST)[1] == NOWHERE


@given(st.integers(0, (1 << 63) - 1) | st.integers(0, 10_000))
def test_digits_are_pythons(number: int) -> None:
    into = np.zeros(20, dtype=np.uint8)
    assert into[: put_decimal(into, 0, number)].tobytes() == b"%d" % number
    assert decimal_size(number) == len(str(number))


@given(st.binary(max_size=100), st.data())
def test_bytes_are_those_given_and_no_others(given: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(given)))
    size = data.draw(st.integers(0, len(given) - start))
    into = np.zeros(size + 2, dtype=np.uint8)
    assert put_bytes(into, 1, np.frombuffer(given, dtype=np.uint8), start, size) == size + 1
    assert into.tobytes() == b"\x00" + given[start : start + size] + b"\x00"
