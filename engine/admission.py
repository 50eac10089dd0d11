"""How many objects the records of a topic may name: what is beyond the limit is set aside, before the order of events.

Each input topic of a partition counts for itself, in the order of its offsets, so what is set aside depends on nothing else: not on
how the topics pass each other, on chunks, or on restarts. What is admitted is decided when records are read, which is ahead of what is
applied; what the changelog keeps are the admissions of rows that were applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import numpy as np

from engine.arrays import Int64s, longer
from engine.checks import Checked, Refusal
from engine.directory import NONE, Directory, RouteNames
from kernels.fields import FieldColumns, columns_of, field_names
from kernels.name_table import UNKNOWN, NameTable
from kernels.numbering import distinct

REASON: Final = "too_many_objects"

_NAMES: Final = ("tenant", "campaign", "group", "calling_list")
_ASKED: Final = 64
"""Rows that are asked for by name at once: what they name is then known for those behind them."""
_COLUMNS: Final = field_names(_NAMES, ())

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


def route_names(tenant: str | None, campaign: str | None, group: str | None, calling_list: str | None) -> RouteNames:
    """What an event names; empty names are absent (domain 2.7)."""
    return tenant or "", campaign or "", group or None, calling_list or None


class Admission:
    """The objects that one topic has named in a partition, at most ``limit`` of them, in as many combinations at most."""

    def __init__(self, limit: int, directory: Directory) -> None:
        self.limit = limit
        self.objects: set[ObjectName] = set()
        self._directory = directory
        self._numbers = NameTable(_NAMES)
        self._written = np.zeros(64, dtype=bool)
        """By route, whether a changelog record tells of it."""
        self.records = 0
        """How many changelog records tell of admissions."""

    @property
    def size(self) -> int:
        """How many objects this topic has named, or combinations of campaign, group and list, if those are more."""
        return max(len(self.objects), len(self._numbers))

    def routes(self, columns: FieldColumns) -> Int64s:
        """Route numbers of rows in order; ``NONE`` for what names too much."""
        routes = self._numbers.find(columns)
        unknown = np.flatnonzero(routes == UNKNOWN)
        while len(unknown):
            asked, later = unknown[:_ASKED], unknown[_ASKED:]
            names = columns.take(asked)
            routes[asked] = admitted = self._ask(names)
            stand = np.flatnonzero(admitted != NONE)
            self._numbers.add(names.take(stand), admitted[stand])
            routes[later] = self._numbers.find(columns.take(later))
            unknown = later[routes[later] == UNKNOWN]
        return routes

    def _ask(self, columns: FieldColumns) -> Int64s:
        """As ``routes``, of rows of which nothing is known."""
        numbers = []
        admitted: dict[RouteNames, int] = {}
        for names in zip(*(columns.texts(name).to_list() for name in _NAMES), strict=True):
            found = route_names(*names)
            if found not in admitted and self._has_room(found, len(self._numbers) + len(admitted)):
                admitted[found] = self._admit(found)
            numbers.append(admitted.get(found, NONE))
        return np.array(numbers, dtype=np.int64)

    def _has_room(self, names: RouteNames, combinations: int) -> bool:
        new = [name for name in objects_of(names) if name not in self.objects]
        return len(self.objects) + len(new) <= self.limit and combinations < self.limit

    def _admit(self, names: RouteNames) -> int:
        self.objects.update(objects_of(names))
        return self._directory.route(*names)

    def take_new(self, routes: Int64s) -> list[RouteNames]:
        """Of the routes of rows that were applied, those that no changelog record tells of yet; afterwards one does."""
        self._reserve()
        new = distinct(routes[~self._written[routes]]).tolist()
        self._written[new] = True
        return [(named.tenant, named.campaign, named.group, named.calling_list) for named in map(self._directory.routes.__getitem__, new)]

    def _reserve(self) -> None:
        self._written = longer(self._written, len(self._directory.routes), fill=False)

    def restore(self, number: int, admitted: Iterable[RouteNames]) -> None:
        """What a changelog record tells, whatever the limit is now."""
        self.records = max(self.records, number + 1)
        names = list(admitted)
        routes = [self._admit(one) for one in names]
        self._numbers.add(columns_of(_COLUMNS, list(zip(*names, strict=True)), (), len(names)), np.array(routes, dtype=np.int64))
        self._reserve()
        self._written[routes] = True


def admit(columns: FieldColumns, checked: Checked, admission: Admission) -> tuple[FieldColumns, Checked, Int64s]:
    """The rows that stand and name no object too many: columns, numbers, and routes; the others are refused."""
    if len(checked.ordered) < len(columns):
        columns = columns.take(checked.ordered)
    routes = admission.routes(columns)
    stand = routes != NONE
    if stand.all():
        return columns, checked, routes
    refused = [Refusal(int(checked.ordered[row]), REASON, _detail(columns, row, admission)) for row in np.flatnonzero(~stand).tolist()]
    return columns.take(np.flatnonzero(stand)), Checked(checked.ordered[stand], [*checked.refused, *refused]), routes[stand]


def _detail(columns: FieldColumns, row: int, admission: Admission) -> str:
    told = ", ".join(f"{name.replace('_', ' ')} {text}" for name in _NAMES if (text := columns.text_at(name, row)))
    return (
        f"{told}: more than the {admission.limit:,} objects, and as many combinations of them, that object_limit lets this topic name in a "
        "partition; raise it, and retry"
    )
