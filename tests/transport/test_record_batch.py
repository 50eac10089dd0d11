"""Record batches as aiokafka's reader of the protocol sees them (Kafka protocol, "Record Batch")."""

from __future__ import annotations

import numpy as np
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from kernels.texts import places_of
from transport.job import Columns, Output, Record
from transport.record_batch import RecordBatch, record_batches, rows_of

MOST = 2_000
NOW = 1_700_000_000_123
BYTES = st.binary(max_size=100) | st.integers(60, 70).map(bytes) | st.integers(8_000, 9_000).map(bytes)
HEADERS = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5)), max_size=3)
ROWS = st.tuples(BYTES, BYTES) | st.builds(Record, st.none() | BYTES, st.none() | BYTES, HEADERS)


def read(batch: RecordBatch) -> list[tuple[bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]]:
    """The records of a batch, which must be whole and in order."""
    batch._set_producer_state(7, 3, 11)
    built = bytes(batch._build())
    found = DefaultRecordBatch(built)
    assert found.validate_crc()
    assert (len(built), found.magic, found.producer_id, found.producer_epoch, found.base_sequence) == (batch.size(), 2, 7, 3, 11)
    records = list(found)
    assert [record.offset for record in records] == list(range(batch.record_count())) == list(range(found.next_offset))
    assert {record.timestamp for record in records} == {NOW}
    return [(record.key, record.value, tuple(record.headers)) for record in records]


def batches_of(records: Output, *, transactional: bool) -> list[RecordBatch]:
    """All of them, in batches."""
    return list(record_batches(rows_of(records), np.arange(len(records)), MOST, NOW, transactional=transactional))


@given(st.lists(ROWS, max_size=20), st.booleans())
def test_what_is_read_is_what_was_given(rows: list[tuple[bytes, bytes] | Record], transactional: bool) -> None:
    batches = batches_of(rows, transactional=transactional)
    assert [record for batch in batches for record in read(batch)] == [
        (row[0], row[1], tuple(row[2]) if isinstance(row, Record) else ()) for row in rows
    ]
    assert all(batch.size() <= MOST or batch.record_count() == 1 for batch in batches)
    assert all(DefaultRecordBatch(bytes(batch._build())).is_transactional is transactional for batch in batches)


@given(st.lists(BYTES, min_size=1, max_size=4), st.lists(BYTES, max_size=300), st.data())
def test_columns_are_the_rows_that_they_stand_for(keys: list[bytes], values: list[bytes], data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, len(keys) - 1), min_size=len(values), max_size=len(values)))
    rows = [(keys[number], value) for number, value in zip(numbers, values, strict=True)]
    columns = Columns(places_of(keys), np.array(numbers, dtype=np.int64), places_of(values))
    assert list(columns) == rows
    assert [record for batch in batches_of(columns, transactional=False) for record in read(batch)] == [(*row, ()) for row in rows]


def test_nothing_is_no_batch() -> None:
    assert batches_of([], transactional=False) == []
