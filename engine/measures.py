"""What categories are computed from: one row of numbers per object, one column per action (domain 5.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.arrays import Int64s
from engine.lasting import Looked


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures of m objects of one type in one window each, looked at at t. Columns are the indexes of ``ACTIONS``.

    Attributes:
        counts: instants in the window, each with its count (4.8), shape (m, actions).
        ended: durable actions that ended in the window.
        time_ms: time inside the window, the running part up to t included.
        completed_ms: the same, of those only that ended in the window (5.3).
        adjusted_ms: whole durations of those that ended in the window.
        current: durable actions in progress at t; of a gauge its value.
        current_ms: sum of t - begin over those in progress.
        elapsed_ms: t - w0, shape (m,).
        looked: the m objects themselves, for what is read off their durable actions one by one.
    """

    counts: Int64s
    ended: Int64s
    time_ms: Int64s
    completed_ms: Int64s
    adjusted_ms: Int64s
    current: Int64s
    current_ms: Int64s
    elapsed_ms: Int64s
    looked: Sequence[Looked]
