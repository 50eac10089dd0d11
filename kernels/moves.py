"""Which rows of numbers moved by more than they may since they were last kept."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import DOUBLES, DOUBLES_2D, DOUBLES_2D_OUT, FLAGS_OUT, LONGS, VOID, compiled
from kernels.texts import Int64s

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


@compiled(VOID, DOUBLES_2D, LONGS, DOUBLES_2D, DOUBLES, FLAGS_OUT)
def note_moved(kept: Floats, slot: Int64s, values: Floats, slack: Floats, moved: Flags) -> None:
    """Set the flag of each row of ``values``, shape (n, m), that is no longer what is kept in its slot.

    That is where a number came or went (NaN is none), or moved by more than its slack, shape (m,); and where the slot is negative.
    """
    for row in range(len(slot)):
        if slot[row] < 0:
            moved[row] = True
            continue
        for column in range(len(slack)):
            now, before = values[row, column], kept[slot[row], column]
            if not (abs(now - before) <= slack[column]) and not (now != now and before != before):  # noqa: PLR0124 (NaN alone differs from itself)
                moved[row] = True
                break


@compiled(VOID, DOUBLES_2D_OUT, LONGS, DOUBLES_2D)
def keep_rows(kept: Floats, slot: Int64s, values: Floats) -> None:
    """Put each row of ``values``, shape (n, m), into its slot."""
    for row in range(len(slot)):
        for column in range(values.shape[1]):
            kept[slot[row], column] = values[row, column]
