"""Which record a worker can't handle, found out once it has failed: the operator may have that one set aside.

Nothing here is written. A state that failed in the middle of a chunk is given up; a fresh one, restored from what is committed, takes
the records of the chunk one by one until it fails too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import numpy as np

from transport.config import TransportConfig
from transport.job import Chunk, Job, NotYet, Piece, Taken
from transport.lifecycle import FatalError
from transport.records import Records
from transport.restore import Restored, restore

S = TypeVar("S")

_LIMIT: Final = 20.0
"""Seconds that the search may take: the worker should end, and is only kept from it by this."""
_AGAIN: Final = 0.1


def advice(topic: str, partition: int, offset: int) -> str:
    """What an operator can do about the record."""
    place = f"{topic}:{partition}:{offset}"
    return f"the record that can't be handled is {place}; to go on without it, have it made a dead letter: --set-aside {place}"


def first_failing(count: int, read: Callable[[int], object]) -> int | None:
    """The number of the first record that can't be read, even though those before it can; None if all can be after all.

    Args:
        count: how many there are.
        read: reads the first so many of them.
    """
    if _works(count, read):
        return None
    low, high = 0, count  # the first `low` can be read, the first `high` can't
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _works(middle, read) else (low, middle)
    return high - 1


def _works(count: int, read: Callable[[int], object]) -> bool:
    try:
        read(count)
    except NotYet:
        return True
    except BaseException:  # noqa: BLE001 (whatever it is, it is told of)
        return False
    return True


class Search(Exception):  # noqa: N818 (how a search ends, not an error)
    """It has come to nothing; the message says why."""


async def find_culprit(
    config: TransportConfig, job: Job[S], changelog: str, partition: int, chunk: Chunk, positions: Mapping[str, int]
) -> str:
    """What is to be told of a chunk that could not be applied.

    Args:
        config: brokers.
        job: whose chunk it is.
        changelog: where its state is.
        partition: of its topics.
        chunk: the one that failed.
        positions: those before the chunk.
    """
    if not chunk.taken:
        return "there was no record: the clock had moved on"
    try:
        async with asyncio.timeout(_LIMIT):
            restored = await _restored(config, job, changelog, partition, positions)
            found = await _one_by_one(job, job.restore(partition, restored.records), chunk)
    except (Search, TimeoutError, FatalError) as ended:
        return f"which record it is could not be found out: {ended or 'it took too long'}"
    except Exception as error:  # noqa: BLE001 (what failed first is what the operator must read)
        return f"which record it is could not be found out: {error!r}"
    if found is None:
        return "its records can be applied one by one: a worker with --chunk 1 gets past them"
    return advice(found[0], partition, int(found[1].offset[0]))


async def _restored(config: TransportConfig, job: Job[Any], changelog: str, partition: int, positions: Mapping[str, int]) -> Restored:
    """The committed state; what was committed last is there a moment later."""
    while True:
        restored = (await restore(config, changelog, [partition], job.topics, {}, lambda *_: None))[partition]
        if restored.positions == positions:
            return restored
        if any(restored.positions[topic] > position for topic, position in positions.items()):
            raise Search("another worker has gone on with the partition")
        await asyncio.sleep(_AGAIN)


async def _one_by_one(job: Job[S], state: S, chunk: Chunk) -> tuple[str, Records] | None:
    for topic, record in in_order(chunk):
        try:
            _apply(job, state, topic, record, chunk.now_ms)
        except (FatalError, NotYet):
            raise
        except BaseException:  # noqa: BLE001 (whatever it is, it is told of)
            return topic, record
        await asyncio.sleep(0)  # the worker's other partitions go on
    return None


def _apply(job: Job[S], state: S, topic: str, record: Records, now_ms: int) -> None:
    batch = job.decode(state, topic, record, now_ms)
    taken = Taken(topic, (Piece(batch, 0, 1),), np.zeros(1, dtype=np.int64), int(record.offset[0]) + 1)
    job.apply(state, Chunk((taken,), now_ms, drained=False))


def in_order(chunk: Chunk) -> list[tuple[str, Records]]:
    """The records of a chunk, one by one, with their topics, in the order in which they are applied."""
    found: list[tuple[int, str, Records]] = []
    for taken in chunk.taken:
        records = [piece.batch.records[row : row + 1] for piece in taken.pieces for row in range(piece.low, piece.high)]
        found.extend(zip(taken.order.tolist(), [taken.topic] * len(records), records, strict=True))
    return [(topic, record) for _, topic, record in sorted(found, key=lambda row: row[0])]
