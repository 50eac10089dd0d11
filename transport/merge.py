"""Two topics as one sequence (domain 2.5): of the two heads the one with the smaller key goes first, of equals the first topic's.

Head by head that costs a comparison a row. In columns: with A and B the running maxima of the two queues of keys, row i of the
first goes before row j of the second exactly if A[i] <= B[j]. For whichever head is taken first, everything behind it that is not
greater follows at once, as it would be the smaller head too.

    keys a   5  1  7        A   5  5  7
    keys b   3  6  2        B   3  6  6      merged   b3 a5 a1 b6 b2 a7
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Int64s: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Queue:
    """Keys of the rows that wait in one topic; ``ended`` if the topic has nothing more to come for now."""

    keys: Int64s
    ended: bool


def merge(first: Queue, second: Queue, limit: int) -> tuple[Int64s, Int64s]:
    """Places of the rows that can go, at most ``limit``: how many of each queue's head, told by their places in the merge.

    A queue that runs empty and has not ended stops the merge: what comes next in it might go before the other's head.
    """
    a = np.maximum.accumulate(first.keys[:limit])
    b = np.maximum.accumulate(second.keys[:limit])
    may_a = len(a) if second.ended and len(b) == len(second.keys) else _count_at_most(a, b)
    may_b = len(b) if first.ended and len(a) == len(first.keys) else _count_below(b, a)
    a, b = a[:may_a], b[:may_b]
    places_a = np.arange(len(a)) + np.searchsorted(b, a, side="left")
    places_b = np.arange(len(b)) + np.searchsorted(a, b, side="right")
    return places_a[places_a < limit], places_b[places_b < limit]


def _count_at_most(a: Int64s, b: Int64s) -> int:
    """Rows of the first queue that go before the last known row of the second."""
    return int(np.searchsorted(a, b[-1], side="right")) if len(b) else 0


def _count_below(b: Int64s, a: Int64s) -> int:
    """Rows of the second queue that go before the last known row of the first."""
    return int(np.searchsorted(b, a[-1], side="left")) if len(a) else 0


def merge_plainly(first: Queue, second: Queue, limit: int) -> list[tuple[int, int]]:
    """The definition, head by head: (queue, row) in order. What ``merge`` is held to."""
    heads, queues, order = [0, 0], (first, second), list[tuple[int, int]]()
    while len(order) < limit:
        open_ = [number for number in (0, 1) if heads[number] < len(queues[number].keys)]
        if not open_ or (len(open_) == 1 and not queues[1 - open_[0]].ended):
            break
        chosen = min(open_, key=lambda number: (queues[number].keys[heads[number]], number))
        order.append((chosen, heads[chosen]))
        heads[chosen] += 1
    return order
