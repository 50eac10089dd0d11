"""Credits in columns, and how they spread over objects and windows (domain 1.1, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.credits import CODES, COLUMN_TABLE, OBJECT_TYPES
from engine.directory import NONE, Directory

_COLUMNS: Final = ("route", "code", "at", "count", "place", "trait")
ALL_KINDS: Final = tuple(range(len(OBJECT_TYPES)))


@dataclass(frozen=True, slots=True)
class Credits:
    """What was credited, one element each: along which route, what (``engine.credits``), when (ms), how many times.

    ``place`` is that of the cause in the order of application within the chunk, ``trait`` what else it carries (``engine.dimensions``).
    """

    route: Int64s
    code: Int64s
    at: Int64s
    count: Int64s
    place: Int64s
    trait: Int64s

    def __len__(self) -> int:
        return len(self.route)

    def chosen(self, which: NDArray[np.bool_]) -> Credits:
        """Those credits of which ``which`` is true, shape (n,)."""
        return Credits(*(getattr(self, name)[which] for name in _COLUMNS))


@dataclass(frozen=True, slots=True)
class Ends:
    """Durable actions that ended, one element each: of which object, which, when, begun when (ms).

    ``place`` is as in ``Credits``, ``ordinal`` the place among the actions of the same cause (domain 4.1).
    """

    object: Int64s
    action: Int64s
    end: Int64s
    begin: Int64s
    place: Int64s
    ordinal: Int64s


def no_ends() -> Ends:
    """Nothing."""
    return Ends(*(np.empty(0, dtype=np.int64) for _ in range(6)))


@dataclass(frozen=True, slots=True)
class Spread:
    """Additions to rows of counts: to the row of ``object`` and window ``start`` (ms), ``count`` in each of three ``columns``."""

    object: Int64s
    start: Int64s
    columns: Int64s
    count: Int64s


def no_credits() -> Credits:
    """Nothing."""
    return Credits(*(np.empty(0, dtype=np.int64) for _ in _COLUMNS))


def join(parts: list[Credits]) -> Credits:
    """All credits of several parts."""
    return Credits(*(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))


def spread(credited: Credits, starts: Int64s, directory: Directory, kinds: tuple[int, ...] = ALL_KINDS) -> Spread:
    """Sum credits that agree in route, code and window, and give each object its own.

    Args:
        credited: n credits.
        starts: start of the window of each, shape (n,).
        directory: knows the objects of each route.
        kinds: types of the objects that take part, in ascending order.
    """
    windows, window = _numbered(starts)
    key = (credited.route * CODES + credited.code) * len(windows) + window
    if (credited.count == 1).all():
        keys, count = np.unique(key, return_counts=True)
    else:
        keys, inverse = np.unique(key, return_inverse=True)
        count = np.zeros(len(keys), dtype=np.int64)
        np.add.at(count, inverse, credited.count)
    route, code = np.divmod(keys // len(windows), CODES)
    chosen = np.array(kinds)
    objects = directory.route_objects[route][:, chosen]
    row, kind = np.nonzero(objects != NONE)
    return Spread(objects[row, kind], windows[keys[row] % len(windows)], COLUMN_TABLE[code[row], chosen[kind]], count[row])


def _numbered(values: Int64s) -> tuple[Int64s, Int64s]:
    if (values == values[0]).all():
        return values[:1], np.zeros(1, dtype=np.int64)
    distinct, number = np.unique(values, return_inverse=True)
    return distinct, number
