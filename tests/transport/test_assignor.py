"""Groups of many workers: what they tell each other fits into what a broker keeps of a group, and who stays keeps what it has."""

from __future__ import annotations

from benchmarks.model import GROUP_RECORD_LIMIT, Group


def test_a_hundred_workers_with_a_thousand_partitions_fit_into_the_record_of_their_group() -> None:
    group = Group(100, 1_000)
    group.rebalance()
    assert group.rebalance().group_bytes < GROUP_RECORD_LIMIT / 4


def test_when_a_worker_leaves_its_partitions_move_and_no_others() -> None:
    group = Group(100, 1_000)
    group.rebalance()
    assert group.rebalance().moved == 0
    assert group.rebalance(without=1).moved == 10
