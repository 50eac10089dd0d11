"""Faults in what an agent keeps and judges; see ``planted``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import orjson

from agents.campaigns import CampaignsJob
from agents.letters import STATE_KEY
from agents.lists import ListsJob
from engine import campaigns, changelog, pages
from engine.arrays import Clocks
from engine.cells import NOT_PUBLISHED, Loaded
from engine.directory import Directory
from engine.ledger import Ledger
from engine.list_deltas import ListDeltas
from engine.results import AppliedResults, apply_results
from engine.rows import ResultRows
from kernels.deltas import Deltas, join_deltas, no_deltas
from tests.simulation.loop import VirtualTime

Fault = AbstractContextManager[Any]


@contextlib.contextmanager
def not_restored(kind: str) -> Iterator[None]:
    """Records of one kind are passed over when state is restored."""

    def without(job: type[Any]) -> Any:
        whole = job.restore

        def restore(one: Any, partition: int, records: Mapping[bytes, bytes]) -> Any:
            kept = {key: value for key, value in records.items() if key == STATE_KEY or orjson.loads(key)[0] != kind}
            return whole(one, partition, kept)

        return patch.object(job, "restore", restore)

    with without(CampaignsJob), without(ListsJob):
        yield


def revisions_forgotten() -> Fault:
    def read_page(value: bytes) -> Loaded:
        rows = pages.read_page(value)
        return rows._replace(revision=np.full_like(rows.revision, NOT_PUBLISHED))

    return patch.object(changelog, "read_page", read_page)


def clocks_forgotten() -> Fault:
    whole = Ledger.restore_clocks

    def restore_clocks(ledger: Ledger, clocks: Sequence[Clocks]) -> None:
        if len(clocks) == 1:  # a calling list has one, a campaign one for each topic and one more for the order of each
            whole(ledger, clocks)

    return patch.object(Ledger, "restore_clocks", restore_clocks)


def wall_clock() -> Fault:
    def apply(rows: ResultRows, order: Any, clock: Clocks, lateness: int, chains: Any, directory: Directory) -> AppliedResults:
        before = clock.data.copy()
        np.maximum(clock.data, VirtualTime.time_ns() // 1_000_000, out=clock.data)
        applied = apply_results(rows, order, clock, lateness, chains, directory)
        clock.data[:] = before
        np.maximum.at(clock.data, directory.route_owner[rows.route[rows.valid]], rows.occurred_at[rows.valid])
        return replace(applied, clock_before=before)

    return patch.object(campaigns, "apply_results", apply)


def deltas_in_two() -> Fault:
    whole = ListDeltas.of

    def of(made: ListDeltas, *args: Any) -> Deltas:
        deltas = whole(made, *args)
        parts = [part for number in range(len(deltas)) for part in _halves(deltas.part(number, number + 1))]
        return join_deltas(parts) if parts else deltas

    return patch.object(ListDeltas, "of", of)


def _halves(delta: Deltas) -> Iterator[Deltas]:
    """The first row of a delta, with its readings, and the others, if there are any."""
    size, nothing = len(delta.rows.occurred_at), replace(no_deltas().readings, ends=np.zeros(2, dtype=np.int64))
    names = ("occurred_at", "credit", "count", "place", "trait", "group")
    for rows in (slice(0, 1), slice(1, None))[: max(1, min(size, 2))]:
        columns = {name: getattr(delta.rows, name)[rows] for name in names}
        cut = replace(delta.rows, ends=np.array([0, len(columns["count"])]), **columns)
        yield replace(delta, rows=cut, readings=delta.readings if rows.start == 0 else nothing)
