"""Reading changelogs: committed records only, to the last stable offset, judged by position (rule 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from kernels.distinct import last_of_each
from kernels.texts import ABSENT
from transport import patience
from transport.config import TransportConfig
from transport.fetched import hand_out_columns
from transport.lifecycle import FatalError
from transport.logins import aiokafka_settings
from transport.records import Records
from transport.sink import POSITION_KEY

Aiokafka = Any
"""aiokafka is not typed."""

_PUT_BACK: Final = "put the changelog topic back from a copy, or begin anew under another `app`"


@dataclass(slots=True)
class Restored:
    """One changelog partition as read: last value of each key, positions of the sources once all is read, records read."""

    records: dict[bytes, bytes] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def add(self, records: Records) -> None:
        """The next records. What one of them supersedes in the same run is never looked at.

        Raises:
            FatalError: one has no key.
        """
        self.count += len(records)
        if (records.keys.size == ABSENT).any():
            raise FatalError(f"state is damaged: a changelog has records without a key; {_PUT_BACK}")
        kept, keys, values = self.records, records.keys, records.values
        for row in last_of_each(keys).tolist():
            key, value = keys.raw(row) or b"", values.raw(row)
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = value

    def settle(self) -> None:
        """All is read: positions are told from the state.

        Raises:
            FatalError: the record of the positions is damaged.
        """
        self.positions = _positions(self.records.pop(POSITION_KEY, b"{}"))


def _positions(value: bytes) -> dict[str, int]:
    try:
        positions = orjson.loads(value)
    except ValueError:
        positions = None
    if not isinstance(positions, dict) or not all(type(offset) is int and offset >= 0 for offset in positions.values()):
        raise FatalError(
            f"state is damaged: the position record of a changelog is {value!r:.200}, expected topics with their next offsets; {_PUT_BACK}"
        )
    return positions


async def restore(
    config: TransportConfig,
    changelog: str,
    partitions: Iterable[int],
    sources: Iterable[str],
    committed: Mapping[Aiokafka, int],
    progress: Callable[[str, int], None],
) -> dict[int, Restored]:
    """Read the changelog partitions, and check that the positions in them can be gone on from.

    Args:
        config: brokers.
        changelog: the topic that holds state and positions.
        partitions: of it and of the sources.
        sources: topics whose positions it holds.
        committed: offsets that the group has committed, of those that have any.
        progress: told of the records read, as they come.

    Raises:
        FatalError: the state or the input it needs is lost.
    """
    wanted = sorted(partitions)
    hand_out_columns()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=config.servers,
        **aiokafka_settings(config.security),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=4 << 20,
        fetch_max_wait_ms=100,
    )
    try:
        await patience.start(consumer, config.stall_limit)
        found = {partition: Restored() for partition in wanted}
        await _read(consumer, [TopicPartition(changelog, partition) for partition in wanted], found, progress)
        for restored in found.values():
            restored.settle()
        inputs = [TopicPartition(topic, partition) for topic in sources for partition in wanted]
        begins, ends = await consumer.beginning_offsets(inputs), await consumer.end_offsets(inputs)
        for tp in inputs:
            restored = found[tp.partition]
            restored.positions[tp.topic] = _checked(
                tp, restored.positions.get(tp.topic), committed.get(tp), begins[tp], ends[tp], changelog
            )
        return found
    finally:
        await consumer.stop()


async def _read(consumer: Aiokafka, partitions: list[Aiokafka], found: dict[int, Restored], progress: Callable[[str, int], None]) -> None:
    consumer.assign(partitions)
    begins, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    for tp in partitions:
        consumer.seek(tp, begins[tp])
    left = {tp for tp in partitions if begins[tp] < ends[tp]}
    while left:
        for tp, runs in (await consumer.getmany(*left, timeout_ms=200)).items():
            for records in runs:
                found[tp.partition].add(records)
                progress(tp.topic, len(records))
        for tp in list(left):
            if await consumer.position(tp) >= ends[tp]:  # the last record may be a control record, which is not returned
                left.discard(tp)


def _checked(tp: Aiokafka, position: int | None, committed: int | None, begin: int, end: int, changelog: str) -> int:
    """The position to go on from, unless something is lost (rule 24)."""
    if position is None and committed:
        raise FatalError(
            f"state lost: the group has read {tp.topic}-{tp.partition} to {committed}, but {changelog} holds no position; "
            "restore the changelog, or reset the group to begin anew"
        )
    if position is None:
        return begin
    if not begin <= position <= end:
        raise FatalError(
            f"input lost: {tp.topic}-{tp.partition} is to be read from {position} "
            f"but holds {begin} to {end}: its retention is shorter than "
            "the worker was away, or the topic was made anew"
        )
    if committed is not None and committed > position:
        raise FatalError(
            f"state lost: the group has read {tp.topic}-{tp.partition} to {committed}, beyond the position {position} in {changelog}"
        )
    return position
