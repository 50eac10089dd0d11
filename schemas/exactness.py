"""Whether columns read from joined bodies, encoded again, would be those very bytes.

Bodies carry no length: a bad one shifts its neighbours, and Polars reads some bytes that no writer makes (a second branch of a
union by any number but one, a boolean by any byte, an int beyond its range). Every value takes at least the bytes that it takes
when it is encoded again, and all rows together take what all bodies have: so where each row is as long as its body, each field
lies where it is looked for here, and its bytes can be held against its value. Polars itself refuses text that is not UTF-8 and
numbers of symbols that there are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.plan import Field, measure_name, null_name
from schemas.varint import long_sizes

Int64s = NDArray[np.int64]
Octets = NDArray[np.uint8]

_SECOND_BRANCH: Final = 2
_INT_SIZE: Final = 5
_INT_LAST: Final = 0x0F
_LONG_SIZE: Final = 10
_LONG_LAST: Final = 0x01


def same_bytes(fields: Mapping[str, Field], columns: Mapping[str, pl.Series], block: bytes, sizes: Int64s) -> bool:
    """Whether the rows are what the bodies say.

    Args:
        fields: those of the writer, in order; null is the first branch of what is nullable.
        columns: what was read of each, n rows, under its name; what was measured of it under ``measure_name`` and ``null_name``.
        block: the bodies, joined.
        sizes: length of each body, shape (n,).
    """
    octets = np.frombuffer(block, dtype=np.uint8)
    ends = np.cumsum(sizes)
    places = ends - sizes
    for name, field in fields.items():
        nulls = columns[name].null_count()
        if nulls and not field.nullable:
            return False
        if nulls == len(sizes):
            places += 1
            continue
        present: Any = ~columns[null_name(name)].to_numpy() if nulls else slice(None)
        here = places[present]
        if field.nullable:
            if (_at(octets, here) != _SECOND_BRANCH).any():
                return False
            here = here + 1
            places += 1
        measured = columns.get(measure_name(name))
        taken = _SIZES[field.type](here if measured is None else measured.to_numpy()[present], octets, here)
        if taken is None:
            return False
        places[present] += taken
    return bool(np.array_equal(places, ends))


def _at(octets: Octets, places: Int64s) -> Octets:
    """The byte at each place; what lies beyond the end is found out by its size."""
    return octets.take(places, mode="clip")


def _text(lengths: NDArray[Any], octets: Octets, places: Int64s) -> Int64s | None:
    del octets, places
    return lengths + long_sizes(lengths)


def _boolean(values: NDArray[Any], octets: Octets, places: Int64s) -> Int64s | None:
    del values
    return np.ones(len(places), dtype=np.int64) if (_at(octets, places) <= 1).all() else None


def _symbol(values: NDArray[Any], octets: Octets, places: Int64s) -> Int64s | None:
    """An enum of more than 64 symbols, whose numbers may take two bytes, is left to reading apart."""
    del values
    return np.ones(len(places), dtype=np.int64) if not (_at(octets, places) & 1).any() else None


def _number(longest: int, greatest_last: int) -> Callable[[NDArray[Any], Octets, Int64s], Int64s | None]:
    """An integer: the last byte of a longest one may not hold more bits than its type has."""

    def sizes_of(values: NDArray[Any], octets: Octets, places: Int64s) -> Int64s | None:
        sizes = long_sizes(values)
        if sizes.max() == longest and (_at(octets, (places + longest - 1)[sizes == longest]) > greatest_last).any():
            return None
        return sizes

    return sizes_of


_SIZES: Final[Mapping[str, Callable[[NDArray[Any], Octets, Int64s], Int64s | None]]] = {
    "string": _text,
    "enum": _symbol,
    "boolean": _boolean,
    "int": _number(_INT_SIZE, _INT_LAST),
    "long": _number(_LONG_SIZE, _LONG_LAST),
}
