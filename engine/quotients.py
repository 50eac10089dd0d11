"""Categories that are one number divided by another: nearly all, computed at once for many statistics and objects.

A category says what it divides by what (``Quotient``); a ``Sheet`` is some statistics of such categories, made ready.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.arrays import Int64s
from engine.catalog import ACTIONS
from engine.masks import Mask
from engine.measures import Lasted, Measures, Table
from kernels.lengths import COUNT, COUNT_WITHIN, FIGURES, GREATEST, LEAST, TOTAL, TOTAL_WITHIN, add_lengths, note_most
from kernels.quotients import NO_TERM, quotients

Floats: TypeAlias = NDArray[np.float64]
Actions: TypeAlias = tuple[int, ...]

_NAN: Final = float("nan")


class Asked(Protocol):
    """What of a statistic its value depends on; see ``engine.statistic.Statistic``."""

    @property
    def category(self) -> str: ...  # noqa: D102
    @property
    def main(self) -> Mask | None: ...  # noqa: D102
    @property
    def relative(self) -> Mask | None: ...  # noqa: D102
    @property
    def empty(self) -> float | None: ...  # noqa: D102
    @property
    def durations(self) -> str: ...  # noqa: D102
    @property
    def range_ms(self) -> tuple[float, float]: ...  # noqa: D102


class Figure(IntEnum):
    """What is told of some durations, ms; the greatest and the least of none are no numbers."""

    COUNT = COUNT
    TOTAL = TOTAL
    GREATEST = GREATEST
    LEAST = LEAST
    COUNT_WITHIN = COUNT_WITHIN
    """How many are in the statistic's range, and their total."""
    TOTAL_WITHIN = TOTAL_WITHIN


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of tables over a statistic's main mask, or its relative one; ``completed``: of what is completed if it says so (5.3)."""

    tables: tuple[Table, ...]
    relative: bool = False
    completed: bool = False


@dataclass(frozen=True, slots=True)
class Durations:
    """A figure of the main mask's durable actions that ended in the window; or of how long those have been that are in progress at t."""

    figure: Figure
    current: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """The greatest number of the main mask's durable actions in progress at once, or the least (domain 5.4)."""

    greatest: bool


@dataclass(frozen=True, slots=True)
class Elapsed:
    """t - w0, ms."""


Part: TypeAlias = Sum | Durations | Number | Elapsed


@dataclass(frozen=True, slots=True)
class Quotient:
    """factor x above / unit, divided by below / unit below; no value where that is zero, or one of them has none (domain 5.4)."""

    above: Part
    factor: float = 1.0
    unit: float = 1.0
    below: Part | None = None
    unit_below: float = 1.0


class _Terms:
    """The numbers that quotients divide: what elapsed, figures of durations, numbers at once, and then sums."""

    def __init__(self) -> None:
        self.durations: dict[tuple[Actions, bool, tuple[float, float]], int] = {}
        self.numbers: dict[Actions, int] = {}
        self.sums: dict[tuple[Actions, Actions], int] = {}

    @property
    def given(self) -> int:
        """How many there are before the sums."""
        return 1 + FIGURES * len(self.durations) + 2 * len(self.numbers)

    def add(self, asked: Asked, part: Part | None) -> None:
        """Have a part of a statistic's quotient among them."""
        match part:
            case Durations():
                self.durations.setdefault(_durations(asked, part), len(self.durations))
            case Number():
                self.numbers.setdefault(_actions(asked.main), len(self.numbers))
            case Sum():
                self.sums.setdefault(_columns(asked, part), len(self.sums))

    def place(self, asked: Asked, part: Part | None) -> int:
        """The number of a part, once all of them are there."""
        match part:
            case None:
                return NO_TERM
            case Elapsed():
                return 0
            case Durations():
                return 1 + FIGURES * self.durations[_durations(asked, part)] + part.figure
            case Number():
                return 1 + FIGURES * len(self.durations) + 2 * self.numbers[_actions(asked.main)] + (not part.greatest)
            case Sum():
                return self.given + self.sums[_columns(asked, part)]


