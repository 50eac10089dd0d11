"""Values that hold from an instant on: step functions, side by side in columns."""

from __future__ import annotations

from kernels.compiled import LONG, LONGS, LONGS_OUT, VOID, compiled, together
from kernels.texts import Int64s


@compiled(LONG, LONGS, LONG, LONG, LONG)
def _first_above(ascending: Int64s, low: int, high: int, value: int) -> int:
    """The first place from ``low`` on whose element is greater than a value, ``high`` if there is none."""
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] > value:
            high = middle
        else:
            low = middle + 1
    return low


@compiled(VOID, together(LONGS, LONGS, LONGS), together(LONGS, LONGS, LONGS), together(LONGS, LONGS), LONGS_OUT)
def held(asked: tuple[Int64s, Int64s, Int64s], steps: tuple[Int64s, Int64s, Int64s], fresh: tuple[Int64s, Int64s], out: Int64s) -> None:
    """What holds at instants, by those steps that were taken before.

    Args:
        asked: of n questions the number of the function, the instant, and the place in an order.
        steps: where each function's steps end, shape (functions + 1,) with 0 before the first; instants, ascending for each, and values.
        fresh: where each function's end, as in ``steps``; places in the order at which its last steps are taken. All others were before.
        out: becomes the value of each, 0 before the first step, shape (n,).
    """
    number, at, place = asked
    ends, instants, values = steps
    fresh_ends, places = fresh
    for row in range(len(number)):
        low, high = ends[number[row]], ends[number[row] + 1]
        first, last = fresh_ends[number[row]], fresh_ends[number[row] + 1]
        taken = high - last + _first_above(places, first, last, place[row] - 1)
        step = min(taken, _first_above(instants, low, high, at[row])) - 1
        out[row] = values[step] if step >= low else 0
