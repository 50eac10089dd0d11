"""What a ledger asks about the objects whose windows it keeps: time, durable actions, gauges, status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from engine.arrays import Int64s
from engine.catalog import ACTION_BY_NAME, ACTIONS
from engine.effects import State
from engine.spans import Spans
from engine.status import DEACTIVATED

_DEACTIVATED = ACTION_BY_NAME[DEACTIVATED].index


class Subject(Protocol):
    """The campaigns of a partition, or its calling lists. Objects are numbers of the directory, instants ms."""

    def stream_time(self, owner: int) -> int:
        """Stream time of an owner and all its objects (domain 2.6)."""
        ...

    def stream_times(self, owners: Int64s) -> Int64s:
        """Stream time of each owner, ``NEVER`` before any event."""
        ...

    def spans(self, number: int) -> Spans | None:
        """Durable actions of an object; None for one that can't have any."""
        ...

    def gauge(self, number: int, at: int) -> int:
        """RecordsScheduled of an object at an instant (domain 4.7)."""
        ...

    def gauges(self, numbers: Int64s, at: Int64s) -> Int64s:
        """As ``gauge``, of many objects, each at an instant of its own, shapes (n,)."""
        ...

    def gauge_instants(self, number: int) -> Sequence[int]:
        """The instants at which a gauge of the object was reported, as far as they are held."""
        ...

    def state(self, number: int, at: int) -> State | None:
        """CurrentState of an object at an instant (domain 5.2)."""
        ...


def in_progress(spans: Spans | None, start: int, end: int) -> bool:
    """Whether anything but StatusDeactivated was in progress in [start, end) (domain 7.4)."""
    return spans is not None and any(action != _DEACTIVATED for action in spans.touching(start, end))


def active(spans: Spans | None) -> bool:
    """Whether anything but StatusDeactivated is in progress (domain 7.3)."""
    return spans is not None and any(action != _DEACTIVATED for _, action in spans.open)


def state_of(running: Iterable[tuple[int, int]]) -> State | None:
    """CurrentState from what is in progress, (action, begin): of several groups, what domain 5.2 says of a Campaign."""
    begins: dict[str, dict[str, int]] = {"status": {}, "dial_mode": {}, "condition": {}}
    for action, begin in running:
        known = begins[ACTIONS[action].family]
        name = ACTIONS[action].name
        known[name] = min(begin, known.get(name, begin))
    if not begins["status"]:
        return None
    ((status, since),) = begins["status"].items()
    modes = begins["dial_mode"]
    mode, mode_since = next(iter(modes.items())) if len(modes) == 1 else (None, None)
    return State(status, since, mode, mode_since, dict(sorted(begins["condition"].items())))
