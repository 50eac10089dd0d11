"""Call results, applied in columns: too late, duplicates, what is credited, actions (domain 4.2-4.5, 6.6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.arrays import Clocks, Int64s
from engine.chains import Bools, ChainColumns, Chains, Owners
from engine.credited import Credits
from engine.credits import CALL, CAMPAIGN_CALLING_LIST, EVENT_ONLY, LEAD
from engine.directory import Directory
from engine.effects import ABSENT, ActionBatch
from engine.places import KINDS, KINDS_OF_CODE, Places
from engine.rows import ResultRows
from kernels.numbering import spread
from kernels.running import raise_until, within


@dataclass(frozen=True, slots=True)
class AppliedResults:
    """What call results came to: the numbers of the rows ``applied``, one credit for each, and those too ``late``."""

    applied: Int64s
    credits: Credits
    late: Int64s
    late_by: Int64s
    duplicates: int
    clock_before: Int64s
    """Each campaign's clock in ``call-results`` before the rows."""


def apply_results(rows: ResultRows, order: Int64s, clock: Clocks, lateness: int, chains: Chains, directory: Directory) -> AppliedResults:
    """Apply rows in the order of their partition, and move their campaigns' clocks.

    Args:
        rows: n rows; those with an invalid result are passed over.
        order: place of each in the merged order.
        clock: each campaign's clock in ``call-results`` (domain 2.6).
        lateness: allowed lateness, ms (6.6).
        chains: the chains that are remembered.
        directory: knows campaigns and lists by route.
    """
    clock_before = clock.data.copy()
    owner = directory.route_owner[rows.route]
    before, chosen, others = (np.empty(len(owner), dtype=np.int64) for _ in range(3))
    count = within(owner, rows.occurred_at, rows.valid, clock.data, lateness, before, chosen, others)
    applied, late = chosen[:count], others[: int(np.count_nonzero(rows.valid)) - count]
    duplicate = _duplicates(rows, applied, before, chains, clock, directory)
    lead = rows.lead[applied]
    code = np.where(duplicate, EVENT_ONLY, rows.call_result[applied] + np.where(lead, LEAD, CALL))
    ones = np.ones(count, dtype=np.int64)
    credited = Credits(rows.route[applied], code, rows.occurred_at[applied], ones, order[applied], rows.trait[applied])
    return AppliedResults(applied, credited, late, before[late] - rows.occurred_at[late], int(duplicate.sum()), clock_before)


class ResultClock:
    """Campaigns' clocks in ``call-results`` as they stood at places of the merged order within one chunk (domain 2.6)."""

    def __init__(self, directory: Directory, applied: AppliedResults) -> None:
        self._owner = directory.route_owner[applied.credits.route]
        self._at = applied.credits.at
        self._order = applied.credits.place
        self._clock = applied.clock_before
        self._passed = 0

    def at(self, owner: int, place: int) -> int:
        """The clock of a campaign when the row at ``place`` is about to be applied; no place is asked for after a later one."""
        self._passed = raise_until(self._owner, self._at, self._order, self._clock, self._passed, place)
        return int(self._clock[owner])


def _duplicates(rows: ResultRows, applied: Int64s, clock_before: Int64s, chains: Chains, clock: Clocks, directory: Directory) -> Bools:
    lists = directory.route_objects[rows.route[applied], CAMPAIGN_CALLING_LIST]
    events = ChainColumns(lists, rows.chain_id.take(applied), rows.occurred_at[applied], rows.lead[applied])
    return chains.apply(events, clock_before[applied], Owners(directory.object_owner, clock.data))


def result_actions(rows: ResultRows, result: AppliedResults, places: Places) -> ActionBatch:
    """The actions of the applied rows, in their order; ``cause`` is the number of the row (domain 4.1-4.3)."""
    out = np.empty((4, 2 * len(result.applied)), dtype=np.int64)
    count = spread(KINDS_OF_CODE, result.credits.code, result.applied, out)
    cause, ordinal, kind, row = out[:, :count]
    absent = np.full(count, ABSENT, dtype=np.int64)
    return ActionBatch(
        kinds=KINDS,
        places=places.places,
        event_ids=rows.event_id,
        cause=cause,
        ordinal=ordinal,
        place=places.of_routes(result.credits.route)[row],
        kind=kind,
        occurred_at=result.credits.at[row],
        begun_at=absent,
        duration_ms=absent,
        count=np.ones(count, dtype=np.int64),
        call_result=rows.call_result[cause],
    )
