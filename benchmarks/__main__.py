"""``python -m benchmarks``: events per CPU-second of one worker, Kafka in to Kafka out, and of a replay; the last line is JSON."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import replay
from benchmarks.pipeline import Measured, broker, create_topics, load, measure, traffic

_RUNS = {"with actions": ("a.", {}), "without actions": ("b.", {"publish-actions": "false"})}


def main() -> None:
    """Load the same events twice, and let a worker through each."""
    given = argparse.ArgumentParser(description="Kafka in to Kafka out on a real broker, default definitions, exactly once.")
    given.add_argument("--events", type=int, default=600_000, help="how many events to work through")
    given.add_argument("--rate", type=float, default=2_000.0, help="events per second of event time")
    given.add_argument("--replayed", type=int, default=replay.EVENTS, help="how many events to replay without Kafka; 0 leaves it out")
    asked = given.parse_args()
    console = Console(stderr=True)
    results: dict[str, Measured] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        broker(Path(folder) / "kafka") as running,
        (Path(folder) / "log").open("w+") as log,
    ):
        for name, (prefix, options) in _RUNS.items():
            create_topics(running.bootstrap, prefix)
            count = load(running.bootstrap, prefix, traffic(1, asked.rate), asked.events)
            console.print(f"{count} events loaded for the run {name}")
            results[name] = measure(running.bootstrap, prefix, count, options, log)
    console.print(_table(results))
    replayed = replay.measure(asked.replayed, min(asked.replayed, replay.COMPARED), console) if asked.replayed else {}
    print(json.dumps({**_summary(results), **replayed}))


def _table(results: dict[str, Measured]) -> Table:
    table = Table("run", "events", "events/CPU-s", "events/s", "actions", "reports", "MB", "peak MB")
    for name, run in results.items():
        numbers = (
            run.events,
            run.events_per_cpu_second,
            run.events / run.wall_seconds,
            run.actions,
            run.reports,
            run.resident_mb,
            run.peak_mb,
        )
        table.add_row(name, *(f"{number:,.0f}" for number in numbers))
    return table


def _summary(results: dict[str, Measured]) -> dict[str, float]:
    with_actions, without = results["with actions"], results["without actions"]
    return {
        "events_per_cpu_second": round(with_actions.events_per_cpu_second),
        "events_per_cpu_second_without_actions": round(without.events_per_cpu_second),
        "actions_per_event": round(with_actions.actions / with_actions.events, 2),
        "resident_mb": round(with_actions.resident_mb),
        "peak_mb": round(with_actions.peak_mb),
    }


if __name__ == "__main__":
    main()
