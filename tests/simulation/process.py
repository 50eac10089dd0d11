"""A simulated worker: the product's consumer, take-over, pipelines and jobs, with what Faust does around them reduced to its order.

What is real: ``transport.driver`` (consumer and thread, on Faust's own classes), ``transport.takeover``, ``transport.pipeline``, lane,
merge, sink, restore, health, watch and lifecycle, and both agents' jobs. What stands in: Faust's app, agent loops and services, and
aiokafka below the sink, the restore and the consumer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest.mock import patch

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as faust_driver
from faust.types import TP

from tests.simulation.consumers import GroupConsumer
from tests.simulation.wire import Link
from transport import driver
from transport.config import TransportConfig
from transport.health import Health
from transport.job import Job
from transport.lifecycle import FatalError, Lifecycle
from transport.pipeline import Pipeline
from transport.takeover import TakeOver
from transport.watch import Watch

T = TypeVar("T")

MISTAKEN = "ended of what neither the broker nor it has an answer for"
"""A worker that starts again may well make good for an error in its code, which would not be seen in what is published."""


class Thread(driver.ConsumerThread):
    """The product's consumer thread, without a thread."""

    def __init__(self, consumer: Consumer, kafka: GroupConsumer) -> None:
        self.consumer = consumer
        with patch.object(faust_driver.AIOKafkaConsumerThread, "_create_worker_consumer", lambda *_: kafka):
            self.kafka: GroupConsumer = self._create_worker_consumer(None)

    def _ensure_consumer(self) -> GroupConsumer:
        return self.kafka

    async def call_thread(self, method: Callable[..., Coroutine[Any, Any, Any]], *args: Any, **settings: Any) -> Any:
        return await method(*args, **settings)

    async def _fetch_records(self, *args: Any, **settings: Any) -> Any:
        """In an order that does not depend on how strings are hashed."""
        return dict(sorted((await super()._fetch_records(*args, **settings)).items()))

    def assignment(self) -> set[TP]:
        return {TP(*tp) for tp in self.kafka.assigned.tps}


class Consumer(driver.Consumer):
    """The product's consumer, on Faust's, whose start is left out: it would make services and a thread."""

    def __init__(self, app: App, kafka: GroupConsumer) -> None:
        with patch.object(faust_driver.Consumer, "__init__", lambda *_: None):
            super().__init__()
        self.app = app
        self.callback = app.deliver
        self._thread = Thread(self, kafka)
        self._stopped = asyncio.Event()
        self._active_partitions = None
        self._paused_partitions: set[TP] = set()
        self._buffered_partitions: set[TP] = set()
        self.can_resume_flow, self.suspend_flow = asyncio.Event(), asyncio.Event()

    async def _fetch_chunks(self) -> list[driver.ChunkMessage]:
        """With nothing to fetch the product looks again every 5 ms, of which there are many in a virtual day."""
        if not ((self.flow_active and self._get_active_partitions()) or self._stopped.is_set()):
            await self._thread.kafka.idle()
        return await super()._fetch_chunks()

    def on_buffer_drop(self, tp: TP) -> None:
        if tp in self._buffered_partitions:
            self._thread.kafka.wake()
        super().on_buffer_drop(tp)

    def stop_flow(self) -> None:
        super().stop_flow()
        self._thread.kafka.wake()

    def resume_flow(self) -> None:
        super().resume_flow()
        self._thread.kafka.wake()


class Recovery(TakeOver):
    """The product's take-over without Faust's service around it."""

    def __init__(self, app: App) -> None:
        self.app, self.tables = app, app.tables
        self.completed = asyncio.Event()

    def add_future(self, coroutine: Any) -> asyncio.Task[None]:
        return asyncio.ensure_future(coroutine)


class Ending(Lifecycle):
    """The product's lifecycle; where it would end the process, it ends the simulated one."""

    def __init__(self, end_in: Callable[[float, str], None]) -> None:
        super().__init__()
        self._end_in = end_in

    def end_in(self, seconds: float, code: int) -> None:
        self._end_in(seconds, f"exit {code}")


async def _signal(*_: Any) -> None:
    """Nobody listens."""


async def _compute(function: Callable[..., T], *args: Any) -> T:
    """The product's thread: other things happen before it has its turn, and after it."""
    await asyncio.sleep(0)
    computed = function(*args)
    await asyncio.sleep(0)
    return computed


