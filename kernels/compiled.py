"""How loops are compiled: for the types that they are declared with, ahead of their first call, without Python's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from numba import njit, types

from kernels.kept import keep_by_all_sources

keep_by_all_sources()

F = TypeVar("F", bound=Callable[..., object])
Type = Any
"""Numba's own notation is not typed."""

VOID: Final = types.void
LONG: Final = types.int64
FLAG: Final = types.boolean
LONG_PAIR: Final = types.UniTuple(types.int64, 2)
UNSIGNED: Final = types.uint64
DOUBLE: Final = types.float64

BYTES: Final = types.Array(types.uint8, 1, "C", readonly=True)
LONGS: Final = types.Array(types.int64, 1, "C", readonly=True)
LONGS_2D: Final = types.Array(types.int64, 2, "C", readonly=True)
LONGS_3D: Final = types.Array(types.int64, 3, "C", readonly=True)
FLAGS: Final = types.Array(types.boolean, 1, "C", readonly=True)
FLAGS_2D: Final = types.Array(types.boolean, 2, "C", readonly=True)
UNSIGNEDS: Final = types.Array(types.uint64, 1, "C", readonly=True)
TEXTS: Final = types.Tuple((BYTES, LONGS, LONGS))
DOUBLES: Final = types.Array(types.float64, 1, "C", readonly=True)
DOUBLES_2D: Final = types.Array(types.float64, 2, "C", readonly=True)
"""Contiguous arrays that are only read. Who calls with another type or layout gets a TypeError, and not a compiler's minute."""

BYTES_OUT: Final = types.uint8[::1]
LONGS_OUT: Final = types.int64[::1]
LONGS_2D_OUT: Final = types.int64[:, ::1]
FLAGS_OUT: Final = types.boolean[::1]
FLAGS_2D_OUT: Final = types.boolean[:, ::1]
UNSIGNEDS_OUT: Final = types.uint64[::1]
DOUBLES_OUT: Final = types.float64[::1]
DOUBLES_2D_OUT: Final = types.float64[:, ::1]
"""Contiguous arrays that are written to."""


def several(kind: Type, number: int) -> Type:
    """A tuple of that many arrays or numbers of one type, for loops over many columns."""
    return types.UniTuple(kind, number)


def compiled(returns: Type, *takes: Type, allocates: bool = False) -> Callable[[F], F]:
    """Compile a function for one signature when its module is imported; it is kept for the next process (``kernels.kept``).

    While it runs, other threads of Python go on. Overflow wraps and indices are not checked: callers give what fits.

    Args:
        returns: type of what comes back.
        takes: types of the arguments.
        allocates: whether it makes arrays itself; where it may not, Numba says "Only accept returning of array passed into the function".
            Where it may, references to each array are counted with each call of another compiled function: dearer than most calls are.
    """
    decorate: Callable[[F], F] = njit(returns(*takes), cache=True, nogil=True, _nrt=allocates)
    return decorate


def together(*takes: Type) -> Type:
    """The type of a tuple of these: columns of the same rows are one argument."""
    return types.Tuple(takes)


def named(form: type[tuple[Any, ...]], *takes: Type) -> Type:
    """The type of a named tuple."""
    return types.NamedTuple(takes, form)
