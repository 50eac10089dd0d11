"""A simulated broker: partitioned logs, a transaction coordinator that fences, group offsets. Every call is one atomic step of it.

What it does is what Kafka 3.9 was seen to do: the commit is decided before its markers are written, so the next transaction is refused
for a moment and group offsets lag behind; a new producer of the same transactional id settles what the former one left open before it
is let in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import ConcurrentTransactions, InvalidTxnState, NodeNotReadyError, ProducerFenced

from tests.simulation.log import Entry, Fate, Log, Txn
from tests.simulation.loop import VirtualLoop

Seat = tuple[int, int]
"""Producer id and epoch."""

_TOMBSTONE_GRACE = 3_600.0


class Producer:
    """What the coordinator knows of a transactional id, or the broker of an idempotent producer."""

    def __init__(self, pid: int, timeout: float) -> None:
        self.pid = pid
        self.epoch = -1
        self.timeout = timeout
        self.txn: Txn | None = None
        self.fate: Fate | None = None
        self.sequences: dict[TopicPartition, int] = {}

    @property
    def settling(self) -> bool:
        """Whether a transaction is decided whose markers are not all written."""
        return self.txn is not None and self.txn.fate is not Fate.OPEN


class Broker:
    """See the module. ``marker_delay``: seconds at most until a marker is written."""

    def __init__(self, loop: VirtualLoop, random: Random, topics: Mapping[str, int], compacted: Iterable[str], marker_delay: float) -> None:
        self._loop = loop
        self._random = random
        self._marker_delay = marker_delay
        self.up = True
        self.partitions = dict(topics)
        self.logs = {TopicPartition(topic, number): Log(topic, number) for topic, count in topics.items() for number in range(count)}
        self._compacted = [log for tp, log in self.logs.items() if tp.topic in set(compacted)]
        self._producers: dict[int, Producer] = {}
        self._ids: dict[str, int] = {}
        self.group: dict[TopicPartition, int] = {}
        self._held: list[tuple[Txn, Log | None]] = []

    # Producers ---------------------------------------------------------------------------------------------------------------

    def init_producer(self, transactional_id: str | None, timeout: float) -> Seat:
        """A producer's id and epoch; former owners of the transactional id are fenced from here on."""
        pid = self._ids.get(transactional_id or "")
        if pid is None:
            pid = len(self._producers) + 1
            self._producers[pid] = Producer(pid, timeout)
            if transactional_id:
                self._ids[transactional_id] = pid
        producer = self._producers[pid]
        if producer.txn is not None:
            if not producer.settling:
                producer.epoch += 1
                self._settle(producer, Fate.ABORTED)
            raise ConcurrentTransactions
        producer.epoch += 1
        producer.sequences.clear()
        producer.fate = None
        return pid, producer.epoch

    def _producer(self, seat: Seat) -> Producer:
        producer = self._producers[seat[0]]
        if producer.epoch != seat[1]:
            raise ProducerFenced
        return producer

    def _open_txn(self, producer: Producer) -> Txn:
        if producer.settling:
            raise ConcurrentTransactions
        if producer.txn is None:
            producer.txn = Txn(producer.pid, producer.epoch, self._loop.time())
            self._loop.later(producer.timeout, self._expire, producer, producer.txn)
        return producer.txn

    def _expire(self, producer: Producer, txn: Txn) -> None:
        if producer.txn is txn and txn.fate is Fate.OPEN:
            producer.epoch += 1
            self._settle(producer, Fate.ABORTED)

    def produce(self, seat: Seat, tp: TopicPartition, records: Sequence[tuple[Any, ...]], sequence: int, *, transactional: bool) -> None:
        """Append a batch, unless its sequence number says that it was appended before."""
        producer = self._producer(seat)
        if producer.sequences.get(tp, -1) >= sequence:
            return
        txn = self._open_txn(producer) if transactional else None
        producer.sequences[tp] = sequence
        self.logs[tp].append(records, txn, self._loop.now_ms())

    def add_offsets(self, seat: Seat, offsets: Mapping[TopicPartition, int]) -> None:
        """Group offsets that the open transaction commits."""
        self._open_txn(self._producer(seat)).offsets.update(offsets)

    def end_transaction(self, seat: Seat, fate: Fate) -> None:
        """Decide a transaction; asked again, it answers the same."""
        producer = self._producer(seat)
        txn = producer.txn
        if txn is None or txn.fate is not Fate.OPEN:
            if (producer.fate if txn is None else txn.fate) is not fate:
                raise InvalidTxnState
            return
        self._settle(producer, fate)

    def _settle(self, producer: Producer, fate: Fate) -> None:
        txn = producer.txn
        assert txn is not None
        txn.fate = fate
        parts: list[Log | None] = [*txn.logs, *([None] if txn.offsets and fate is Fate.COMMITTED else [])]
        txn.left = len(parts)
        for part in parts:
            self._loop.later(self._random.uniform(0, self._marker_delay), self._mark, txn, part)
        if not parts:
            producer.txn, producer.fate = None, fate

    def _mark(self, txn: Txn, part: Log | None) -> None:
        if not self.up:
            self._held.append((txn, part))
            return
        if part is None:
            self.group.update(txn.offsets)
        else:
            part.mark(txn, self._loop.now_ms())
        txn.left -= 1
        if not txn.left:
            producer = self._producers[txn.pid]
            producer.txn, producer.fate = None, txn.fate

    # Readers -----------------------------------------------------------------------------------------------------------------

    def fetch(self, positions: Mapping[TopicPartition, int], limit: int, *, committed: bool) -> dict[TopicPartition, tuple[Any, ...]]:
        """Of each partition: records, the position behind them, the last stable offset, the end."""
        found: dict[TopicPartition, tuple[list[Entry], int, int, int]] = {}
        for tp, position in positions.items():
            log = self.logs[tp]
            found[tp] = (*log.read(position, limit, committed=committed), log.stable if committed else log.end, log.end)
        return found

    def ends(self, tps: Iterable[TopicPartition], *, committed: bool) -> dict[TopicPartition, int]:
        """Where the partitions end for a reader."""
        return {tp: self.logs[tp].stable if committed else self.logs[tp].end for tp in tps}

    def group_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """What the group has committed, of those that it has."""
        return {tp: self.group[tp] for tp in tps if tp in self.group}

    # The world ---------------------------------------------------------------------------------------------------------------

    def check_up(self) -> None:
        """Refuse a request while the broker is down."""
        if not self.up:
            raise NodeNotReadyError

    def stop(self) -> None:
        """Down; what is written stays."""
        self.up = False

    def start(self, *, forget: bool) -> None:
        """Up again, group offsets perhaps forgotten or old."""
        self.up = True
        if forget:
            for tp in sorted(self.group):
                if self._random.random() < 0.6:
                    del self.group[tp]
                elif self._random.random() < 0.5:
                    self.group[tp] = self._random.randint(0, self.group[tp])
        held, self._held = self._held, []
        for txn, part in held:
            self._mark(txn, part)

    def compact(self) -> int:
        """Compact one changelog partition; returns the records removed."""
        return self._random.choice(self._compacted).compact(self._random, self._loop.time(), _TOMBSTONE_GRACE)
