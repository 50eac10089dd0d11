"""Records as they are read: columns of offsets, times and places in a buffer. One becomes an object only where it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, overload

import numpy as np

from kernels.texts import Bytes, Int64s, Texts
from kernels.varints import read_varint

Headers = tuple[tuple[str, bytes | None], ...]

NO_HEADERS = 1
"""Bytes of the headers of a record without any: their number."""


class SourceRecord(NamedTuple):
    """One record. Names of headers that are not UTF-8 are kept by ``surrogateescape``."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Records(Sequence[SourceRecord]):
    """n records of one topic-partition, in their order.

    Attributes:
        offset: shape (n,), ascending.
        timestamp: shape (n,), ms since the epoch, -1 if the record has none.
        keys: of each record, or absent.
        values: of each record, or absent.
        headers: of each record, encoded as in a record batch; ``NO_HEADERS`` bytes if there are none.
    """

    offset: Int64s
    timestamp: Int64s
    keys: Texts
    values: Texts
    headers: Texts

    def __len__(self) -> int:
        return len(self.offset)

    @overload
    def __getitem__(self, index: int) -> SourceRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Records: ...
    def __getitem__(self, index: int | slice) -> SourceRecord | Records:
        if isinstance(index, slice):
            columns = (Texts(one.data, one.at[index], one.size[index]) for one in (self.keys, self.values, self.headers))
            return Records(self.offset[index], self.timestamp[index], *columns)
        offset, timestamp = int(self.offset[index]), int(self.timestamp[index])
        return SourceRecord(offset, timestamp, self.keys.raw(index), self.values.raw(index), self.headers_of(index))

    def headers_of(self, row: int) -> Headers:
        """Names and values of a record's headers."""
        if self.headers.size[row] == NO_HEADERS:
            return ()
        return tuple(_read_headers(self.headers.data, int(self.headers.at[row])))


def _read_headers(data: Bytes, at: int) -> Iterator[tuple[str, bytes | None]]:
    count, at = read_varint(data, at, len(data))
    for _ in range(count):
        size, at = read_varint(data, at, len(data))
        name = data[at : at + size].tobytes().decode(errors="surrogateescape")
        at += size
        size, at = read_varint(data, at, len(data))
        yield name, None if size < 0 else data[at : at + size].tobytes()
        at += max(size, 0)


def join_records(parts: Sequence[Records]) -> Records:
    """The records of several runs, in their order: buffers are put behind one another, unless there is one only.

    Raises:
        ValueError: there are no runs.
    """
    if len(parts) == 1:
        return parts[0]
    return Records(
        np.concatenate([part.offset for part in parts]),
        np.concatenate([part.timestamp for part in parts]),
        *_joined([(part.keys, part.values, part.headers) for part in parts]),
    )


def _joined(parts: list[tuple[Texts, ...]]) -> Iterator[Texts]:
    buffers = {id(texts.data): texts.data for texts in chain.from_iterable(parts)}
    starts = dict(zip(buffers, np.cumsum([0, *map(len, buffers.values())]).tolist(), strict=False))
    data = np.concatenate(list(buffers.values())) if len(buffers) > 1 else parts[0][0].data
    for columns in zip(*parts, strict=True):
        at = np.concatenate([texts.at + starts[id(texts.data)] for texts in columns])
        yield Texts(data, at, np.concatenate([texts.size for texts in columns]))


def records_of(records: Iterable[SourceRecord]) -> Records:
    """Single records as columns."""
    rows = list(records)
    fields = [field for row in rows for field in (row.key, row.value, encoded_headers(row.headers))]
    size = np.array([-1 if field is None else len(field) for field in fields], dtype=np.int64)
    at = np.cumsum(np.maximum(size, 0)) - np.maximum(size, 0)
    data = np.frombuffer(b"".join(field for field in fields if field), dtype=np.uint8)
    columns = [Texts(data, np.ascontiguousarray(at[field::3]), np.ascontiguousarray(size[field::3])) for field in range(3)]
    offset, timestamp = (np.array([row[field] for row in rows], dtype=np.int64) for field in range(2))
    return Records(offset, timestamp, *columns)


def encoded_headers(headers: Headers) -> bytes:
    """Headers as a record batch holds them."""
    fields = chain.from_iterable((name.encode(errors="surrogateescape"), value) for name, value in headers)
    return _varint(len(headers)) + b"".join(_varint(-1) if field is None else _varint(len(field)) + field for field in fields)


def _varint(number: int) -> bytes:
    rest = number << 1 if number >= 0 else (-number << 1) - 1
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)