class Sheet:
    """Some statistics with the quotients that they are, computed together.

    Args:
        statistics: of which the values are.
        given: the quotient of each.
    """

    def __init__(self, statistics: Sequence[Asked], given: Sequence[Quotient]) -> None:
        terms, pairs = _Terms(), list(zip(statistics, given, strict=True))
        for asked, one in pairs:
            terms.add(asked, one.above)
            terms.add(asked, one.below)
        wanted = [(terms.place(asked, one.above), terms.place(asked, one.below), column) for column, (asked, one) in enumerate(pairs)]
        numbers = [(one.factor, one.unit, one.unit_below, _NAN if asked.empty is None else asked.empty) for asked, one in pairs]
        self.size, self._given = len(pairs), terms.given
        self._wanted = np.array(wanted, dtype=np.int64).reshape(-1, 3)
        self._numbers = np.array(numbers, dtype=np.float64).reshape(-1, 4)
        self._bounds = np.cumsum([(0, 0), *((len(counted), len(lasting)) for counted, lasting in terms.sums)], axis=0)
        self._counted, self._lasting = (_flat(columns[part] for columns in terms.sums) for part in range(2))
        self._of_durations = _flags(actions for actions, *_ in terms.durations)
        self._current = np.array([current for _, current, _ in terms.durations], dtype=bool)
        self._ranges = np.array([limits for *_, limits in terms.durations], dtype=np.float64).reshape(-1, 2)
        self._of_numbers = _flags(terms.numbers)

    def values(self, measures: Measures) -> Floats:
        """Values of the statistics for n objects, shape (n, statistics)."""
        size = len(measures.elapsed_ms)
        values, terms = np.empty((size, self.size)), np.empty(self._given + len(self._bounds) - 1)
        tables = (np.ascontiguousarray(measures.counts), measures.lasting, measures.lasting_row, self._before_sums(measures))
        quotients(*tables, self._bounds, self._counted, self._lasting, self._wanted, self._numbers, terms, values)
        return values

    def _before_sums(self, measures: Measures) -> Floats:
        """What elapsed, and what is read off the durable actions one by one, shape (n, given)."""
        given = np.zeros((len(measures.elapsed_ms), self._given), dtype=np.float64)
        if self._given > 1:
            rows = np.append(self._one_by_one(measures.lasted), self._of_nothing(), axis=0)
            given[:, 1:] = rows[measures.lasting_row]
        given[:, 0] = measures.elapsed_ms
        return given

    def _one_by_one(self, lasted: Lasted) -> Floats:
        figures = np.empty((len(lasted.windows), FIGURES * len(self._current)), dtype=np.float64)
        add_lengths(*lasted.columns, self._of_durations, self._current, self._ranges, figures)
        most = np.empty((len(lasted.windows), 2 * len(self._of_numbers)), dtype=np.float64)
        last = lasted.windows.until - lasted.windows.closed
        note_most(lasted.windows.start, last, *lasted.ends, *lasted.begins, self._of_numbers, most)
        return np.concatenate([figures, most], axis=1)

    def _of_nothing(self) -> Floats:
        """The same of an object of which nothing lasted, shape (1, given - 1)."""
        row = np.zeros((1, self._given - 1), dtype=np.float64)
        for group in range(len(self._current)):
            row[0, FIGURES * group + GREATEST] = row[0, FIGURES * group + LEAST] = _NAN
        return row


def _actions(mask: Mask | None) -> Actions:
    assert mask is not None
    return tuple(np.flatnonzero(mask.vector).tolist())


def _durations(asked: Asked, part: Durations) -> tuple[Actions, bool, tuple[float, float]]:
    return _actions(asked.main), part.current, asked.range_ms


def _columns(asked: Asked, part: Sum) -> tuple[Actions, Actions]:
    """Columns of the counts, and of the other tables side by side."""
    actions = _actions(asked.relative if part.relative else asked.main)
    tables = (Table.COMPLETED,) if part.completed and asked.durations == "completed" else part.tables
    lasting = [table * len(ACTIONS) + action for table in tables if table is not Table.COUNTS for action in actions]
    return actions if Table.COUNTS in tables else (), tuple(lasting)


def _flat(parts: Iterable[Actions]) -> Int64s:
    return np.array([*chain.from_iterable(parts)], dtype=np.int64)


def _flags(chosen: Iterable[Actions]) -> NDArray[np.bool_]:
    rows = list(chosen)
    flags = np.zeros((len(rows), len(ACTIONS)), dtype=bool)
    for row, actions in enumerate(rows):
        flags[row, list(actions)] = True
    return flags
