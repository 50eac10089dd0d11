"""Columns of texts as places in a buffer: what is only passed on never becomes an object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import BYTES, BYTES_OUT, LONGS, VOID, compiled

Bytes: TypeAlias = NDArray[np.uint8]
Int64s: TypeAlias = NDArray[np.int64]
Arrays: TypeAlias = tuple[Bytes, Int64s, Int64s]
"""Of a column, as kernels take it."""

ABSENT = -1
"""Size of a text that is not there."""


@dataclass(frozen=True, slots=True)
class Texts:
    """n texts in UTF-8: text i is the ``size[i]`` bytes of ``data`` from ``at[i]`` on, or ``ABSENT``.

    Attributes:
        data: shape (bytes,).
        at: shape (n,).
        size: shape (n,).
    """

    data: Bytes
    at: Int64s
    size: Int64s

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, row: int) -> str | None:
        """Text of a row; None if it is absent."""
        text = self.raw(row)
        return None if text is None else text.decode()

    def raw(self, row: int) -> bytes | None:
        """Bytes of a row; None if it is absent."""
        at, size = int(self.at[row]), int(self.size[row])
        return None if size == ABSENT else self.data[at : at + size].tobytes()

    def arrays(self) -> Arrays:
        """What a kernel takes for ``TEXTS``."""
        return self.data, self.at, self.size

    def part(self, low: int, high: int) -> Texts:
        """The rows ``low`` to ``high`` (exclusive), in the same buffer."""
        return Texts(self.data, self.at[low:high], self.size[low:high])

    def take(self, rows: Int64s) -> Texts:
        """The rows of these numbers, in their order, in the same buffer."""
        return Texts(self.data, self.at[rows], self.size[rows])

    def to_list(self) -> list[str | None]:
        """All texts."""
        return [self[row] for row in range(len(self))]


def texts_of(texts: Iterable[str | None]) -> Texts:
    """Texts as a column."""
    return places_of([None if text is None else text.encode() for text in texts])


def places_of(values: Sequence[bytes | None]) -> Texts:
    """Values of any bytes as a column."""
    texts = [value or b"" for value in values]
    size = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    at = np.cumsum(size) - size
    if None in values:
        size[[row for row, value in enumerate(values) if value is None]] = ABSENT
    return Texts(np.frombuffer(b"".join(texts), dtype=np.uint8), at, size)


def join_texts(parts: Sequence[Texts]) -> Texts:
    """The rows of several columns, in their order; only the bytes of the rows are kept."""
    if len(parts) == 1:
        return parts[0]
    sizes = [part.size for part in parts]
    size = np.concatenate([np.empty(0, dtype=np.int64), *sizes])
    ends = np.cumsum(np.maximum(size, 0))
    at = ends - np.maximum(size, 0)
    data = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    row = 0
    for part in parts:
        _gather(part.data, np.ascontiguousarray(part.at), np.ascontiguousarray(part.size), data, at[row : row + len(part)])
        row += len(part)
    return Texts(data, at, size)


@compiled(VOID, BYTES, LONGS, LONGS, BYTES_OUT, LONGS)
def _gather(data: Bytes, at: Int64s, size: Int64s, into: Bytes, places: Int64s) -> None:
    for row in range(len(at)):
        start, place = np.uint64(at[row]), np.uint64(places[row])
        for byte in range(np.uint64(max(size[row], 0))):  # unsigned: see ``kernels.writing``
            into[place + byte] = data[start + byte]
