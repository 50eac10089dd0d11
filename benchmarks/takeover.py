"""``python -m benchmarks.takeover``: kill -9 of one worker among two under load; the last line is JSON.

Measured from the kill: until the other one has restored the partitions (it says ``ready``), and until it has caught up, which is
when no more is left to do than half a second's load.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import orjson
from confluent_kafka import Consumer, TopicPartition
from rich.console import Console
from rich.table import Table

from benchmarks.pipeline import DIALSTAT, broker, create_topics, traffic
from simulator.simulate import simulate

PARTITIONS: Final = 4
STEADY_S: Final = 5.0
"""Of load that the two workers follow before one of them is killed."""
_LOAD_S: Final = 60.0
_LIMIT_S: Final = 120.0
_POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """One kill. ``backlog``: events that waited when the partitions had been restored; ``restored``: how long their restoring took."""

    moved_s: float
    caught_up_s: float
    backlog: int
    restored_s: float

    @property
    def after_moving_s(self) -> float:
        """How long the events that had piled up took."""
        return self.caught_up_s - self.moved_s


class Worker:
    """``dialstat worker`` with its default settings, and what it says with the time when it said so."""

    def __init__(self, where: list[str]) -> None:
        command = [str(DIALSTAT), "worker", *where, "--http", "127.0.0.1:0", "--log-format", "json"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.said: list[tuple[float, str]] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append((time.monotonic(), line))

    def ready(self) -> tuple[float, set[int]]:
        """When it was ready last, and with which partitions."""
        lines = [(at, line) for at, line in self.said if line.startswith("ready partitions=")]
        return (lines[-1][0], set(map(int, re.findall(r"\d+", lines[-1][1])))) if lines else (0.0, set())

    def restoring_s(self) -> float:
        """How long its last restore took, that of the agent which took longer."""
        agents = {
            event["agent"]: event["seconds"] for _, line in self.said if line.startswith("{") and (event := json.loads(line)).get("agent")
        }
        return float(max(agents.values()))


class Lag:
    """How many events are on the input topics that the group has not committed."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "dialstat", "enable.auto.commit": False})
        self._places = [
            TopicPartition(prefix + name, number) for name in ("campaign-events", "call-results") for number in range(PARTITIONS)
        ]

    def now(self) -> tuple[int, int]:
        """Committed, and left."""
        committed = [max(0, place.offset) for place in self._consumer.committed(self._places, timeout=10)]
        ends = [self._consumer.get_watermark_offsets(place, timeout=10)[1] for place in self._places]
        return sum(committed), sum(ends) - sum(committed)


def until(reached: Callable[[], bool], what: str) -> float:
    """Wait; the time when it was so.

    Raises:
        TimeoutError: it was not for two minutes.
    """
    ends = time.monotonic() + _LIMIT_S
    while not reached():
        if time.monotonic() > ends:
            raise TimeoutError(f"not within {_LIMIT_S:g} s: {what}")
        time.sleep(_POLL_S)
    return time.monotonic()


@contextmanager
def two_workers(bootstrap: str, prefix: str) -> Iterator[list[Worker]]:
    """Two workers that share the partitions."""
    workers = [Worker(["--brokers", bootstrap, "--topic-prefix", prefix]) for _ in range(2)]
    try:
        until(
            lambda: sorted(len(worker.ready()[1]) for worker in workers) == [PARTITIONS // 2] * 2,
            "both ready, with half of the partitions each",
        )
        yield workers
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.wait()


def measure(bootstrap: str, prefix: str, events: Path, rate: float) -> Measured:
    """Kill one of two workers amid a load."""
    create_topics(bootstrap, prefix)
    with two_workers(bootstrap, prefix) as (first, other):
        lag = Lag(bootstrap, prefix)
        where = ["--brokers", bootstrap, "--topic-prefix", prefix]
        load = subprocess.Popen([str(DIALSTAT), "load", str(events), *where, "--rate", str(rate)], stderr=subprocess.DEVNULL)
        try:
            until(lambda: _follows(lag, rate), "the workers follow the load")
            return _killed(first, other, lag, rate)
        finally:
            load.terminate()
            load.wait()


def _follows(lag: Lag, rate: float) -> bool:
    committed, left = lag.now()
    return committed > STEADY_S * rate and left < rate / 2


def _killed(victim: Worker, other: Worker, lag: Lag, rate: float) -> Measured:
    victim.process.kill()
    began = time.monotonic()
    until(lambda: len(other.ready()[1]) == PARTITIONS, "the other one has all partitions")
    backlog = lag.now()[1]
    caught_up = until(lambda: lag.now()[1] < rate / 2, "it has caught up")
    return Measured(other.ready()[0] - began, caught_up - began, backlog, other.restoring_s())


def main() -> None:
    """Measure some times, each on topics of its own."""
    given = argparse.ArgumentParser(description="Kill -9 of one worker among two on a real broker, with the default settings.")
    given.add_argument("--times", type=int, default=5)
    given.add_argument("--rate", type=float, default=5_000.0, help="events a second")
    asked = given.parse_args()
    console = Console(stderr=True)
    table = Table("run", "partitions moved after s", "caught up after s", "of that after moving", "backlog", "restored in s")
    runs: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder) / "kafka") as running:
        events = Path(folder) / "events.jsonl"
        with events.open("wb") as file:
            whole = islice(simulate(traffic(1, asked.rate)), round(asked.rate * _LOAD_S))
            file.writelines(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in whole)
        for number in range(1, asked.times + 1):
            run = measure(running.bootstrap, f"{number}.", events, asked.rate)
            runs.append(run)
            table.add_row(
                str(number),
                *(f"{value:,.1f}" for value in (run.moved_s, run.caught_up_s, run.after_moving_s)),
                f"{run.backlog:,}",
                f"{run.restored_s:.1f}",
            )
    console.print(table)
    middle = {name: round(statistics.median(asdict(run)[name] for run in runs), 1) for name in asdict(runs[0])}
    print(json.dumps({**middle, "after_moving_s": round(statistics.median(run.after_moving_s for run in runs), 1)}))


if __name__ == "__main__":
    main()
