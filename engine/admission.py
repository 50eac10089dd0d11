"""How many objects the records of a topic may name: what is beyond the limit is set aside, before the order of events.

Each input topic of a partition counts for itself, in the order of its offsets, so what is set aside depends on nothing else: not on
how the topics pass each other, on chunks, or on restarts. What is admitted is decided when records are read, which is ahead of what is
applied; what the changelog keeps are the admissions of rows that were applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

import numpy as np
import polars as pl

from engine.arrays import Int64s
from engine.directory import NONE, Directory, RouteNames
from engine.rows import Checked, Refusal

REASON: Final = "too_many_objects"

ObjectName: TypeAlias = tuple[str, str, str, str]
"""Tenant, campaign, and the kind and name of what is in it; both empty for the campaign itself."""


def objects_of(names: RouteNames) -> Iterator[ObjectName]:
    """The objects that an event is credited to by its campaign (domain 1.1)."""
    tenant, campaign, group, calling_list = names
    yield tenant, campaign, "", ""
    if group is not None:
        yield tenant, campaign, "group", group
    if calling_list is not None:
        yield tenant, campaign, "list", calling_list


class _Routes(dict[RouteNames, int]):
    """Route numbers of what was admitted, by names; what is new is asked for."""

    def __init__(self, ask: Callable[[RouteNames], int]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, names: RouteNames) -> int:
        return self._ask(names)


class Admission:
    """The objects that one topic has named in a partition, at most ``limit`` of them, in as many combinations at most."""

    def __init__(self, limit: int, directory: Directory) -> None:
        self.limit = limit
        self.objects: set[ObjectName] = set()
        self._directory = directory
        self._routes = _Routes(self._ask)
        self._written: set[int] = set()
        self.records = 0
        """How many changelog records tell of admissions."""

    @property
    def size(self) -> int:
        """How many objects this topic has named, or combinations of campaign, group and list, if those are more."""
        return max(len(self.objects), len(self._routes))

    def routes(self, names: Iterable[RouteNames], size: int) -> Int64s:
        """Route numbers of ``size`` (tenant, campaign, group, calling list), in order; ``NONE`` for what names too much."""
        return np.fromiter(map(self._routes.__getitem__, names), dtype=np.int64, count=size)

    def _ask(self, names: RouteNames) -> int:
        new = [name for name in objects_of(names) if name not in self.objects]
        if len(self.objects) + len(new) > self.limit or len(self._routes) >= self.limit:
            return NONE
        return self._admit(names)

    def _admit(self, names: RouteNames) -> int:
        self.objects.update(objects_of(names))
        number = self._routes[names] = self._directory.route(*names)
        return number

    def take_new(self, routes: Int64s) -> list[RouteNames]:
        """Of the routes of rows that were applied, those that no changelog record tells of yet; afterwards one does."""
        new = [route for route in np.unique(routes).tolist() if route not in self._written]
        self._written.update(new)
        return [(named.tenant, named.campaign, named.group, named.calling_list) for named in map(self._directory.routes.__getitem__, new)]

    def restore(self, number: int, admitted: Iterable[RouteNames]) -> None:
        """What a changelog record tells, whatever the limit is now."""
        self.records = max(self.records, number + 1)
        self._written.update(self._admit(names) for names in admitted)


def admit(frame: pl.DataFrame, checked: Checked, admission: Admission) -> tuple[pl.DataFrame, Checked, Int64s]:
    """The rows of a checked frame that name no object too many: frame, numbers, and routes; the others are refused."""
    if len(checked.ordered) < len(frame):
        frame = frame[checked.ordered]
    columns = [frame[name].to_list() for name in ("tenant", "campaign", "group", "calling_list")]
    routes = admission.routes(zip(*columns, strict=True), len(frame))
    stand = routes != NONE
    if stand.all():
        return frame, checked, routes
    refused = [Refusal(int(checked.ordered[row]), REASON, _detail(columns, row, admission)) for row in np.flatnonzero(~stand).tolist()]
    return frame.filter(pl.Series(stand)), Checked(checked.ordered[stand], [*checked.refused, *refused]), routes[stand]


def _detail(columns: list[list[str | None]], row: int, admission: Admission) -> str:
    tenant, campaign, group, calling_list = (column[row] for column in columns)
    named = {"tenant": tenant, "campaign": campaign, "group": group, "calling list": calling_list}
    told = ", ".join(f"{kind} {name}" for kind, name in named.items() if name)
    return (
        f"{told}: more than the {admission.limit:,} objects, and as many combinations of them, that object_limit lets this topic name in a "
        "partition; raise it, and retry"
    )
