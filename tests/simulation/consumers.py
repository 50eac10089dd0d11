"""What ``transport.restore`` and Faust's consumer thread take for aiokafka's consumer, as far as they touch it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import NodeNotReadyError, NoOffsetForPartitionError, RequestTimedOutError
from aiokafka.structs import OffsetAndMetadata

from tests.simulation.log import Entry
from tests.simulation.wire import Link
from transport.records import Records, SourceRecord, records_of

_ROWS = 40
"""Records of a partition in one answer, at most."""


async def _insist(link: Link, what: str, step: Callable[..., Any], *args: Any, **settings: Any) -> Any:
    while True:
        try:
            return await link.ask(what, step, *args, patience=3.0, **settings)
        except (NodeNotReadyError, RequestTimedOutError):
            await asyncio.sleep(0.1)


def as_columns(entries: Iterable[Entry]) -> Records:
    """What is read of a log, as the product's reader of answers hands it out."""
    return records_of(SourceRecord(one.offset, one.timestamp, one.key, one.value, tuple(one.headers)) for one in entries)


class ChangelogReader:
    """The consumer of a restore: assigned by hand, outside the group."""

    def __init__(self, link: Link, **settings: Any) -> None:
        self._link = link
        self._committed = settings["isolation_level"] == "read_committed"
        self._positions: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        """Connected when first needed."""

    async def stop(self) -> None:
        """Nothing is held."""

    def assign(self, tps: Collection[TopicPartition]) -> None:
        self._positions = dict.fromkeys(tps, 0)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self._positions[tp] = offset

    async def position(self, tp: TopicPartition) -> int:
        return self._positions[tp]

    async def beginning_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(tps, 0)

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        ends: dict[TopicPartition, int] = await _insist(
            self._link, "end offsets", self._link.broker.ends, sorted(tps), committed=self._committed
        )
        return ends

    async def getmany(self, *tps: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        before = {tp: self._positions[tp] for tp in sorted(tps)}
        broker = self._link.broker
        found = await _insist(self._link, f"fetch {tps[0].topic}", broker.fetch, before, _ROWS, committed=self._committed)
        for tp, (_, position, *_) in found.items():
            self._positions[tp] = position
        if all(self._positions[tp] == before[tp] for tp in before):
            await asyncio.sleep(timeout_ms / 1000)
        return {tp: [as_columns(records)] for tp, (records, *_) in found.items() if records}


@dataclass(slots=True)
class Reading:
    """Of one assigned partition, what aiokafka keeps."""

    position: int | None = None
    lso: int | None = None
    highwater: int | None = None
    timestamp: int | None = None

    @property
    def has_valid_position(self) -> bool:
        return self.position is not None


@dataclass(eq=False, slots=True)
class Assignment:
    """Partitions that the group has given this consumer, until it gives it others."""

    states: dict[TopicPartition, Reading] = field(default_factory=dict)

    @property
    def tps(self) -> frozenset[TopicPartition]:
        return frozenset(self.states)

    def state_value(self, tp: TopicPartition) -> Reading:
        return self.states[tp]


class GroupConsumer:
    """The consumer under Faust's thread."""

    _closed = False
    _max_poll_records = None

    def __init__(self, link: Link, patience: Callable[[], float]) -> None:
        self._link = link
        self._patience = patience
        self._paused: set[TopicPartition] = set()
        self._wakeup: asyncio.Future[None] | None = None
        self._stirred = False
        self._isolation_level = "read_uncommitted"
        self._subscription = SimpleNamespace(subscription=SimpleNamespace(assignment=Assignment()))
        self._coordinator = SimpleNamespace(fetch_committed_offsets=self._fetch_committed)
        subscriptions = SimpleNamespace(fetch_context=contextlib.nullcontext)
        self._fetcher = SimpleNamespace(fetched_records=self._fetched, _closed=False, _records={}, _subscriptions=subscriptions)

    @property
    def assigned(self) -> Assignment:
        """What is assigned now."""
        assignment: Assignment = self._subscription.subscription.assignment
        return assignment

    def take(self, tps: Iterable[TopicPartition]) -> None:
        """A new assignment: positions are the group's until somebody seeks."""
        offsets = self._link.broker.group
        self._subscription.subscription.assignment = Assignment({tp: Reading(offsets.get(tp)) for tp in sorted(tps)})
        self._paused.clear()
        self.wake()

    def pause(self, *tps: TopicPartition) -> None:
        self._paused.update(tps)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.assigned.states[tp] = Reading(offset)

    def wake(self) -> None:
        """Let a fetch that waits for records come back."""
        self._stirred = True
        if self._wakeup is not None and not self._wakeup.done():
            self._wakeup.set_result(None)

    async def _fetch_committed(self, tps: Iterable[Any]) -> dict[Any, OffsetAndMetadata]:
        wanted = list(tps)
        names = [TopicPartition(*tp) for tp in wanted]
        found = await _insist(self._link, "group offsets", self._link.broker.group_offsets, names)
        return {tp: OffsetAndMetadata(found.get(name, -1), "") for tp, name in zip(wanted, names, strict=True)}

    async def _fetched(self, active: Iterable[Any], **_: object) -> dict[TopicPartition, list[Any]]:
        self._stirred = False
        assignment = self.assigned
        wanted = [TopicPartition(*tp) for tp in sorted(active) if TopicPartition(*tp) in assignment.states]
        positions = {tp: assignment.states[tp].position for tp in wanted if tp not in self._paused}
        if missing := [tp for tp, position in positions.items() if position is None]:
            raise NoOffsetForPartitionError(missing)
        told = {tp: (state.position, state.lso) for tp, state in assignment.states.items()}
        found = await self._ask(positions)
        records: dict[TopicPartition, list[Any]] = {}
        for tp, (rows, position, lso, end) in found.items():
            state = assignment.states[tp]
            if self.assigned is assignment and state.position == positions[tp] and tp not in self._paused:
                state.position, state.lso, state.highwater = position, lso, end
                state.timestamp = self._link.loop.now_ms()
                if rows:
                    records[tp] = [as_columns(rows)]
        if all(told[tp] == (assignment.states[tp].position, assignment.states[tp].lso) for tp in positions):
            await self._wait(positions)
        return records

    async def _ask(self, positions: Any) -> Any:
        limit = self._link.weather.rows(_ROWS)
        try:
            return await self._link.ask(
                "fetch", self._link.broker.fetch, positions, limit, committed=self._isolation_level == "read_committed", patience=3.0
            )
        except (NodeNotReadyError, RequestTimedOutError):
            await asyncio.sleep(0.2)
            return {}

    async def _wait(self, positions: Iterable[TopicPartition]) -> None:
        """Nothing new: until something is written, or for a while."""
        logs, states = self._link.broker.logs, self.assigned.states
        if any(tp not in states or logs[tp].stable != states[tp].lso for tp in positions):
            await asyncio.sleep(0.01)
        elif not self._stirred:
            await self.idle(positions)

    async def idle(self, positions: Iterable[TopicPartition] = ()) -> None:
        """Until something is written, somebody wakes it, or patience ends."""
        self._wakeup = self._link.loop.create_future()
        for tp in positions:
            self._link.broker.logs[tp].wait(self._wakeup)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wakeup, self._patience())
