"""What a fetch returned for a partition, read as columns: in place of aiokafka's reader, which makes an object of each record.

The classes stand where aiokafka's consumers look for its own. A partition's part of an answer is handed out whole. Checksums and
compression stay with aiokafka's functions, and so does the rare answer in a message format from before Kafka 0.11.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from aiokafka import codec
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.memory_records import MemoryRecords

from kernels.checksums import crc32c
from kernels.record_batches import LEAST_RECORD, Laid, OfBatch, lay_out
from kernels.texts import Texts
from transport.records import Records, SourceRecord, join_records, records_of

Aiokafka = Any
"""aiokafka is not typed."""

_HEAD: Final = struct.Struct(">qiibIhiqqqhii")
_LENGTH: Final = struct.Struct(">qi")
_MAGIC_AT: Final = 16
_CHECKED_AT: Final = 21
_LEAST_OLD: Final = _LENGTH.size + 14
"""Bytes of the smallest message of an older format."""
_MAGIC: Final = 2

_CODEC: Final = 0x07
_APPEND_TIME: Final = 0x08
_TRANSACTIONAL: Final = 0x10
_CONTROL: Final = 0x20
_DECODERS: Final = {1: codec.gzip_decode, 2: codec.snappy_decode, 3: codec.lz4_decode, 4: codec.zstd_decode}

_THEIRS: Final = fetcher.PartitionRecords


class Batch(NamedTuple):
    """A whole record batch in an answer: its head, field by field, and its place."""

    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    first_timestamp: int
    latest_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int
    at: int
    end: int

    @property
    def next_offset(self) -> int:
        """The offset behind it, whatever compaction has left of it."""
        return self.base_offset + self.last_offset_delta + 1


class RawRecords:
    """A partition's part of an answer, as it came; the last batch may be cut off. In place of ``MemoryRecords``.

    Raises:
        CorruptRecordException: from ``split`` and ``batches``: the bytes are no batches.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data

    def has_next(self) -> bool:
        """Whether there is a whole batch."""
        return len(self.data) >= _LENGTH.size and _LENGTH.size + _LENGTH.unpack_from(self.data)[1] <= len(self.data)

    def size_in_bytes(self) -> int:
        """Bytes of it."""
        return len(self.data)

    def split(self) -> tuple[bytes, RawRecords]:
        """What is in a format before magic 2, with which a partition can only begin, and the rest."""
        begin = 0
        for at, end in self._places():
            if self.data[at + _MAGIC_AT] >= _MAGIC:
                break
            begin = end
        return self.data[:begin], RawRecords(self.data[begin:]) if begin else self

    def batches(self) -> Iterator[Batch]:
        """Its batches, in their order."""
        for at, end in self._places():
            if end - at < _HEAD.size or self.data[at + _MAGIC_AT] != _MAGIC:
                raise CorruptRecordException(f"no record batch: {end - at} bytes of format {self.data[at + _MAGIC_AT]}")
            yield Batch._make((*_HEAD.unpack_from(self.data, at), at, end))

    def _places(self) -> Iterator[tuple[int, int]]:
        at, size = 0, len(self.data)
        while size - at >= _LENGTH.size:
            end = at + _LENGTH.size + _LENGTH.unpack_from(self.data, at)[1]
            if end > size:
                return
            if end - at < _LEAST_OLD:
                raise CorruptRecordException(f"no record batch: {end - at} bytes")
            yield at, end
            at = end


