"""Integers of Avro, alone and in columns."""

from __future__ import annotations

import io

import fastavro
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.varint import encode_long, long_sizes
from tests.schemas.samples import TIMES

NEAR_LIMITS = st.builds(
    lambda size, off, sign: sign * ((1 << size) + off), st.integers(0, 62), st.integers(-2, 2), st.sampled_from([1, -1])
)


@given(st.lists(TIMES | NEAR_LIMITS))
def test_integers_are_those_of_the_specification(numbers: list[int]) -> None:
    """Avro 1.11, binary encoding; fastavro is the judge."""
    stream = io.BytesIO()
    expected = []
    for number in numbers:
        stream.seek(0)
        stream.truncate()
        fastavro.schemaless_writer(stream, "long", number)
        expected.append(stream.getvalue())
    column = np.array(numbers, dtype=np.int64)
    assert [encode_long(number) for number in numbers] == expected
    assert long_sizes(column).tolist() == [len(one) for one in expected]


@given(st.lists(st.integers(-(1 << 31), (1 << 31) - 1)))
def test_sizes_of_short_integers(numbers: list[int]) -> None:
    assert long_sizes(np.array(numbers, dtype=np.int32)).tolist() == [len(encode_long(number)) for number in numbers]
