"""A site under attack: a broker behind a slow network, its topics, workers with a supervisor, a load."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from deploy.kafka.broker import Broker, free_port
from tests.agents.site import DIALSTAT, INPUTS, Site
from tests.chaos.load import Load
from tests.chaos.proxy import Proxy
from tests.chaos.workers import Ended, Slot
from tests.harness.kafka import Kafka

DEFINITIONS: Final = Path(__file__).with_name("definitions.toml")
APP: Final = "chaos-app"
"""Consumer group; ``tests.agents.site.Site`` names it after the prefix of the topics."""
PREFIX: Final = APP.removesuffix("app")
PARTITIONS: Final = 4
SESSION_S: Final = 6.0
CHANGELOGS: Final = tuple(f"{PREFIX}{APP}-{agent}-changelog" for agent in ("campaigns", "lists"))
_COMPACTION: Final = {
    "segment.ms": "2000",
    "segment.bytes": "1048576",
    "min.cleanable.dirty.ratio": "0.01",
    "min.compaction.lag.ms": "0",
    "delete.retention.ms": "1000",
}
_POLL_S: Final = 0.3
_BUSY: Final = 2_000
OPTIONS: Final = (
    "--definitions",
    str(DEFINITIONS),
    "--close-grace",
    "2h",
    "--session-timeout",
    f"{SESSION_S:g}s",
    "--log-format",
    "console",
)


@dataclass
class Attacked:
    """What a run breaks and looks at."""

    folder: Path
    broker: Broker
    proxy: Proxy
    kafka: Kafka
    site: Site
    load: Load
    slots: list[Slot]
    ended: list[Ended]
    broken: threading.Event = field(default_factory=threading.Event)
    """Set for good once broker or network were: from then on a worker may end with something else than 0."""

    def alive(self) -> list[Slot]:
        """The places where a worker runs at this moment; waits until there is one."""
        while not (found := [slot for slot in self.slots if slot.running().poll() is None]):
            threading.Event().wait(_POLL_S)
        return found

    def wait_until_busy(self, timeout: float) -> None:
        """Until the load runs and the workers follow it.

        Raises:
            TimeoutError: they do not.
        """
        ends = time.monotonic() + timeout
        while sum(self.committed(timeout).values()) < _BUSY:
            self.load.check()
            if time.monotonic() > ends:
                raise TimeoutError(f"not {_BUSY} events consumed within {timeout:g} s")
            threading.Event().wait(_POLL_S)

    def wait_until_consumed(self, timeout: float) -> float:
        """Until all that is on the input topics now is consumed; the seconds that took.

        Raises:
            TimeoutError: it took longer.
        """
        began = time.monotonic()
        wanted = self.positions(_end_of, timeout)
        while True:
            read = self.committed(timeout)
            if all(read[place] >= end for place, end in wanted.items()):
                return time.monotonic() - began
            if time.monotonic() - began > timeout:
                left = {place: end - read[place] for place, end in wanted.items() if read[place] < end}
                raise TimeoutError(f"not consumed within {timeout:g} s: {left}")
            self.load.check()
            threading.Event().wait(_POLL_S)

    def ends(self, name: str) -> int:
        """Where a topic ends, over all its partitions."""
        return sum(self.positions(_end_of, 30, (name,)).values())

    def committed(self, timeout: float) -> dict[tuple[str, int], int]:
        """Where the workers are, by topic and partition."""
        return self.positions(lambda consumer, tp: max(0, consumer.committed([tp], timeout=10)[0].offset), timeout)

    def positions(
        self, look: Callable[[Consumer, TopicPartition], int], timeout: float, names: Sequence[str] = INPUTS
    ) -> dict[tuple[str, int], int]:
        """Something about each partition of some topics, however often a broker that has just come back refuses to tell."""
        ends = time.monotonic() + timeout
        while True:
            consumer = Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": APP, "enable.auto.commit": False, "log_level": 0})
            try:
                places = [(self.site.topic(name), number) for name in names for number in range(PARTITIONS)]
                return {place: look(consumer, TopicPartition(*place)) for place in places}
            except KafkaException:
                if time.monotonic() > ends:
                    raise
            finally:
                consumer.close()


@contextmanager
def attacked(folder: Path, seed: int, rate: float, workers: int) -> Iterator[Attacked]:
    """A site that runs; logs and data stay in the folder."""
    port, outside = free_port(), free_port()
    broker = Broker(folder / "kafka", port, advertised=outside)
    with Proxy(outside, port, seed) as proxy, broker, closing(Kafka(broker)) as kafka:
        site = Site(kafka, PREFIX)
        _compact(kafka)
        kafka.close()  # what it would have to say of a broker that is gone is no news
        where = ("--brokers", kafka.bootstrap, "--topic-prefix", PREFIX, "--app", APP)
        ended: list[Ended] = []
        slots = [Slot(number, _worker(number, where), folder / f"worker-{number}.log", ended) for number in range(workers)]
        load = Load((str(DIALSTAT), "load", "-", "--timeout", "150", *where), folder / "events.jsonl", folder / "load.log", seed, rate)
        try:
            for slot in slots:
                slot.begin()
            yield Attacked(folder, broker, proxy, kafka, site, load, slots, ended)
        finally:
            load.close()
            for slot in slots:
                slot.close()


def _end_of(consumer: Consumer, tp: TopicPartition) -> int:
    return int(consumer.get_watermark_offsets(tp, timeout=10)[1])


def _worker(number: int, where: tuple[str, ...]) -> list[str]:
    """Every other one has a name in its group, so that both ways of being a member are tried."""
    instance = ("--instance", f"worker-{number}") if number % 2 else ()
    return [str(DIALSTAT), "worker", *where, *OPTIONS, *instance, "--http", "127.0.0.1:0"]


def _compact(kafka: Kafka) -> None:
    """Let the changelogs be compacted all the time: whatever is restored has been through it."""
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in _COMPACTION.items()]
    wanted = [ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries) for name in CHANGELOGS]
    for done in kafka.admin.incremental_alter_configs(wanted).values():
        done.result(30)
