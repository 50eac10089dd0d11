"""One simulation: a site, its traffic, its workers and the faults that come upon them, all drawn from a seed."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from unittest.mock import patch

import orjson
from aiokafka import TopicPartition

from agents.campaigns import CampaignsJob
from agents.lists import ListsJob
from agents.names import topic_names
from schemas.registry import BuiltinRegistry
from tests.simulation import check, definitions
from tests.simulation.broker import Broker
from tests.simulation.consumers import ChangelogReader
from tests.simulation.faults import Nemesis, Weather
from tests.simulation.group import Group
from tests.simulation.loop import Stuck, VirtualLoop, VirtualTime, current_party
from tests.simulation.process import Process
from tests.simulation.producer import SimulatedProducer
from tests.simulation.trace import Log, Trace
from tests.simulation.traffic import LIMITS, TOPICS, Dialers, draw_site
from tests.simulation.wire import Link
from transport import health, lifecycle, pipeline, restore, sink, step, takeover, watch
from transport.config import TransportConfig
from transport.job import Job
from transport.sink import POSITION_KEY

STEPS = 200_000
SETTLING_LIMIT = 900.0
AFTERMATH = 60.0
"""Seconds in which workers may still end of what came upon them before: of a fence, or a request that was never answered."""
TO_THE_NEXT_DAY_MS = 25 * 3_600_000
NOTICED_WITHIN = 70.0
"""Seconds after which a worker must have seen that its clock was set, and published what that ends."""


@dataclass(slots=True)
class Result:
    """What came of a seed; ``findings`` is empty if all is as it should be."""

    seed: int
    findings: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    events: int = 0
    steps: int = 0
    trace: list[str] = field(default_factory=list)


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, keep: int | None) -> None:
        self.random = random = Random(seed)
        self.loop = VirtualLoop(random, STEPS)
        self.trace = Trace(self.loop.time, keep)
        self.calm = False
        self.findings: list[str] = []
        self.definitions = definitions.draw(random)
        self.names = topic_names("", "sim")
        self.config = TransportConfig(
            brokers="simulated:1",
            app="sim",
            partitions=random.randint(1, 4),
            chunk=random.choice([1, 4, 16, 200]),
            linger=random.choice([0.0, 0.05, 0.2]),
            session_timeout=random.choice([6.0, 10.0]),
            transaction_timeout=random.choice([10.0, 25.0]),
        )
        self.weather = Weather(random)
        self.broker = self._make_broker()
        self.group = Group(self.loop, random, self.config.partitions, self.config.session_timeout, self.note)
        self.dialers = Dialers(self, random, draw_site(random))
        self.processes: list[Process] = []
        self._workers = random.randint(1, 3)
        self._started = 0

    def _make_broker(self) -> Broker:
        changelogs = [self.config.changelog(job.name) for job in self.jobs()]
        outputs = [self.names.campaign_actions, self.names.campaign_statistics, self.names.calling_list_statistics, self.names.dead_letters]
        topics = dict.fromkeys([*TOPICS, self.names.list_deltas, *changelogs], self.config.partitions)
        topics |= {topic: self.random.randint(1, 3) for topic in outputs}
        return Broker(self.loop, self.random, topics, changelogs, self.random.choice([0.0, 0.05, 0.5]))

    def jobs(self) -> list[Job[Any]]:
        """Both agents, as a process begins with them."""
        given: dict[str, Any] = {"definitions": self.definitions, "limits": LIMITS, "registry": BuiltinRegistry(), "names": self.names}
        return [CampaignsJob(**given), ListsJob(**given)]

    def note(self, what: str, **details: Any) -> None:
        """Tell the trace something that no process did."""
        self.trace.note("world", what, details)

    # Processes ---------------------------------------------------------------------------------------------------------------

    def start_process(self) -> None:
        """Another worker."""
        self._started += 1
        self.processes.append(Process(self, f"worker-{self._started}", 0))

    def died(self, process: Process, why: str) -> None:
        """A worker has ended; its supervisor starts the next one."""
        if self.calm:
            self.findings.append(f"{process.party.name} ended though nothing was wrong any more: {why}")
        self.processes.remove(process)
        self.group.fell_silent(process)
        self.loop.later(self.random.uniform(1, 5), self.start_process)

    def resume(self, process: Process) -> None:
        """A paused worker goes on where it stood."""
        if not process.party.awake:
            process.party.awake = True
            process.note("resumes")
            self.group.heartbeat(process)

    def start_broker(self, forget: bool) -> None:
        """The broker is up again."""
        self.broker.start(forget=forget)
        self.note("broker up", forgetful=forget)

    # The way of a simulation -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """From the first record to the moment when nothing more is to be expected."""
        for _ in range(self._workers):
            self.loop.later(self.random.uniform(0, 20), self.start_process)
        nemesis = asyncio.ensure_future(Nemesis(self, self.random).run())
        await self.dialers.run()
        await asyncio.sleep(self.random.choice([0, 5, 30]))
        if nemesis.done():
            nemesis.result()
        nemesis.cancel()
        self._heal()
        await self._settled()
        await asyncio.sleep(AFTERMATH)
        self.calm = True
        await asyncio.sleep(10)
        self.loop.clock_ms += TO_THE_NEXT_DAY_MS
        self.note("a day later")
        await asyncio.sleep(NOTICED_WITHIN)
        await self._settled()

    def _heal(self) -> None:
        self.weather.on = False
        self.note("faults end")
        for process in list(self.processes):
            process.party.skew_ms = 0
            self.resume(process)
        if not self.broker.up:
            self.start_broker(forget=False)

    async def _settled(self) -> None:
        """Until all input has been applied, and committed.

        Raises:
            Stuck: it does not come to that.
        """
        deadline = self.loop.time() + SETTLING_LIMIT
        while unread := self._unread():
            if self.loop.time() > deadline:
                raise Stuck(f"not all was read: {unread}")
            await asyncio.sleep(1)

    def _unread(self) -> list[str]:
        """What no committed position record has reached."""
        found = []
        for job, topics in (("campaigns", TOPICS), ("lists", (self.names.list_deltas,))):
            for partition in range(self.config.partitions):
                positions = self._positions(TopicPartition(self.config.changelog(job), partition))
                for topic in topics:
                    entries = self.broker.logs[TopicPartition(topic, partition)].all_committed()
                    if entries and positions.get(topic, 0) <= entries[-1].offset:
                        found.append(f"{topic}-{partition}")
                    if self.broker.logs[TopicPartition(topic, partition)].stable < self.broker.logs[TopicPartition(topic, partition)].end:
                        found.append(f"{topic}-{partition} has an open transaction")
        return found

    def _positions(self, changelog: TopicPartition) -> dict[str, int]:
        for entry in reversed(self.broker.logs[changelog].all_committed()):
            if entry.key == POSITION_KEY:
                positions: dict[str, int] = orjson.loads(entry.value or b"{}")
                return positions
        return {}


def _link_of(world: World) -> Link:
    party = current_party()
    return next(process.link for process in world.processes if process.party is party)


@contextlib.contextmanager
def _standing_in(world: World) -> Iterator[None]:
    """The simulated clock, clients and loggers in the modules of the product."""

    def note(what: str, details: Any) -> None:
        if world.loop.is_running():
            world.trace.note(current_party().name, what, details)

    with contextlib.ExitStack() as stack:
        for module in (pipeline, step, health, watch):
            stack.enter_context(patch.object(module, "time", VirtualTime))
        for module in (pipeline, takeover, watch, lifecycle):
            stack.enter_context(patch.object(module, "_log", Log(note)))
        stack.enter_context(patch.object(sink, "AIOKafkaProducer", SimulatedProducer.maker(lambda: _link_of(world))))
        stack.enter_context(patch.object(restore, "AIOKafkaConsumer", lambda **settings: ChangelogReader(_link_of(world), **settings)))
        yield


def simulate(seed: int, keep: int | None = 150, planted: AbstractContextManager[Any] | None = None) -> Result:
    """Run one seed. ``keep``: how much of the trace a failure tells, None for all; ``planted``: a fault in the product (``planted``)."""
    result = Result(seed)
    gc.disable()
    world = World(seed, keep)
    try:
        with _standing_in(world), planted or contextlib.nullcontext():
            try:
                world.loop.run_in_world(world.run())
            except Stuck as stuck:
                result.findings.append(str(stuck))
            finally:
                world.loop.finish()
        result.findings += world.findings
        result.findings += check.differences(world) if not result.findings else []
    finally:
        gc.enable()
    unhandled = [context for context in world.loop.errors if "Future exception was never retrieved" not in context["message"]]
    result.findings += [f"unhandled: {context}" for context in unhandled]
    result.faults, result.events, result.steps = world.weather.counts, len(world.dialers.sent), world.loop.steps
    if result.findings or keep is None:
        result.trace = list(world.trace.lines())
    return result