class PartitionRecords:
    """Reads an answer: what was committed, from the offset on that was asked for. In place of aiokafka's class of that name.

    Args:
        tp: the topic-partition.
        records: its part of the answer.
        aborted_transactions: (producer, first offset) of those that the answer holds records of.
        fetch_offset: that was asked for.
        key_deserializer: not used.
        value_deserializer: not used.
        check_crcs: whether checksums are compared.
        isolation_level: whether what was aborted is left out.
    """

    def __init__(
        self,
        tp: Aiokafka,
        records: RawRecords,
        aborted_transactions: list[tuple[int, int]] | None,
        fetch_offset: int,
        key_deserializer: None,
        value_deserializer: None,
        check_crcs: bool,
        isolation_level: int,
    ) -> None:
        del key_deserializer, value_deserializer
        self.next_fetch_offset = fetch_offset
        self._tp = tp
        self._records = records
        self._aborted = deque(sorted(aborted_transactions or (), key=lambda one: one[1]))
        self._aborting: set[int] = set()
        self._check_crcs = check_crcs
        self._isolation_level = isolation_level

    def __iter__(self) -> Iterator[Records]:
        """One run, or none if there is nothing to hand out; the position is then behind all that was read.

        Raises:
            CorruptRecordException: a batch is not what its writer made.
        """
        old, self._records = self._records.split()
        runs = [self._read_old(old), self._read()] if old else [self._read()]
        if any(map(len, runs)):
            yield join_records(runs)

    def _read_old(self, data: bytes) -> Records:
        position = self.next_fetch_offset
        theirs = _THEIRS(self._tp, MemoryRecords(data), [], position, None, None, self._check_crcs, self._isolation_level)
        records = records_of(SourceRecord(*_fields(one)) for one in theirs)
        self.next_fetch_offset = theirs.next_fetch_offset
        return records

    def _read(self) -> Records:
        layout = Layout(self._records.data, self._tp)
        data = np.frombuffer(self._records.data, dtype=np.uint8)
        position = self.next_fetch_offset
        for batch in self._records.batches():
            if self._check_crcs and crc32c(data[batch.at + _CHECKED_AT : batch.end]) != batch.crc:
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            if not self._passed_over(batch):
                layout.add(batch, position)
            position = batch.next_offset
        records = layout.records()
        self.next_fetch_offset = position
        return records

    def _passed_over(self, batch: Batch) -> bool:
        """Whether a batch is of a transaction that was aborted, or its marker."""
        if self._isolation_level == fetcher.READ_COMMITTED:
            while self._aborted and self._aborted[0][1] <= batch.base_offset:
                self._aborting.add(self._aborted.popleft()[0])
            if batch.attributes & _CONTROL and self._aborts(batch):
                self._aborting.discard(batch.producer_id)
            if batch.attributes & _TRANSACTIONAL and batch.producer_id in self._aborting:
                return True
        return bool(batch.attributes & _CONTROL)

    def _aborts(self, batch: Batch) -> bool:
        """Whether a marker is of an end by abort. Of one that compaction has removed, only an empty batch may be left."""
        layout = Layout(self._records.data, self._tp)
        layout.add(batch, batch.base_offset)
        keys = layout.records().keys
        return bool(len(keys) and ControlRecord.parse(keys.raw(0)) == ABORT_MARKER)


def _fields(record: Aiokafka) -> tuple[Any, ...]:
    return record.offset, -1 if record.timestamp is None else record.timestamp, record.key, record.value, record.headers


class Layout:
    """Batches whose records are laid out together. Those that are compressed are put behind the answer, unpacked."""

    def __init__(self, data: bytes, tp: Aiokafka) -> None:
        self._tp = tp
        self._buffers = [data]
        self._size = len(data)
        self._rows: list[tuple[int, ...]] = []

    def add(self, batch: Batch, from_offset: int) -> None:
        """One more batch, whose records before that offset are passed over.

        Raises:
            CorruptRecordException: it can't be unpacked, or can't hold as many records as it says.
            UnsupportedCodecError: nobody knows how it is compressed.
        """
        start, end = batch.at + _HEAD.size, batch.end
        if batch.attributes & _CODEC:
            unpacked = self._unpacked(batch)
            start, end = self._size, self._size + len(unpacked)
            self._buffers.append(unpacked)
            self._size = end
        if not 0 <= batch.record_count <= (end - start) // LEAST_RECORD:
            raise CorruptRecordException(f"{batch.record_count} records in {end - start} bytes - {self._tp}")
        timestamp, counts = (batch.latest_timestamp, 0) if batch.attributes & _APPEND_TIME else (batch.first_timestamp, 1)
        self._rows.append((start, end, batch.record_count, batch.base_offset, timestamp, counts, from_offset))

    def _unpacked(self, batch: Batch) -> bytes:
        decode = _DECODERS.get(batch.attributes & _CODEC)
        if decode is None:
            raise UnsupportedCodecError(f"Unknown compression codec {batch.attributes & _CODEC:#04x}")
        try:
            unpacked: bytes = decode(self._buffers[0][batch.at + _HEAD.size : batch.end])
        except Exception as error:
            raise CorruptRecordException(f"can't be unpacked: {error!r} - {self._tp}") from error
        return unpacked

    def records(self) -> Records:
        """The records of all batches.

        Raises:
            CorruptRecordException: one of them is malformed.
        """
        batches = np.array(self._rows, dtype=np.int64).reshape(-1, len(OfBatch))
        laid = np.empty((len(Laid), int(batches[:, OfBatch.COUNT].sum())), dtype=np.int64)
        data = np.frombuffer(self._buffers[0] if len(self._buffers) == 1 else b"".join(self._buffers), dtype=np.uint8)
        count = lay_out(data, batches, laid)
        if count < 0:
            raise CorruptRecordException(
                f"malformed record in the batch at offset {self._rows[-1 - count][OfBatch.BASE_OFFSET]} - {self._tp}"
            )
        offset, timestamp, *places = laid[:, :count]
        return Records(offset, timestamp, *(Texts(data, places[of], places[of + 1]) for of in (0, 2, 4)))


def hand_out_columns() -> None:
    """From now on, aiokafka's consumers in this process return a list of ``Records`` for each partition."""
    fetcher.MemoryRecords = RawRecords
    fetcher.PartitionRecords = PartitionRecords
