"""Decoded runs of records as the transport queues them: rows of the engine, and the records they came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Generic, Protocol, Self, TypeVar

import numpy as np

from engine.arrays import Int64s
from kernels.texts import ABSENT, Texts
from transport.job import NO_ORDER, Piece, Taken
from transport.records import Records, SourceRecord


class Rows(Protocol):
    """Rows of the engine that can be cut."""

    def part(self, low: int, high: int) -> Self:
        """The rows ``low`` to ``high`` (exclusive)."""
        ...


R = TypeVar("R", bound=Rows)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that is a dead letter before any state is asked: its number in the run, and why (contract 6)."""

    record: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class RowBatch(Generic[R]):
    """A run of records of one topic. ``rows`` are those that take part in the order, ``records_of`` the record of each."""

    records: Records
    rows: R
    row_keys: Int64s
    records_of: Int64s
    set_aside: list[SetAside]

    @property
    def keys(self) -> Int64s:
        """Merge key of each record; those set aside hold nothing back (domain 2.5)."""
        keys = np.full(len(self.records), NO_ORDER, dtype=np.int64)
        keys[self.records_of] = self.row_keys
        return keys


@dataclass(frozen=True, slots=True)
class TakenRows(Generic[R]):
    """The rows of one topic in a chunk: parts of batches, with their places and keys, and where their records are."""

    parts: list[R]
    order: Int64s
    keys: Int64s
    sources: list[tuple[Records, Int64s]]
    set_aside: list[tuple[SourceRecord, SetAside]]

    def record(self, row: int) -> SourceRecord:
        """The record of a row."""
        for records, of_rows in self.sources:
            if row < len(of_rows):
                return records[int(of_rows[row])]
            row -= len(of_rows)
        raise IndexError(row)


def take_rows(taken: Taken | None) -> TakenRows[R]:
    """The rows that a chunk takes of a topic; none if it takes nothing of it."""
    found: TakenRows[R] = TakenRows([], np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), [], [])
    if taken is None:
        return found
    orders: list[Int64s] = []
    keys: list[Int64s] = []
    done = 0
    for batch, low, high in taken.pieces:
        first, last = np.searchsorted(batch.records_of, (low, high)).tolist()
        of_part = batch.records_of[first:last]
        found.parts.append(batch.rows.part(first, last))
        found.sources.append((batch.records, of_part))
        found.set_aside.extend((batch.records[aside.record], aside) for aside in batch.set_aside if low <= aside.record < high)
        orders.append(taken.order[done + of_part - low])
        keys.append(batch.row_keys[first:last])
        done += high - low
    return replace(found, order=np.concatenate(orders), keys=np.concatenate(keys))


def without(values: Texts, rows: Iterable[int]) -> Texts:
    """Values of which those of some rows are absent, so that nothing of them is read."""
    size = values.size.copy()
    size[list(rows)] = ABSENT
    return replace(values, size=size)


def last_offset(pieces: Iterable[Piece]) -> int:
    """Offset of the last record in a chunk's pieces."""
    *_, last = pieces
    return int(last.batch.records.offset[last.high - 1])
