"""``python -m benchmarks.restore``: what a restore costs, from the changelogs of a worker with 10,000 objects; the last line is JSON.

A quarter of an hour of events goes through both agents in this process, whose changelogs are kept as compaction would leave them. Then
the states are made of them again. With ``--kafka`` the changelogs are written to a real broker, read from there by the worker's own
restore in this process, and a worker is started on them.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import json
import pstats
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from confluent_kafka import Producer
from rich.console import Console

from benchmarks.driver import CHUNK, CHUNK_MS, NAMES, Driver
from benchmarks.pipeline import Worker, broker, create_topics
from benchmarks.synthetic import START_MS, Source, Traffic
from engine.definitions import default_definitions, parse_definitions
from topologies.kafka import PRODUCER
from transport.config import TransportConfig
from transport.garbage import collect_seldom
from transport.restore import restore

CAMPAIGNS: Final = 2_500
"""With two groups and a list each: 10,000 objects, and 2,500 of lists."""
PARTITIONS: Final = 4
SECONDS: Final = 900
"""Of event time: the longest Sliding window of the shipped definitions."""
EVENTS: Final = 180_000
Records = dict[tuple[str, int], dict[bytes, bytes]]


def changelogs(campaigns: int, events: int) -> Records:
    """The last value of every key, by agent and partition."""
    driver = Driver(parse_definitions(default_definitions(), "shipped"), partitions=PARTITIONS, keep_changelogs=True)
    source = Source(Traffic(campaigns=campaigns, lists=campaigns, rate=events / SECONDS, partitions=PARTITIONS))
    now = START_MS + 2 * SECONDS * 1_000
    for partition, records in source.started().items():
        driver.round(NAMES.campaign_events, {partition: records}, now)
    collect_seldom()
    size = PARTITIONS * CHUNK
    for records in source.rounds(max(events, size), size):
        now += PARTITIONS * CHUNK_MS
        driver.round(NAMES.call_results, records, now)
    return {name: changelog.values for name, changelog in driver.changelogs.items()}


def load(records: Records) -> dict[str, float]:
    """Make all states of what was read: CPU time, and the objects, windows and panes that come of it."""
    driver = Driver(parse_definitions(default_definitions(), "shipped"), partitions=PARTITIONS)
    collect_seldom()
    began = time.process_time()
    states = [job.restore(number, records[job.name, number]) for job in driver.jobs for number in range(PARTITIONS)]
    spent = time.process_time() - began
    windows = sum(state.engine.ledger.held for state in states)
    return {
        "objects": sum(len(state.engine.directory.objects) for state in states),
        "records": sum(map(len, records.values())),
        "windows": windows,
        "megabytes": round(sum(len(key) + len(value) for values in records.values() for key, value in values.items()) / 1e6, 1),
        "load_cpu_s": round(spent, 2),
        "windows_loaded_per_cpu_second": round(windows / spent),
    }


def write(bootstrap: str, prefix: str, records: Records) -> None:
    """Put changelogs where a worker looks for them."""
    producer = Producer({"bootstrap.servers": bootstrap, **PRODUCER, "queue.buffering.max.messages": 4_000_000})
    for (agent, partition), values in records.items():
        for key, value in values.items():
            producer.produce(f"{prefix}dialstat-{agent}-changelog", value, key, partition=partition)
        producer.flush()


def read(bootstrap: str, prefix: str, agents: Iterable[str]) -> dict[str, float]:
    """Read the changelogs as a worker does: CPU time of this process, records a CPU-second."""
    config = TransportConfig(brokers=bootstrap, app="dialstat", partitions=PARTITIONS, topic_prefix=prefix)

    async def count_records() -> int:
        found = [await restore(config, config.changelog(agent), range(PARTITIONS), (), {}, lambda *_: None) for agent in agents]
        return sum(restored.count for one in found for restored in one.values())

    gc.collect()
    began = time.process_time()
    count = asyncio.run(count_records())
    spent = time.process_time() - began
    return {"read_cpu_s": round(spent, 2), "records_read_per_cpu_second": round(count / spent)}


def on_kafka(records: Records, log: Path) -> dict[str, float]:
    """Write, read, and start a worker."""
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder) / "kafka") as running, log.open("w+") as said:
        create_topics(running.bootstrap, "")
        write(running.bootstrap, "", records)
        reading = read(running.bootstrap, "", dict.fromkeys(agent for agent, _ in records))
        began = time.monotonic()
        with Worker(running.bootstrap, "", {}, said) as worker:
            ready = time.monotonic() - began
            return {
                **reading,
                "worker_ready_s": round(ready, 1),
                "worker_cpu_s": round(worker.metrics()["process_cpu_seconds_total"], 1),
                "worker_mb": round(worker.metrics()["process_resident_memory_bytes"] / 1e6),
            }


def main() -> None:
    """Make changelogs, then measure."""
    given = argparse.ArgumentParser(description="What a restore costs.")
    given.add_argument("--campaigns", type=int, default=CAMPAIGNS)
    given.add_argument("--events", type=int, default=EVENTS)
    given.add_argument("--kafka", action="store_true", help="also from a real broker (Java 17, Maven)")
    given.add_argument("--profile", action="store_true", help="print where the time of loading goes")
    asked = given.parse_args()
    records = changelogs(asked.campaigns, asked.events)
    kinds = Counter(json.loads(key)[0] for values in records.values() for key in values)
    Console(stderr=True).print("keys by kind", dict(kinds.most_common()))
    profile = cProfile.Profile() if asked.profile else None
    measured = profile.runcall(load, records) if profile else load(records)
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    if asked.kafka:
        measured |= on_kafka(records, Path("build/restore.log"))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
