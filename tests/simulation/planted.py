"""Faults put into the product on purpose, one at a time: a simulation that does not find them proves nothing.

Each stands in the code of ``transport``, of an agent or of the engine, and is one that somebody might write. The seed of each is one
that finds it; ``python -m tests.simulation --fault NAME --seeds 1000`` looks for another.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, NamedTuple

from tests.simulation import planted_in_state as in_state
from tests.simulation import planted_in_transport as in_transport


class Planted(NamedTuple):
    """A fault: what the product does wrong with it, a seed that finds it, and how it is put in."""

    what: str
    seed: int
    put: Callable[[], AbstractContextManager[Any]]


PLANTED = {
    "changelog-apart": Planted("the changelog is written outside of the transaction, before it", 2, in_transport.changelog_apart),
    "outputs-first": Planted(
        "outputs are committed in a transaction of their own, before changelog and position", 8, in_transport.outputs_first
    ),
    "position-first": Planted(
        "changelog and position are committed in a transaction of their own, before the outputs", 0, in_transport.position_first
    ),
    "deltas-apart": Planted("list deltas are written outside of the transaction, before it", 8, in_transport.deltas_apart),
    "failed-batch-ignored": Planted("a transaction is committed though a batch of it was refused", 18, in_transport.failed_batch_ignored),
    "failed-chunk-passed-over": Planted(
        "a chunk that can't be written is given up, and the next one taken", 18, in_transport.failed_chunk_passed_over
    ),
    "written-again": Planted("a chunk is written once more when its commit is not answered within a second", 1, in_transport.written_again),
    "nobody-fenced": Planted(
        "every start takes a transactional id of its own, so the former owner is not fenced", 0, in_transport.nobody_fenced
    ),
    "restored-before-fence": Planted("the changelog is read before the former owner is fenced", 17, in_transport.restored_before_fence),
    "restored-too-little": Planted("a restore takes the first answer for all there is", 2, in_transport.restored_too_little),
    "restored-uncommitted": Planted("a restore reads what was aborted too", 2, in_transport.restored_uncommitted),
    "input-uncommitted": Planted("input is read that was aborted", 3, in_transport.input_uncommitted),
    "position-left-out": Planted("the position record is not written", 1, in_transport.position_left_out),
    "position-of-group": Planted("reading goes on from the offsets of the group, where it has some", 26, in_transport.position_of_group),
    "memory-kept": Planted("a partition that comes back is gone on with from memory", 2, in_transport.memory_kept),
    "arrival-order": Planted("a chunk's rows are applied topic by topic", 3, in_transport.arrival_order),
    "clock-not-looked-at": Planted(
        "a worker that waits for an instant does not notice that its clock is set", 47, in_transport.clock_not_looked_at
    ),
    "chains-forgotten": Planted(
        "chains are not restored, so a lead that comes twice may count twice", 2, partial(in_state.not_restored, "chains")
    ),
    "statuses-forgotten": Planted("the statuses of groups are not restored", 0, partial(in_state.not_restored, "group")),
    "gauges-forgotten": Planted("numbers of records scheduled are not restored", 6, partial(in_state.not_restored, "gauge")),
    "clocks-forgotten": Planted("clocks of campaigns are not restored", 4, in_state.clocks_forgotten),
    "selections-forgotten": Planted("the last actions of an object are not restored", 9, partial(in_state.not_restored, "selected")),
    "revisions-forgotten": Planted("how often a final report was published is not restored", 20, in_state.revisions_forgotten),
    "wall-clock": Planted("what is too late is judged by the worker's clock", 6, in_state.wall_clock),
    "deltas-in-two": Planted("what a chunk adds to a list is written as two records", 2, in_state.deltas_in_two),
}
