"""Numbers and times as functions of time over a window: greatest, least, time-weighted mean (domain 5.2, 5.4).

What begins and ends in one instant does not exist here. A window that is open has its last instant, t; a closed one does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from engine.catalog import ACTION_BY_NAME
from engine.lasting import Looked
from engine.masks import Mask

_GAUGE = ACTION_BY_NAME["RecordsScheduled"].index


class Step(NamedTuple):
    """``number`` holds from ``at`` (ms) on."""

    at: int
    number: int


def course(looked: Looked, mask: Mask) -> list[Step]:
    """CurrentNumber of the mask over the window: the first step is at its start, the others follow in order."""
    moves = Counter(dict(_moves_of_spans(looked, mask)))
    for at, move in _moves_of_gauge(looked, mask):
        moves[at] += move
    start, last = looked.view.start, looked.view.until - looked.view.closed
    number = sum(move for at, move in moves.items() if at <= start)
    steps = [Step(start, number)]
    for at in sorted(at for at, move in moves.items() if move and start < at <= last):
        number += moves[at]
        steps.append(Step(at, number))
    return steps


def mean(looked: Looked, mask: Mask) -> float | None:
    """Time-weighted mean of CurrentNumber; none over no time."""
    view = looked.view
    if view.until == view.start:
        return None
    steps = [*course(looked, mask), Step(view.until, 0)]
    return sum(step.number * (after.at - step.at) for step, after in pairwise(steps)) / (view.until - view.start)


def mean_time(looked: Looked, mask: Mask) -> float | None:
    """Time-weighted mean of CurrentTime, s: the integral of each span's age over the window, divided by the window's length."""
    view = looked.view
    if view.until == view.start:
        return None
    twice = 0
    for begin, end in _durables(looked, mask):
        first, last = max(begin, view.start), min(end, view.until)
        if first < last:
            twice += (last - begin) ** 2 - (first - begin) ** 2
    return twice / (2 * (view.until - view.start)) / 1000


def _durables(looked: Looked, mask: Mask) -> Iterator[tuple[int, int]]:
    """(begin, end) of the mask's durable actions that reach into the window; what is running ends beyond it."""
    if looked.spans is None:
        return
    for action, begin, end in looked.spans.since(looked.view.start):
        if mask.vector[action]:
            yield begin, looked.view.until + 1 if end is None else end


def _moves_of_spans(looked: Looked, mask: Mask) -> Counter[int]:
    moves: Counter[int] = Counter()
    for begin, end in _durables(looked, mask):
        moves[begin] += 1
        moves[end] -= 1
    return moves


def _moves_of_gauge(looked: Looked, mask: Mask) -> Iterator[tuple[int, int]]:
    if not mask.vector[_GAUGE]:
        return
    start = looked.view.start
    before = looked.gauge(start)
    yield start, before
    for at in sorted(set(looked.gauge_instants())):
        if start < at <= looked.view.until:
            now = looked.gauge(at)
            yield at, now - before
            before = now
