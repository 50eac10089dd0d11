"""Two sorted columns merged into one."""

from __future__ import annotations

import numpy as np

from kernels.compiled import LONGS, LONGS_OUT, VOID, compiled
from kernels.texts import Int64s


def merged(first: Int64s, second: Int64s) -> Int64s:
    """Where each row of the merged column is in ``first`` followed by ``second``; both are sorted, and of equals the first's goes first."""
    rows = np.empty(len(first) + len(second), dtype=np.int64)
    _merge(rows, first, second)
    return rows


@compiled(VOID, LONGS_OUT, LONGS, LONGS)
def _merge(rows: Int64s, first: Int64s, second: Int64s) -> None:
    of_first, of_second = 0, 0
    for row in range(len(rows)):
        if of_second == len(second) or (of_first < len(first) and first[of_first] <= second[of_second]):
            rows[row] = of_first
            of_first += 1
        else:
            rows[row] = len(first) + of_second
            of_second += 1
