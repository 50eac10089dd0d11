"""Durable actions of one object, looked at one by one: longest, shortest, within a range, still running (domain 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.masks import Mask
from engine.spans import Spans, View


@dataclass(frozen=True, slots=True)
class Looked:
    """One object as a window shows it. ``spans`` is None for what can't have durable actions; instants are ms.

    ``gauge`` tells RecordsScheduled at an instant, ``gauge_instants`` those at which it was reported (domain 4.7).
    """

    view: View
    spans: Spans | None
    gauge: Callable[[int], int]
    gauge_instants: Callable[[], Sequence[int]]


def ended(looked: Looked, mask: Mask) -> list[int]:
    """Whole durations (ms) of the mask's durable actions that ended in the window."""
    if looked.spans is None:
        return []
    return [span.end - span.begin for span in looked.spans.ended_in(looked.view) if mask.vector[span.action]]


def running(looked: Looked, mask: Mask) -> list[int]:
    """How long (ms) each of the mask's durable actions has been in progress at t."""
    if looked.spans is None:
        return []
    until = looked.view.until
    return [until - begin for action, begin in looked.spans.at(until) if mask.vector[action]]


def continuous(looked: Looked, mask: Mask) -> int:
    """Time (ms) since the object's status entered the mask; 0 outside."""
    entered = None if looked.spans is None else looked.spans.entered(mask.vector, looked.view.until)
    return 0 if entered is None else looked.view.until - entered


def within(durations: Sequence[int], low: float, high: float) -> list[int]:
    """Those with low <= duration < high."""
    return [duration for duration in durations if low <= duration < high]
