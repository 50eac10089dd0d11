"""What a chunk credits to calling lists, for the agent of lists: one delta for each list (domain 1.3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.arrays import Int64s, longer
from engine.credited import Credits
from engine.credits import CAMPAIGN_CALLING_LIST
from engine.directory import NONE, Directory, OwnerName
from engine.effects import GaugeReading, Inputs
from kernels.deltas import Deltas, Groups, Readings, Rows, numbers_of
from kernels.deltas import Inputs as InputColumns
from kernels.growing import GrowingTexts
from kernels.numbering import distinct, grouped, numbered
from kernels.texts import texts_of


class ListDeltas:
    """Makes the deltas of one partition.

    Args:
        directory: the campaigns and their lists.
        with_places: whether a statistic of lists asks for the order of events.
        told_apart: whether one asks for what tells events apart (``engine.dimensions``).
    """

    def __init__(self, directory: Directory, *, with_places: bool, told_apart: bool) -> None:
        self._directory = directory
        self._with_places = with_places
        self._told_apart = told_apart
        self._numbers: dict[OwnerName, int] = {}
        self._tenants, self._names = GrowingTexts(), GrowingTexts()
        self._of_object: Int64s = np.full(64, NONE, dtype=np.int64)
        """Number of the list of each campaign's list that was credited."""

    def of(self, credited: Credits, gauges: Sequence[tuple[int, GaugeReading]], inputs: Inputs) -> Deltas:
        """The deltas of a chunk, in the order in which it first names their lists.

        Args:
            credited: all that the chunk credits.
            gauges: (route, reading) of what lists must hear of.
            inputs: the offsets applied so far.
        """
        of_row = self._lists_of(self._directory.route_objects[credited.route, CAMPAIGN_CALLING_LIST])
        order = np.argsort(credited.place, kind="stable")
        of_readings = np.array([route for route, _ in gauges], dtype=np.int64)
        of_gauge = self._lists_of(self._directory.route_objects[of_readings, CAMPAIGN_CALLING_LIST])
        named = np.concatenate([of_row[order], of_gauge])
        first, number = numbered(named[named != NONE])
        lists, delta_of = named[named != NONE][first], np.full(len(named), NONE, dtype=np.int64)
        delta_of[named != NONE] = number
        of_credit = np.empty_like(of_row)
        of_credit[order] = delta_of[: len(order)]
        rows, ends = grouped(of_credit, len(lists), order)
        chosen, ends_of_rows = credited.chosen(rows), np.array(ends, dtype=np.int64)
        groups, group = self._groups(chosen, ends_of_rows)
        nothing = rows[:0]
        return Deltas(
            self._tenants.texts().take(lists),
            self._names.texts().take(lists),
            Rows(
                ends_of_rows,
                chosen.at,
                chosen.code,
                chosen.count,
                chosen.place if self._with_places else nothing,
                chosen.trait if self._told_apart else nothing,
                group,
            ),
            _inputs(inputs, len(lists)),
            _readings([reading for _, reading in gauges], delta_of[len(order) :], len(lists)),
            groups,
        )

    def _lists_of(self, objects: Int64s) -> Int64s:
        """The list of each campaign's list, ``NONE`` of none."""
        self._of_object = longer(self._of_object, len(self._directory.objects), NONE)
        named = objects[objects != NONE]
        for number in distinct(named[self._of_object[named] == NONE]).tolist():
            self._of_object[number] = self._number(number)
        return np.where(objects == NONE, NONE, self._of_object[objects])

    def _number(self, of: int) -> int:
        found = self._directory.objects[of]
        number = self._numbers.setdefault((found.tenant, found.name), len(self._names))
        if number == len(self._names):
            self._tenants.append(found.tenant.encode())
            self._names.append(found.name.encode())
        return number

    def _groups(self, chosen: Credits, ends: Int64s) -> tuple[Groups, Int64s]:
        """The groups that the causes of each delta name, and which of them each row does; nothing where nobody asks."""
        if not self._told_apart:
            return Groups(np.zeros_like(ends), texts_of([])), chosen.route[:0]
        delta, routes = numbers_of(ends), len(self._directory.routes)
        keys, number = np.unique(delta * routes + chosen.route, return_inverse=True)
        group_ends = np.searchsorted(keys, np.arange(len(ends)) * routes)
        names = texts_of(self._directory.routes[route].group for route in (keys % routes).tolist())
        return Groups(group_ends, names), number - group_ends[delta]


def _inputs(inputs: Inputs, size: int) -> InputColumns:
    """The same inputs for each of so many."""
    topics = texts_of([topic for topic, _, _ in inputs]).take(np.tile(np.arange(len(inputs)), size))
    partitions, offsets = (np.tile(np.array([one[place] for one in inputs], dtype=np.int64), size) for place in (1, 2))
    return InputColumns(np.arange(size + 1) * len(inputs), topics, partitions, offsets)


def _readings(readings: Sequence[GaugeReading], delta_of: Int64s, size: int) -> Readings:
    order = np.argsort(delta_of, kind="stable").tolist()
    chosen = [readings[place] for place in order]
    return Readings(
        np.searchsorted(delta_of[order], np.arange(size + 1)),
        texts_of([reading.campaign for reading in chosen]),
        texts_of([reading.group for reading in chosen]),
        np.array([reading.occurred_at for reading in chosen], dtype=np.int64),
        np.array([reading.records for reading in chosen], dtype=np.int64),
    )
