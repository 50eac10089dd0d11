"""Answers of a broker: record batches of any bytes are refused, or read as the client's own reader reads them, and nothing beyond them."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.record.util import calc_crc32c
from hypothesis import strategies as st

from tests.fuzz.damage import damaged, spliced
from tests.fuzz.target import Target, needs_nothing
from tests.transport.test_fetched import Answer, answers, batch_of, ours, theirs

_HEAD_SIZE = 61


def _checked(data: bytes) -> bytes:
    """The same with the checksum of its first batch made right: what is behind the checksum is read."""
    if len(data) < _HEAD_SIZE:
        return data
    batch = bytearray(data)
    length = 12 + struct.unpack_from(">i", batch, 8)[0]
    if _HEAD_SIZE <= length <= len(batch):
        struct.pack_into(">I", batch, 17, calc_crc32c(bytes(batch[21:length])))
    return bytes(batch)


@st.composite
def _damaged(draw: st.DrawFn) -> Answer:
    answer = draw(answers())
    data = draw(st.one_of(damaged(st.just(answer.data)), damaged(st.just(answer.data), keep=_HEAD_SIZE), spliced(st.just(answer.data))))
    return replace(answer, data=_checked(data) if draw(st.booleans()) else data)


_RECORDS = st.builds(batch_of, st.binary(max_size=60), st.integers(-2, 5) | st.just((1 << 31) - 1), st.sampled_from([0, 0, 0x20]))
CASES = st.tuples(st.one_of(_damaged(), answers(), _RECORDS, st.binary(max_size=80).map(Answer)), st.integers(90, 110), st.booleans())


def check(case: tuple[Answer, int, bool]) -> None:
    """See ``TARGET``."""
    answer, offset, committed = case
    for crc in (True, False):
        try:
            records, position = ours(answer, offset, committed=committed, check=crc)
        except KafkaError:
            continue
        try:
            read: Any = theirs(answer, offset, committed=committed, check=crc)
        except (KafkaError, UnicodeDecodeError):  # theirs refuses headers whose names are no text, and markers without records
            continue
        assert (records, position) == read


TARGET = Target(
    "batches",
    "an answer of a broker is refused as corrupt, or read as the client's own reader reads it, whatever its bytes",
    CASES,
    needs_nothing(check),
    size=150,
    short=30,
)
