"""Integers of Avro."""

from __future__ import annotations

import io

import fastavro
from hypothesis import given
from hypothesis import strategies as st

from schemas.varint import encode_long
from tests.schemas.samples import TIMES

NEAR_LIMITS = st.builds(
    lambda size, off, sign: sign * ((1 << size) + off), st.integers(0, 62), st.integers(-2, 2), st.sampled_from([1, -1])
)


@given(TIMES | NEAR_LIMITS)
def test_integers_are_those_of_the_specification(number: int) -> None:
    """Avro 1.11, binary encoding; fastavro is the judge."""
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, "long", number)
    assert encode_long(number) == stream.getvalue()