class App:
    """What the product reaches through Faust's app; the order of things in a rebalance is Faust's."""

    in_recovery = False

    def __init__(self, config: TransportConfig, jobs: Iterable[Job[Any]], link: Link, process: Process) -> None:
        self._process = process
        self.should_stop = False
        self.rebalancing_count = 0
        self.consumer_generation_id = 0
        self.dialstat_health = Health(config.stall_limit)
        self.dialstat_lifecycle = Ending(process.end_in)
        changelogs = {config.changelog(job.name) for job in jobs}
        ready = SimpleNamespace(changelog_topics=changelogs, on_actives_ready=lambda: None, on_standbys_ready=lambda: None)
        self.tables = ready
        self.flow_control = SimpleNamespace(resume=lambda: None)
        self.on_rebalance_complete = SimpleNamespace(send=_signal)
        self._fetcher = SimpleNamespace(maybe_start=self._start_draining, _stopped=asyncio.Event())
        self._draining: asyncio.Task[None] | None = None
        self.kafka = GroupConsumer(link, process.patience)
        self.consumer = Consumer(self, self.kafka)
        self.recovery = Recovery(self)
        self.pipelines = [Pipeline(self, config, job, _compute) for job in jobs]
        self._queues: dict[str, asyncio.Queue[Any]] = {}
        for pipeline in self.pipelines:
            queue: asyncio.Queue[Any] = asyncio.Queue(64)
            for topic in pipeline.job.topics:
                self.consumer.receivers[topic] = pipeline
                self._queues[topic] = queue
            asyncio.ensure_future(self._agent(queue, pipeline))  # noqa: RUF006 (the loop remembers it)
        self.topics = [*self._queues, *changelogs]

    async def _agent(self, queue: asyncio.Queue[Any], pipeline: Pipeline[Any]) -> None:
        while True:
            await pipeline.receive(await queue.get())

    async def deliver(self, message: Any) -> None:
        """A message on its way to its agent."""
        await self._queues[message.topic].put(message)

    async def _start_draining(self) -> None:
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        try:
            await self.consumer._drain_messages(self._fetcher)
        except Exception as error:  # noqa: BLE001 (Faust ends the app)
            await self.crash(error)

    async def revoked(self) -> None:
        """Faust's way of giving partitions up."""
        self.rebalancing_count += 1
        consumer = self.consumer
        assignment = consumer.assignment()
        if assignment:
            consumer._get_active_partitions().difference_update(assignment)
            consumer._paused_partitions.difference_update(assignment)
            consumer.stop_flow()
            consumer.pause_partitions(assignment)
            for queue in self._queues.values():
                while not queue.empty():
                    queue.get_nowait()
            await consumer.wait_empty()

    async def assigned(self, partitions: Collection[int], generation: int) -> None:
        """Faust's way of taking partitions."""
        tps = {TopicPartition(topic, partition) for topic in self.topics for partition in partitions}
        self.kafka.take(tps)
        self.consumer_generation_id = generation
        assigned = {TP(*tp) for tp in tps}
        self.consumer._paused_partitions.intersection_update(assigned)
        self.consumer._set_active_tps(assigned)
        await asyncio.sleep(0)
        self.consumer.pause_partitions(assigned)
        await self.recovery.on_rebalance(assigned, set(), assigned, generation)

    async def stop(self) -> None:
        """Faust's way to the end."""
        self.should_stop = True
        self.consumer._stopped.set()
        self.consumer.stop_flow()
        await self.consumer.wait_empty()

    async def crash(self, error: BaseException) -> None:
        """Faust's way to the end after an error; the product insists on it within seconds."""
        if self._process.party.alive and not isinstance(error, (FatalError, KafkaError)):
            self._process.world.findings.append(f"{self._process.party.name} {MISTAKEN}: {error!r:.300}")
        if not self.should_stop and self._process.party.alive:
            self.should_stop = True
            self._process.note("crashed", reason=repr(error)[:200])
            asyncio.ensure_future(self._process.stop())  # noqa: RUF006 (the loop remembers it)

    def on_rebalance_end(self) -> None:
        """Faust tells its sensors."""

    def dialstat_ready(self, partitions: Collection[int]) -> None:
        """Everything that was assigned is restored."""
        self.dialstat_health.restored(tuple(partitions))
        self._process.note("ready", partitions=tuple(partitions))


class Process:
    """A worker process from its start to its end. ``world`` gives it what is around it, and starts the next one."""

    def __init__(self, world: Any, name: str, skew_ms: int) -> None:
        self.world = world
        self.party = world.loop.new_party(name)
        self.party.skew_ms = skew_ms
        self.app: App | None = None
        self._told_at = 0.0
        self._inbox: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        self.link = Link(world.loop, world.broker, world.weather, self.party, self.die, self.note)
        world.loop.spawn(self.party, self._run())

    async def _run(self) -> None:
        self.note("starts")
        jobs = self.world.jobs()
        self.app = App(self.world.config, jobs, self.link, self)
        watch = Watch(self.world.config, self.app.dialstat_health, lambda: self.app.consumer, self.app.pipelines)  # type: ignore[union-attr]
        asyncio.ensure_future(self._watch(watch))  # noqa: RUF006 (the loop remembers it)
        self._join()
        while True:
            command, *args = await self._inbox.get()
            if command == "revoke":
                await self.app.revoked()
                self._join()
            elif command == "assign":
                await self.app.assigned(*args)
            else:
                await self.stop()

    async def _watch(self, watch: Watch) -> None:
        while not self.world.calm:
            await asyncio.sleep(5)
            if (message := watch.look(self.world.loop.time())) is not None:
                self.note("watch", message=message)
                self.die(message)

    def _join(self) -> None:
        self.world.loop.later(self.world.weather.delay(), self.world.group.join, self)

    def tell(self, delay: float, command: str, *args: object) -> None:
        """See ``group.Member``."""
        loop = self.world.loop
        self._told_at = max(self._told_at, loop.time() + delay)
        loop.later(self._told_at - loop.time(), self._inbox.put_nowait, (command, *args))

    async def stop(self) -> None:
        """End in good order, if it is let."""
        app = self.app
        assert app is not None
        await app.stop()
        self.world.loop.later(0, self.world.group.leave, self)
        self.end_in(0, f"exit {app.dialstat_lifecycle.exit_code}")

    def end_in(self, seconds: float, why: str) -> None:
        self.world.loop.later(seconds, self.die, why)

    def die(self, why: str) -> None:
        """The end, at once."""
        if self.party.alive:
            self.note("dies", why=why)
            self.world.loop.kill(self.party)
            self.world.died(self, why)

    def note(self, what: str, **details: Any) -> None:
        self.world.trace.note(self.party.name, what, details)

    def patience(self) -> float:
        """How long a fetch waits for records, seconds; longer when nothing is to come."""
        return 600.0 if self.world.calm else 5.0

    @property
    def positions(self) -> Mapping[tuple[str, int], int]:
        """How far it has read, by topic-partition."""
        pipelines = self.app.pipelines if self.app else []
        return {(lane.topic, lane.partition): lane.position for one in pipelines for part in one.parts for lane in part.lanes}
