"""The order within each transaction: actions of both topics as the merge puts their causes (domain 2.5).

What had arrived when a chunk was taken decides how far it goes in each topic, and nobody foresees that; but its position record tells.
Of the rows up to there the order is certain.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import orjson
from aiokafka import TopicPartition

from tests.simulation.log import Txn
from tests.simulation.recounted import Place
from tests.simulation.traffic import TOPICS
from transport.sink import POSITION_KEY

if TYPE_CHECKING:
    from tests.simulation.world import World

Campaign = tuple[str, str]
Row = tuple[int, int, Campaign, str]
"""Offset, merge key, campaign, event id."""


def out_of_order(world: World, unusable: Collection[Place], actions: Mapping[Txn, list[dict[str, Any]]]) -> Iterator[str]:
    """Transactions whose actions are in another order. ``actions``: those published, by transaction, as they stand in their topic."""
    for partition in range(world.config.partitions):
        rows = {topic: _rows(world, topic, partition, unusable) for topic in TOPICS}
        before: Mapping[str, int] = {}
        for txn, positions in _positions(world, partition):
            chosen = [[row for row in rows[topic] if before.get(topic, 0) <= row[0] < positions[topic]] for topic in TOPICS]
            yield from _misplaced(partition, positions, list(_merged(chosen)), actions.get(txn, []))
            before = positions


def _rows(world: World, topic: str, partition: int, unusable: Collection[Place]) -> list[Row]:
    """What takes part in the order, each row with its key: the running maximum within topic and campaign."""
    reached: dict[Campaign, int] = {}
    rows = []
    for entry in world.broker.logs[TopicPartition(topic, partition)].all_committed():
        place = (topic, partition, entry.offset)
        if place not in unusable:
            fields = world.dialers.sent[place].fields
            assert fields is not None
            campaign = (fields["tenant"], fields["campaign"])
            reached[campaign] = max(fields["occurred_at"], reached.get(campaign, fields["occurred_at"]))
            rows.append((entry.offset, reached[campaign], campaign, fields["event_id"]))
    return rows


def _positions(world: World, partition: int) -> Iterator[tuple[Txn, dict[str, int]]]:
    """Every position record that was ever committed, compacted away or not."""
    for entry in world.broker.logs[TopicPartition(world.config.changelog("campaigns"), partition)].ever_committed():
        if entry.key == POSITION_KEY and entry.value is not None and entry.txn is not None:
            yield entry.txn, orjson.loads(entry.value)


def _merged(queues: list[list[Row]]) -> Iterator[Row]:
    """Head by head, the first topic's at equal keys."""
    first, second = (list(reversed(queue)) for queue in queues)
    while first or second:
        yield first.pop() if first and (not second or first[-1][1] <= second[-1][1]) else second.pop()


def _misplaced(partition: int, positions: Any, merged: list[Row], actions: list[dict[str, Any]]) -> Iterator[str]:
    times = Counter(row[3] for row in merged)
    found: defaultdict[Campaign, list[str]] = defaultdict(list)
    for action in actions:
        if times[action["event_id"]] == 1:  # one that was sent twice may have counted the first time or the second
            found[action["tenant"], action["campaign"]].append(action["event_id"])
    for campaign, event_ids in found.items():
        published = [event_id for event_id, _ in groupby(event_ids)]
        wanted = [row[3] for row in merged if row[2] == campaign and row[3] in set(published)]
        if published != wanted:
            yield f"order in the transaction of {partition} to {positions}: actions of {campaign} by {published}, expected {wanted}"
