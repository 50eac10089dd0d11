"""Call results, applied in columns: too late, duplicates, what is credited, actions (domain 4.2-4.5, 6.6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import NEVER, Clocks, Int64s, running_max_before
from engine.chains import Chains
from engine.credited import Credits
from engine.credits import CALL, CAMPAIGN_CALLING_LIST, CODES, EVENT_ONLY, LEAD
from engine.directory import Directory
from engine.effects import ABSENT, ActionBatch
from engine.places import Places
from engine.rows import ResultRows


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
    valid = np.flatnonzero(rows.valid)
    at = rows.occurred_at[valid]
    owner = directory.route_owner[rows.route[valid]]
    before = running_max_before(owner, at, clock.data)
    in_time = before - at <= lateness
    np.maximum.at(clock.data, owner, at)
    applied = valid[in_time]
    route, lead = rows.route[applied], rows.lead[applied]
    duplicate = _duplicates(rows, applied, before[in_time], chains, clock, directory)
    code = np.where(duplicate, EVENT_ONLY, rows.call_result[applied] + np.where(lead, LEAD, CALL))
    ones = np.ones(len(route), dtype=np.int64)
    credited = Credits(route, code, rows.occurred_at[applied], ones, order[applied], rows.trait[applied])
    return AppliedResults(applied, credited, valid[~in_time], (before - at)[~in_time], int(duplicate.sum()), clock_before)


class ResultClock:
    """Campaigns' clocks in ``call-results`` as they stood at places of the merged order within one chunk (domain 2.6)."""

    def __init__(self, directory: Directory, rows: ResultRows, applied: AppliedResults, order: Int64s) -> None:
        self._owner = directory.route_owner[applied.credits.route]
        self._at = rows.occurred_at[applied.applied]
        self._order = order[applied.applied]
        self._before = applied.clock_before

    def at(self, owner: int, place: int) -> int:
        """The clock of a campaign when the row at ``place`` is about to be applied."""
        passed = self._at[(self._owner == owner) & (self._order < place)]
        before = int(self._before[owner]) if owner < len(self._before) else NEVER
        return int(passed.max(initial=before))


def _duplicates(
    rows: ResultRows, applied: Int64s, clock_before: Int64s, chains: Chains, clock: Clocks, directory: Directory
) -> NDArray[np.bool_]:
    lists = directory.route_objects[rows.route[applied], CAMPAIGN_CALLING_LIST].tolist()
    chain_ids = [chain_id or "" for chain_id in rows.chain_id.take(applied).to_list()]
    events = zip(
        zip(lists, chain_ids, strict=True),
        rows.occurred_at[applied].tolist(),
        rows.lead[applied].tolist(),
        clock_before.tolist(),
        strict=True,
    )

    def clock_of(number: int) -> int:
        return clock.get(int(directory.object_owner[number]))

    return np.array(chains.apply(events, clock_of), dtype=bool)


def result_actions(rows: ResultRows, result: AppliedResults, places: Places) -> ActionBatch:
    """The actions of the applied rows, in their order; ``cause`` is the number of the row (domain 4.1-4.3)."""
    keyed = result.credits.route * CODES + result.credits.code
    keys, of_key = np.unique(keyed, return_inverse=True)
    known = np.full((len(keys), 2), ABSENT, dtype=np.int64)
    for number, key in enumerate(keys.tolist()):
        instants = places.instants(*divmod(key, CODES))
        known[number, : len(instants)] = instants
    both = known[of_key]
    row, ordinal = np.nonzero(both != ABSENT)
    cause = result.applied[row]
    absent = np.full(len(row), ABSENT, dtype=np.int64)
    return ActionBatch(
        places=places.places,
        event_ids=rows.event_id,
        cause=cause,
        ordinal=ordinal,
        place=both[row, ordinal],
        occurred_at=result.credits.at[row],
        begun_at=absent,
        duration_ms=absent,
        count=np.ones(len(row), dtype=np.int64),
        call_result=rows.call_result[cause],
    )
