"""Record batches as aiokafka's reader of the protocol sees them (Kafka protocol, "Record Batch")."""

from __future__ import annotations

import numpy as np
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given
from hypothesis import strategies as st

from transport.job import Columns, Record
from transport.record_batch import RecordBatch, record_batches

MOST = 2_000
NOW = 1_700_000_000_123
BYTES = st.binary(max_size=100) | st.integers(60, 70).map(bytes) | st.integers(8_000, 9_000).map(bytes)
HEADERS = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5)), max_size=3)
ROWS = st.tuples(BYTES, BYTES) | st.builds(Record, st.none() | BYTES, st.none() | BYTES, HEADERS)


def read(batch: RecordBatch) -> list[tuple[bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]]:
    """The records of a batch, which must be whole and in order."""
    batch._set_producer_state(7, 3, 11)
    built = batch._build()
    found = DefaultRecordBatch(built)
    assert found.validate_crc()
    assert (len(built), found.magic, found.producer_id, found.producer_epoch, found.base_sequence) == (batch.size(), 2, 7, 3, 11)
    records = list(found)
    assert [record.offset for record in records] == list(range(batch.record_count())) == list(range(found.next_offset))
    assert {record.timestamp for record in records} == {NOW}
    return [(record.key, record.value, tuple(record.headers)) for record in records]


@given(st.lists(ROWS, max_size=20), st.booleans())
def test_what_is_read_is_what_was_given(rows: list[tuple[bytes, bytes] | Record], transactional: bool) -> None:
    batches = list(record_batches(rows, MOST, NOW, transactional=transactional))
    assert [record for batch in batches for record in read(batch)] == [
        (row[0], row[1], tuple(row[2]) if isinstance(row, Record) else ()) for row in rows
    ]
    assert all(batch.size() <= MOST or batch.record_count() == 1 for batch in batches)
    assert all(DefaultRecordBatch(batch._build()).is_transactional is transactional for batch in batches)


@given(st.lists(st.tuples(BYTES, BYTES, BYTES), min_size=1, max_size=300))
def test_columns_are_the_rows_that_they_stand_for(parts: list[tuple[bytes, bytes, bytes]]) -> None:
    keys, first, second = map(list, zip(*parts, strict=True))
    rows = [(key, one + other) for key, one, other in parts]
    columns = Columns(keys, [first, second], np.array([len(value) for _, value in rows]))
    assert list(columns) == rows
    assert list(columns[1:]) == rows[1:]
    assert list(columns.chosen([0])) == rows[:1]
    written = [record for batch in record_batches(columns, MOST, NOW, transactional=False) for record in read(batch)]
    assert written == [(*row, ()) for row in rows]


def test_nothing_is_no_batch() -> None:
    assert list(record_batches([], MOST, NOW, transactional=False)) == []
