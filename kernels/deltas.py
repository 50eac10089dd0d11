"""Records that each hold rows of numbers and lists of names, many of them in columns: what is within a record lies behind one another.

``ends`` tell where the rows, or elements, of each record end, with 0 before the first: shape (n + 1,) for n records.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from kernels.texts import Int64s, Texts, join_texts, texts_of


@dataclass(frozen=True, slots=True)
class Rows:
    """What is credited; ``place``, ``trait`` and ``group`` are of shape (m,) or (0,), the others of shape (m,).

    ``group`` is a number among the groups of its record.
    """

    ends: Int64s
    occurred_at: Int64s
    credit: Int64s
    count: Int64s
    place: Int64s
    trait: Int64s
    group: Int64s


@dataclass(frozen=True, slots=True)
class Inputs:
    """Offsets that were applied; ``topic`` is never absent."""

    ends: Int64s
    topic: Texts
    partition: Int64s
    offset: Int64s


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of gauges; ``campaign`` is never absent."""

    ends: Int64s
    campaign: Texts
    group: Texts
    occurred_at: Int64s
    records: Int64s


@dataclass(frozen=True, slots=True)
class Groups:
    """Names, or none."""

    ends: Int64s
    name: Texts


Part = TypeVar("Part", Rows, Inputs, Readings, Groups)


@dataclass(frozen=True, slots=True)
class Deltas:
    """n records; the names of none is absent."""

    tenant: Texts
    calling_list: Texts
    rows: Rows
    inputs: Inputs
    readings: Readings
    groups: Groups

    def __len__(self) -> int:
        return len(self.tenant)

    def part(self, low: int, high: int) -> Deltas:
        """The records ``low`` to ``high`` (exclusive)."""
        if low == 0 and high == len(self):
            return self
        return Deltas(
            self.tenant.part(low, high),
            self.calling_list.part(low, high),
            _part(self.rows, low, high),
            _part(self.inputs, low, high),
            _part(self.readings, low, high),
            _part(self.groups, low, high),
        )

    def without(self, numbers: Collection[int]) -> Deltas:
        """All but those of some numbers, which ascend."""
        lows, highs = [0, *(number + 1 for number in numbers)], [*numbers, len(self)]
        kept = [self.part(low, high) for low, high in zip(lows, highs, strict=True) if low < high]
        return join_deltas(kept) if kept else no_deltas()


def _part(columns: Part, low: int, high: int) -> Part:
    first, last = int(columns.ends[low]), int(columns.ends[high])
    others: dict[str, Any] = {name: _cut(getattr(columns, name), first, last) for name in _beside_ends(columns)}
    return replace(columns, ends=columns.ends[low : high + 1] - first, **others)


def _cut(column: Int64s | Texts, low: int, high: int) -> Int64s | Texts:
    return column.part(low, high) if isinstance(column, Texts) else column[low:high]


def _beside_ends(columns: Part) -> tuple[str, ...]:
    return tuple(field.name for field in fields(columns)[1:])


def join_deltas(parts: Sequence[Deltas]) -> Deltas:
    """The records of one or more parts, in their order; each column is there in all of them or in none."""
    if len(parts) == 1:
        return parts[0]
    return Deltas(
        join_texts([part.tenant for part in parts]),
        join_texts([part.calling_list for part in parts]),
        _join([part.rows for part in parts]),
        _join([part.inputs for part in parts]),
        _join([part.readings for part in parts]),
        _join([part.groups for part in parts]),
    )


def _join(parts: list[Part]) -> Part:
    sizes = np.concatenate([np.diff(part.ends) for part in parts])
    others: dict[str, Any] = {name: _joined([getattr(part, name) for part in parts]) for name in _beside_ends(parts[0])}
    return replace(parts[0], ends=np.r_[0, np.cumsum(sizes)], **others)


def _joined(columns: list[Any]) -> Int64s | Texts:
    return join_texts(columns) if isinstance(columns[0], Texts) else np.concatenate(columns)


def no_deltas() -> Deltas:
    """Nothing."""
    names, numbers, ends = texts_of([]), np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    return Deltas(
        names,
        names,
        Rows(ends, *[numbers] * 6),
        Inputs(ends, names, numbers, numbers),
        Readings(ends, names, names, numbers, numbers),
        Groups(ends, names),
    )


def numbers_of(ends: Int64s) -> Int64s:
    """The record of each row or element."""
    found: Int64s = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    return found
