"""Kafka's record batches, made of columns by compiled loops; aiokafka's own builder takes one call a record.

The layout is that of the Kafka protocol, "Record Batch" (magic 2, without compression): a head of 61 bytes, then the records as
``kernels.frames`` writes them. Every record has the batch's timestamp.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from kernels.checksums import crc32c
from kernels.frames import Rows, cut, write_frames
from kernels.texts import Bytes, Int64s, Texts, places_of
from transport.job import Columns
from transport.records import Headers, encoded_headers

_HEAD: Final = struct.Struct(">qiibIhiqqqhii")
_BEFORE_CRC: Final = 21
_BEFORE_LENGTH: Final = 12
_MAGIC: Final = 2
_TRANSACTIONAL: Final = 0x10
_NO_BYTES: Final = np.empty(0, dtype=np.uint8)


class RecordBatch:
    """A finished batch, which aiokafka's producer takes in place of a ``BatchBuilder`` of its own."""

    def __init__(self, laid: Bytes, count: int, timestamp: int, *, transactional: bool) -> None:
        self._laid = laid
        self._count = count
        self._timestamp = timestamp
        self._attributes = _TRANSACTIONAL if transactional else 0
        self._producer = (-1, -1, -1)
        self._built = False

    def close(self) -> None:
        """It is closed from the beginning."""

    def closed(self) -> bool:
        """Whether no more records are taken."""
        return True

    def record_count(self) -> int:
        """How many records it has."""
        return self._count

    def size(self) -> int:
        """Bytes of the batch."""
        return len(self._laid)

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._producer = (producer_id, producer_epoch, base_sequence)

    def _build(self) -> memoryview:
        if not self._built:
            self._lay_head(0)
            self._lay_head(crc32c(self._laid[_BEFORE_CRC:]))
            self._built = True
        return self._laid.data

    def _lay_head(self, crc: int) -> None:
        length = self.size() - _BEFORE_LENGTH
        times = (self._timestamp, self._timestamp)
        fields = (0, length, -1, _MAGIC, crc, self._attributes, self._count - 1, *times, *self._producer, self._count)
        _HEAD.pack_into(self._laid.data, 0, *fields)


def rows_of(records: Columns | Sequence[tuple[Any, ...]]) -> Rows:
    """Records, (key, value) or (key, value, headers), as columns that ``record_batches`` takes; no key and no value are None."""
    if isinstance(records, Columns):
        return Rows(records.keys, records.key, records.values, _no_headers(len(records)))
    keys, values, *_ = zip(*records, strict=False) if records else ((), ())
    plain = not any(len(record) > 2 and record[2] for record in records)
    headers = _no_headers(len(records)) if plain else places_of([encoded_headers(_headers_of(record)) for record in records])
    return Rows(places_of(keys), np.arange(len(keys)), places_of(values), headers)


def _headers_of(record: tuple[Any, ...]) -> Headers:
    return record[2] if len(record) > 2 else ()


def _no_headers(count: int) -> Texts:
    nothing = np.zeros(count, dtype=np.int64)
    return Texts(_NO_BYTES, nothing, nothing)


def record_batches(rows: Rows, chosen: Int64s, most: int, timestamp: int, *, transactional: bool) -> Iterator[RecordBatch]:
    """Records in batches of at most ``most`` bytes, in their order; one that is larger than that has a batch for itself.

    Args:
        rows: the records.
        chosen: numbers of those that are meant.
        most: bytes.
        timestamp: of every record, ms since the epoch.
        transactional: whether the batches are part of a transaction.
    """
    for run, size in cut(rows, chosen, most - _HEAD.size):
        laid = np.empty(_HEAD.size + size, dtype=np.uint8)
        write_frames(laid, _HEAD.size, rows, run)
        yield RecordBatch(laid, len(run), timestamp, transactional=transactional)
