"""One agent's way of its chunks: received, put in order, applied, written. One task and one sink a partition."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Generic, TypeVar

import orjson
import structlog
from faust.types import TP

from transport import metrics
from transport.compute import Compute
from transport.config import TransportConfig
from transport.culprit import find_culprit
from transport.driver import ChunkMessage, Consumer
from transport.group_offsets import GroupOffsets
from transport.job import Job, NotYet, Outcome, Taken
from transport.lane import Lane, Undecoded
from transport.lifecycle import FatalError
from transport.restore import Restored, restore
from transport.sink import Sink, sink_for
from transport.step import Received, Stepped, Stepper

S = TypeVar("S")
Faust = Any
"""Faust is not typed."""

_log = structlog.get_logger(__name__)

_DRAIN_LIMIT = 4.0
_TICK_EVERY = 0.05
_LOOK_EVERY = 60.0
"""The clock may be set, or the machine have slept, while nothing comes in: seconds after which it is looked at again."""


class Part(Generic[S]):
    """All that one agent holds of one partition."""

    def __init__(self, number: int, lanes: list[Lane], state: S, sink: Sink, offsets: GroupOffsets) -> None:
        self.number = number
        self.lanes = lanes
        self.state = state
        self.sink = sink
        self.offsets = offsets
        self.positions = {lane.topic: lane.position for lane in lanes}
        """Up to where all is applied and written."""
        self.gauges = [metrics.LaneGauges(lane.topic, lane.partition) for lane in lanes]
        self.task: asyncio.Task[None] | None = None
        self.stopping = False
        self.more = asyncio.Event()


class Pipeline(Generic[S]):
    """Runs a job over the partitions that this worker is assigned.

    Args:
        app: that it is part of.
        config: of the transport.
        job: what to do with each chunk.
        compute: where its chunks are decoded and applied, one after another.
    """

    def __init__(self, app: Faust, config: TransportConfig, job: Job[S], compute: Compute) -> None:
        self.job = job
        self._compute = compute
        self._stepper = Stepper(job, config.chunk, _now_ms)
        self._app = app
        self._config = config
        self._changelog = config.changelog(job.name)
        self._least = config.lingers.get(job.name, config.linger)
        self._parts: dict[int, Part[S]] = {}
        self._sinks: dict[int, Sink] = {}
        self._events = {topic: metrics.EVENTS.labels(topic) for topic in job.topics}
        self._chunks = metrics.CHUNKS.labels(job.name)
        self._transaction_time = metrics.TRANSACTION.labels(job.name)
        self._apply_time = metrics.APPLY.labels(job.name)

    @property
    def _consumer(self) -> Consumer:
        consumer: Consumer = self._app.consumer
        return consumer

    # Taking over -------------------------------------------------------------------------------------------------------------

    async def open(self, assigned: Iterable[Faust]) -> dict[Faust, int]:
        """Fence the former owners, restore, and tell from where to read.

        Raises:
            FatalError: state or input is lost, or the topics of this agent were torn apart (rule 29).
        """
        partitions = self._assigned_partitions(assigned)
        self._sinks = {number: sink_for(self._config, self.job.name, number) for number in partitions}
        await asyncio.gather(*[sink.open() for sink in self._sinks.values()])
        if not partitions:
            return {}
        started = time.monotonic()
        sources = [TP(topic, number) for topic in self.job.topics for number in partitions]
        committed = await self._consumer.committed_offsets(sources) if self._config.guarantee == "exactly_once" else {}
        found = await restore(self._config, self._changelog, partitions, self.job.topics, committed, self._app.dialstat_health.restoring)
        self._parts = {number: self._make_part(number, restored, committed) for number, restored in found.items()}
        self._note_restore(started, found)
        return {TP(lane.topic, lane.partition): lane.position for part in self._parts.values() for lane in part.lanes}

    def _assigned_partitions(self, assigned: Iterable[Faust]) -> list[int]:
        of_topic = {topic: {tp.partition for tp in assigned if tp.topic == topic} for topic in (*self.job.topics, self._changelog)}
        if len({frozenset(numbers) for numbers in of_topic.values()}) > 1:
            raise FatalError(f"the topics of agent {self.job.name} were assigned apart: {of_topic}; all workers must run the same release")
        return sorted(of_topic[self._changelog])

    def _make_part(self, number: int, restored: Restored, committed: Mapping[Faust, int]) -> Part[S]:
        lanes = [Lane(topic, number, restored.positions[topic]) for topic in self.job.topics]
        offsets = GroupOffsets({lane.topic: committed.get(self.tp(lane), lane.position) for lane in lanes})
        return Part(number, lanes, self.job.restore(number, restored.records), self._sinks[number], offsets)

    def _note_restore(self, started: float, found: dict[int, Restored]) -> None:
        seconds, count = time.monotonic() - started, sum(restored.count for restored in found.values())
        metrics.RESTORE.labels(self.job.name).set(seconds)
        metrics.RESTORED.labels(self.job.name).inc(count)
        _log.info("restored", agent=self.job.name, partitions=sorted(found), records=count, seconds=round(seconds, 3))

    def start(self) -> None:
        """Everything is in place: work."""
        for part in self._parts.values():
            part.task = asyncio.ensure_future(self._run(part))

    # Receiving ---------------------------------------------------------------------------------------------------------------

    async def receive(self, message: ChunkMessage) -> None:
        """Queue a fetched run; never waits. A full queue takes its own topic-partition out of the fetches (design 6)."""
        part = self._parts.get(message.partition)
        if message.generation_id != self._app.consumer_generation_id or part is None or part.task is None:
            return  # fetched for an assignment that is over: the take-over seeks back to it
        lane = next(lane for lane in part.lanes if lane.topic == message.topic)
        if message.start != lane.received:
            await self._fail(FatalError(f"records lost on the way: {lane.topic}-{lane.partition} from {lane.received} to {message.start}"))
            return
        lane.received = message.end
        lane.waiting.append(Undecoded(message.value, message.end))
        if lane.held >= 2 * self._config.chunk:
            self._consumer.on_buffer_full(self.tp(lane))
        part.more.set()

    @staticmethod
    def _tell_once(lane: Lane, later: NotYet) -> None:
        if not lane.waiting[0].told:
            lane.waiting[0].told = True
            _log.warning("records wait to be decoded", topic=lane.topic, partition=lane.partition, reason=str(later))

    @staticmethod
    def _unblock(part: Part[S], lane: Lane) -> None:
        lane.blocked = False
        part.more.set()

    def wake(self, partition: int) -> None:
        """See ``Receiver``: what waited for that topic may go on."""
        if partition in self._parts:
            self._parts[partition].more.set()

    @staticmethod
    def tp(lane: Lane) -> Faust:
        """The topic-partition of a lane in Faust's type."""
        return TP(lane.topic, lane.partition)

    @property
    def parts(self) -> Collection[Part[S]]:
        """What is held now."""
        return self._parts.values()

    def fetched_to(self, lane: Lane) -> int | None:
        """The position up to which the consumer has handed out records of a lane."""
        return self._consumer.fetched_to(self.tp(lane))

    def _ended(self, lane: Lane) -> bool:
        """Whether all there is has been received."""
        return self._consumer.read_to_end(self.tp(lane), lane.received)

    # Working -----------------------------------------------------------------------------------------------------------------

    def _receive_all(self, part: Part[S]) -> list[Received]:
        """What there is to decode of each topic, except where it is to be tried again later."""
        return [
            Received(lane, [] if lane.blocked else list(lane.waiting), ended=not lane.blocked and self._ended(lane)) for lane in part.lanes
        ]

    def _note_received(self, part: Part[S], received: list[Received], runs: list[int]) -> None:
        for one, count in zip(received, runs, strict=True):
            lane = one.lane
            if one.later is not None:
                lane.blocked = True
                self._tell_once(lane, one.later)
                asyncio.get_running_loop().call_later(one.later.retry_after, self._unblock, part, lane)
            else:
                for _ in range(count):
                    lane.waiting.popleft()
            if lane.held < 2 * self._config.chunk:
                self._consumer.on_buffer_drop(self.tp(lane))

    async def _step(self, part: Part[S]) -> Stepped:
        received = self._receive_all(part)
        runs = [len(one.runs) for one in received]
        stepped = await self._compute(self._stepper.step, part.state, received)
        if not part.stopping:
            self._note_received(part, received, runs)
        return stepped

    async def _run(self, part: Part[S]) -> None:
        try:
            while not part.stopping:
                part.more.clear()
                started = time.monotonic()
                stepped = await self._step(part)
                if part.stopping:
                    return  # nothing of it is written: the next owner begins where the last chunk ended
                if stepped.outcome is None and stepped.error is None:
                    if part.offsets.due(part.positions, started):
                        await self._write(part, Outcome({}, (), _nothing))
                    else:
                        await self._wait(part, stepped.due)
                    continue
                outcome = await self._outcome(part, stepped)
                if stepped.chunk.taken or outcome.changes or any(outcome.outputs.values()):
                    await self._write(part, outcome)
                outcome.committed()
                self._note(part, stepped.chunk.taken)
                await self._linger(part, started)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 (whatever it is, the worker ends)
            reached = ", ".join(f"{lane.topic} to {lane.position}" for lane in part.lanes)
            error.add_note(f"agent {self.job.name}, partition {part.number}, {reached}")
            await self._fail(error)

    async def _wait(self, part: Part[S], due: int | None) -> None:
        """Until rows come, a topic is read to its end, or a tick is due."""
        timeout = None if due is None else min(max((due - _now_ms()) / 1000, _TICK_EVERY), _LOOK_EVERY)
        if (left := part.offsets.left(part.positions, time.monotonic())) is not None:
            timeout = left if timeout is None else min(timeout, left)
        if any(lane.size for lane in part.lanes):
            metrics.HELD.labels(self.job.name, str(part.number)).inc()
        try:
            await asyncio.wait_for(part.more.wait(), timeout)
        except TimeoutError:
            return

    async def _outcome(self, part: Part[S], stepped: Stepped) -> Outcome:
        if (error := stepped.error) is not None:
            _log.warning("a chunk can't be applied; looking for the record", agent=self.job.name, partition=part.number, reason=repr(error))
            error.add_note(await find_culprit(self._config, self.job, self._changelog, part.number, stepped.chunk, part.positions))
            raise error
        assert stepped.outcome is not None
        self._apply_time.observe(stepped.seconds)
        return stepped.outcome

    async def _write(self, part: Part[S], outcome: Outcome) -> None:
        started = time.monotonic()
        positions = {lane.topic: lane.position for lane in part.lanes}
        told = part.offsets.due(positions, started)
        offsets = {self.tp(lane): lane.position for lane in part.lanes} if told else {}
        await part.sink.write(outcome, self._changelog, orjson.dumps(positions), offsets)
        part.positions = positions
        if told:
            part.offsets.written(positions, started)
        self._transaction_time.observe(time.monotonic() - started)

    def _note(self, part: Part[S], taken: tuple[Taken, ...]) -> None:
        self._app.dialstat_health.progress()
        self._chunks.inc()
        for one in taken:
            self._events[one.topic].inc(len(one.order))
        for lane, gauges in zip(part.lanes, part.gauges, strict=True):
            # At its end a topic may have control records that are never applied (rule 7).
            done = not lane.held and self._ended(lane)
            gauges.note(0 if done else self._consumer.highwater.get(self.tp(lane), 0) - lane.position, lane.size)

    async def _linger(self, part: Part[S], started: float) -> None:
        """Let a few rows become more, unless there are many already."""
        if sum(lane.held for lane in part.lanes) < self._config.chunk // 4 and not part.stopping:
            await asyncio.sleep(max(0.0, self._least - (time.monotonic() - started)))

    # Ending ------------------------------------------------------------------------------------------------------------------

    async def _fail(self, error: BaseException) -> None:
        self._app.dialstat_lifecycle.fail(error)
        await self._app.crash(error if isinstance(error, Exception) else RuntimeError(repr(error)))

    async def close(self) -> bool:
        """Give up all partitions, in bounded time: finish what is being written, or leave it to the next owner's fence."""
        parts, self._parts = list(self._parts.values()), {}
        for part in parts:
            part.stopping = True
            part.more.set()
        tasks = [part.task for part in parts if part.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=_DRAIN_LIMIT)
        clean = [self._finished(task) for task in tasks]
        for gauges in (gauges for part in parts for gauges in part.gauges):
            gauges.remove()
        sinks, self._sinks = self._sinks, {}
        closed = await asyncio.gather(*[self._close_sink(number, sink) for number, sink in sinks.items()])
        return all(clean) and all(closed)

    @staticmethod
    def _finished(task: asyncio.Task[None]) -> bool:
        if task.done():
            return not task.cancelled() and task.exception() is None
        task.cancel()
        return False

    async def _close_sink(self, number: int, sink: Sink) -> bool:
        try:
            await sink.close()
        except Exception as error:  # noqa: BLE001 (the broker may be gone; what is open is settled by the next owner's fence)
            _log.warning("producer did not close", agent=self.job.name, partition=number, reason=repr(error))
            return False
        return True


def _nothing() -> None:
    """Nothing is to be done when it is written."""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
