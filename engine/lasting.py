"""One object with its durable actions and its gauge, for what is read off them one by one (domain 5.2)."""

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


def continuous(looked: Looked, mask: Mask) -> int:
    """Time (ms) since the object's status entered the mask; 0 outside."""
    entered = None if looked.spans is None else looked.spans.entered(mask.vector, looked.view.until)
    return 0 if entered is None else looked.view.until - entered
