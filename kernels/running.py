"""Running maxima within groups, in the order of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import FLAGS, LONG, LONGS, LONGS_OUT, VOID, compiled
from kernels.texts import Int64s

Flags = NDArray[np.bool_]


@compiled(VOID, LONGS, LONGS, LONGS_OUT, LONGS_OUT)
def raise_after(groups: Int64s, values: Int64s, best: Int64s, after: Int64s) -> None:
    """Raise ``best`` of each row's group to its value; ``after`` becomes what it then is, shape (n,)."""
    for row in range(len(groups)):
        group = groups[row]
        best[group] = max(best[group], values[row])
        after[row] = best[group]


@compiled(VOID, LONGS, LONGS, LONGS_OUT)
def raise_all(groups: Int64s, values: Int64s, best: Int64s) -> None:
    """Raise ``best`` of each row's group to its value."""
    for row in range(len(groups)):
        best[groups[row]] = max(best[groups[row]], values[row])


@compiled(LONG, LONGS, LONGS, LONGS, LONGS_OUT, LONG, LONG)
def raise_until(groups: Int64s, values: Int64s, order: Int64s, best: Int64s, row: int, place: int) -> int:
    """Raise ``best`` of the groups of those rows from ``row`` on that come before ``place`` in an order that ascends; returns the next."""
    while row < len(groups) and order[row] < place:
        best[groups[row]] = max(best[groups[row]], values[row])
        row += 1
    return row


@compiled(LONG, LONGS, LONGS, FLAGS, LONGS_OUT, LONG, LONGS_OUT, LONGS_OUT, LONGS_OUT)
def within(groups: Int64s, values: Int64s, taken: Flags, best: Int64s, most: int, before: Int64s, chosen: Int64s, others: Int64s) -> int:
    """Tell the rows that are not further than ``most`` below what they find from the others; returns how many they are.

    Args:
        groups: of n rows.
        values: of each.
        taken: whether each takes part.
        best: of each group; raised.
        most: the greatest distance.
        before: becomes what each row found that takes part, shape (n,).
        chosen: their numbers in their order, shape (n,).
        others: those of the others that take part, shape (n,).
    """
    count, rest = 0, 0
    for row in range(len(groups)):
        if not taken[row]:
            continue
        group = groups[row]
        before[row] = best[group]
        if before[row] - values[row] <= most:
            chosen[count] = row
            count += 1
            best[group] = max(best[group], values[row])
        else:
            others[rest] = row
            rest += 1
    return count
