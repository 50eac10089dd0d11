"""``python -m benchmarks.scale --workers 1 2 4``: the same events by more and more workers on one machine; the last line is JSON.

Events per CPU-second of all workers together, from when all of them are ready, tell what sharing costs; events a second tell how far the
cores of this machine go, which they share with the broker.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import IO, Final

from benchmarks.pipeline import Worker, broker, create_topics, load, traffic

PARTITIONS: Final = 8
EVENTS: Final = 200_000
_POLL_S: Final = 0.5


def measure(bootstrap: str, prefix: str, workers: int, events: int, log: IO[str]) -> dict[str, float]:
    """Let so many workers share all partitions and work through all events."""
    begun = [Worker(bootstrap, prefix, {"partitions": str(PARTITIONS)}, log) for _ in range(workers)]
    for worker in begun:
        worker.start()
    try:
        for worker in begun:
            worker.wait_ready()
        began, first = time.monotonic(), _sums(begun)
        last = first
        while last["dialstat_input_records_total"] < events:
            time.sleep(_POLL_S)
            last = _sums(begun)
        done = last["dialstat_input_records_total"] - first["dialstat_input_records_total"]
        return {
            "events": done,
            "events_per_cpu_second": round(done / (last["process_cpu_seconds_total"] - first["process_cpu_seconds_total"])),
            "events_per_second": round(done / (time.monotonic() - began)),
            "megabytes": round(last["process_resident_memory_bytes"] / 1e6),
            "threads": sum(_count(worker.process.pid, "task") for worker in begun),
            "descriptors": sum(_count(worker.process.pid, "fd") for worker in begun),
        }
    finally:
        for worker in begun:
            worker.end()


def _sums(workers: list[Worker]) -> dict[str, float]:
    found = [worker.metrics() for worker in workers]
    return {name: sum(one.get(name, 0.0) for one in found) for name in found[0]}


def _count(pid: int, what: str) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/{what}").iterdir())


def main() -> None:
    """Measure with each number of workers, on topics of its own."""
    given = argparse.ArgumentParser(description="One to several workers on one machine, on a real broker.")
    given.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    given.add_argument("--events", type=int, default=EVENTS)
    asked = given.parse_args()
    found: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder) / "kafka") as running, (Path(folder) / "log").open("w+") as log:
        for workers in asked.workers:
            prefix = f"{workers}."
            create_topics(running.bootstrap, prefix, PARTITIONS)
            count = load(running.bootstrap, prefix, traffic(1, 2_000.0), asked.events)
            found[workers] = measure(running.bootstrap, prefix, workers, count, log)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
