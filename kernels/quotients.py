"""Many quotients of sums for many rows: each sum is of chosen columns, each quotient of two of the sums."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import DOUBLES_2D, DOUBLES_2D_OUT, DOUBLES_OUT, LONG, LONGS, LONGS_2D, VOID, compiled
from kernels.texts import Int64s

Floats: TypeAlias = NDArray[np.float64]

NO_TERM = -1
"""Stands for the sum below of a quotient that has none."""


@compiled(VOID, LONGS_2D, LONG, LONGS_2D, LONG, LONGS_2D, LONGS, LONGS, LONG, DOUBLES_OUT)
def _add_sums(
    table: Int64s, row: int, other: Int64s, other_row: int, bounds: Int64s, columns: Int64s, other_columns: Int64s, first: int, sums: Floats
) -> None:
    for term in range(len(bounds) - 1):
        total = 0
        for place in range(bounds[term, 0], bounds[term + 1, 0]):
            total += table[row, columns[place]]
        other_total = 0
        if other_row >= 0:
            for place in range(bounds[term, 1], bounds[term + 1, 1]):
                other_total += other[other_row, other_columns[place]]
        sums[first + term] = float(total) + float(other_total)


@compiled(VOID, LONGS_2D, LONGS_2D, LONGS, DOUBLES_2D, LONGS_2D, LONGS, LONGS, LONGS_2D, DOUBLES_2D, DOUBLES_OUT, DOUBLES_2D_OUT)
def quotients(
    table: Int64s,
    other: Int64s,
    other_row: Int64s,
    given: Floats,
    bounds: Int64s,
    columns: Int64s,
    other_columns: Int64s,
    wanted: Int64s,
    numbers: Floats,
    terms: Floats,
    out: Floats,
) -> None:
    """Fill columns of ``out``, shape (n, >= columns wanted), with factor x above / unit / (below / unit below).

    Terms are the ``given`` numbers of a row, shape (n, g), followed by t sums: each of columns of ``table``, shape (n, ...), and of columns
    of ``other`` in the row ``other_row``, where that is not negative. Whole numbers are added first, and then as floating point the two.

    Args:
        table: see above.
        other: see above.
        other_row: shape (n,).
        given: see above.
        bounds: where the columns of each sum begin in ``columns`` and in ``other_columns``, shape (t + 1, 2).
        columns: of ``table``.
        other_columns: of ``other``.
        wanted: by quotient, the terms above and below (or ``NO_TERM``) and the column of ``out``, shape (k, 3).
        numbers: by quotient: factor, unit, unit below, and what there is instead of no value (a term is NaN, that below zero); (k, 4).
        terms: room for those of a row, shape (g + t,).
        out: see above.
    """
    known = given.shape[1]
    for row in range(len(other_row)):
        for term in range(known):
            terms[term] = given[row, term]
        _add_sums(table, row, other, other_row[row], bounds, columns, other_columns, known, terms)
        for quotient in range(len(wanted)):
            value = numbers[quotient, 0] * terms[wanted[quotient, 0]] / numbers[quotient, 1]
            if wanted[quotient, 1] >= 0:
                below = terms[wanted[quotient, 1]] / numbers[quotient, 2]
                value = np.nan if below == 0.0 else value / below
            out[row, wanted[quotient, 2]] = numbers[quotient, 3] if np.isnan(value) else value
