"""Records in columns, by the names of their fields: texts as places in one buffer, all else as whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import FLAGS_2D, FLAGS_OUT, LONGS, LONGS_2D, VOID, compiled
from kernels.texts import Bytes, Int64s, Texts, join_texts, texts_of

Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FieldNames:
    """Which fields there are, and the number of each among those of its kind."""

    texts: Mapping[str, int]
    numbers: Mapping[str, int]


def field_names(texts: Iterable[str], numbers: Iterable[str]) -> FieldNames:
    """The names of fields in their order."""
    return FieldNames({name: at for at, name in enumerate(texts)}, {name: at for at, name in enumerate(numbers)})


@dataclass(frozen=True, slots=True)
class FieldColumns:
    """n records.

    Attributes:
        names: of the columns.
        data: what the texts are places in, shape (bytes,).
        at: where each text begins, shape (texts, n).
        size: bytes of each text, or ``ABSENT``, shape (texts, n).
        number: shape (numbers, n).
        given: whether each number is there, shape (numbers, n).
    """

    names: FieldNames
    data: Bytes
    at: Int64s
    size: Int64s
    number: Int64s
    given: Flags

    def __len__(self) -> int:
        return len(self.at[0])

    def texts(self, name: str) -> Texts:
        """The column of a text."""
        column = self.names.texts[name]
        return Texts(self.data, self.at[column], self.size[column])

    def numbers(self, name: str) -> Int64s:
        """The column of a number; what stands where there is none means nothing."""
        column: Int64s = self.number[self.names.numbers[name]]
        return column

    def present(self, name: str) -> Flags:
        """Where a number is there."""
        column: Flags = self.given[self.names.numbers[name]]
        return column

    def text_at(self, name: str, row: int) -> str | None:
        """One text; None if it is absent."""
        return self.texts(name)[row]

    def number_at(self, name: str, row: int) -> int | None:
        """One number; None if it is absent."""
        column = self.names.numbers[name]
        return int(self.number[column, row]) if self.given[column, row] else None

    def take(self, rows: Int64s) -> FieldColumns:
        """The records of these numbers, in their order, in the same buffer."""
        at, size, number = (np.take(column, rows, axis=1) for column in (self.at, self.size, self.number))
        return FieldColumns(self.names, self.data, at, size, number, np.take(self.given, rows, axis=1))


def columns_of(
    names: FieldNames, texts: Sequence[Sequence[str | None]], numbers: Sequence[Sequence[int | None]], count: int
) -> FieldColumns:
    """The columns of so many records, given one by one in the order of the names.

    Raises:
        OverflowError: a number has more than 64 bits.
    """
    places = texts_of(chain.from_iterable(texts))
    values = [0 if value is None else value for column in numbers for value in column]
    given = [value is not None for column in numbers for value in column]
    return FieldColumns(
        names,
        places.data,
        places.at.reshape(len(names.texts), count),
        places.size.reshape(len(names.texts), count),
        np.array(values, dtype=np.int64).reshape(len(names.numbers), count),
        np.array(given, dtype=np.bool_).reshape(len(names.numbers), count),
    )


def text_columns(names: FieldNames, texts: Sequence[Texts]) -> FieldColumns:
    """Columns of texts, one of each name, as records without numbers."""
    size = len(texts[0])
    places = join_texts(texts)
    none: Int64s = np.empty((0, size), dtype=np.int64)
    shape = (len(texts), size)
    return FieldColumns(names, places.data, places.at.reshape(shape), places.size.reshape(shape), none, none.astype(np.bool_))


def join_columns(parts: Sequence[FieldColumns]) -> FieldColumns:
    """The records of one or more columns with the same names, in their order; all of the buffers is kept."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(part.data) for part in parts[:-1])]).tolist()
    return FieldColumns(
        parts[0].names,
        np.concatenate([part.data for part in parts]),
        np.concatenate([part.at + start for part, start in zip(parts, starts, strict=True)], axis=1),
        np.concatenate([part.size for part in parts], axis=1),
        np.concatenate([part.number for part in parts], axis=1),
        np.concatenate([part.given for part in parts], axis=1),
    )


def no_records(names: FieldNames, count: int, data: Bytes) -> FieldColumns:
    """Room for so many records; what stands in it means nothing until it is written."""
    texts, numbers = (len(names.texts), count), (len(names.numbers), count)
    places = (np.empty(texts, dtype=np.int64), np.empty(texts, dtype=np.int64))
    return FieldColumns(names, data, *places, np.empty(numbers, dtype=np.int64), np.empty(numbers, dtype=np.bool_))


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the fields of a record may be: texts by their bytes, where absent and empty are both 0, and numbers.

    Attributes:
        shortest: shape (texts,).
        longest: shape (texts,).
        least: shape (numbers,).
        greatest: shape (numbers,).
        needed: whether a number must be there, 0 or 1, shape (numbers,).
    """

    shortest: Int64s
    longest: Int64s
    least: Int64s
    greatest: Int64s
    needed: Int64s


def within(columns: FieldColumns, bounds: Bounds) -> Flags:
    """Whether all fields of a record are within their bounds, shape (n,)."""
    stands = np.empty(len(columns), dtype=np.bool_)
    texts, numbers = (bounds.shortest, bounds.longest), (bounds.least, bounds.greatest, bounds.needed)
    _within(columns.size, *texts, columns.number, columns.given, *numbers, stands)
    return stands


@compiled(VOID, LONGS_2D, LONGS, LONGS, LONGS_2D, FLAGS_2D, LONGS, LONGS, LONGS, FLAGS_OUT)
def _within(
    size: Int64s,
    shortest: Int64s,
    longest: Int64s,
    number: Int64s,
    given: Flags,
    least: Int64s,
    greatest: Int64s,
    needed: Int64s,
    stands: Flags,
) -> None:
    stands[:] = True
    for column in range(len(shortest)):
        low, high = shortest[column], longest[column]
        for row in range(len(stands)):
            stands[row] &= low <= max(size[column, row], 0) <= high
    for column in range(len(least)):
        low, high, missing = least[column], greatest[column], needed[column] == 0
        for row in range(len(stands)):
            stands[row] &= low <= number[column, row] <= high if given[column, row] else missing
