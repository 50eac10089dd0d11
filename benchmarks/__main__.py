"""``python -m benchmarks``: events per CPU-second of one worker, Kafka in to Kafka out, and of a replay; the last line is JSON.

Figures of two machines, or of one under two loads, can't be compared; ratios can: the worker's events per CPU-second against those of
bare consuming and decoding of the same topics by the same client, in the same run. All of it is written to ``build/bench.json``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

from benchmarks import consuming, ratio, replay
from benchmarks.pipeline import Measured, broker, create_topics, load, measure, traffic

_RUNS = {"with actions": ("a.", {}), "without actions": ("b.", {"publish-actions": "false"})}


def main() -> None:
    """Load the same events twice, and let a worker through each."""
    given = argparse.ArgumentParser(description="Kafka in to Kafka out on a real broker, default definitions, exactly once.")
    given.add_argument("--events", type=int, default=600_000, help="how many events to work through")
    given.add_argument("--rate", type=float, default=2_000.0, help="events per second of event time")
    given.add_argument("--replayed", type=int, default=replay.EVENTS, help="how many events to replay without Kafka; 0 leaves it out")
    given.add_argument("--out", type=Path, default=Path("build/bench.json"), help="where figures and ratios are written")
    given.add_argument("--record", action="store_true", help=f"write the ratios to {ratio.RECORDED.name}, to compare with from now on")
    asked = given.parse_args()
    console = Console(stderr=True)
    results: dict[str, Measured] = {}
    bare: list[float] = []
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
            bare.append(consuming.events_per_cpu_second(running.bootstrap, prefix, count))
    console.print(_table(results))
    replayed = replay.measure(asked.replayed, min(asked.replayed, replay.COMPARED), console) if asked.replayed else {}
    figures = {**_summary(results, bare), **ratio.measure(ratio.EVENTS), **replayed}
    for line in ratio.worse(figures):
        console.print(line)
    if asked.record:
        ratio.record(figures)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures))


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


def _summary(results: dict[str, Measured], bare: list[float]) -> dict[str, float]:
    with_actions, without = results["with actions"], results["without actions"]
    return {
        "events_per_cpu_second": round(with_actions.events_per_cpu_second),
        "events_per_cpu_second_without_actions": round(without.events_per_cpu_second),
        "consuming_events_per_cpu_second": round(mean(bare)),
        "worker_of_consuming": round(with_actions.events_per_cpu_second / bare[0], 4),
        "worker_without_actions_of_consuming": round(without.events_per_cpu_second / bare[1], 4),
        "actions_per_event": round(with_actions.actions / with_actions.events, 2),
        "resident_mb": round(with_actions.resident_mb),
        "peak_mb": round(with_actions.peak_mb),
    }


if __name__ == "__main__":
    main()
