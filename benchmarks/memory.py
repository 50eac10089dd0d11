"""``python -m benchmarks.memory``: bytes an object with a Sliding window of an hour in steps of 10 s; the last line is JSON.

Each object gets something in every step, which is the most that such a window can hold. With ``--kafka`` a worker with 2,000 objects works
through a quarter of an hour of events on a real broker, and tells its own memory.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks.driver import CHUNK_MS, NAMES, Driver
from benchmarks.pipeline import broker, create_topics, load, measure, traffic
from benchmarks.synthetic import START_MS, Source, Traffic
from engine.definitions import parse_definitions
from transport.garbage import collect_seldom

CAMPAIGNS: Final = 20
HOUR_S: Final = 3_600
STEP_S: Final = 10
EVENTS_A_STEP: Final = 4
"""Of each campaign, so that both groups and the list are reached in nearly every step."""
STATISTICS: Final = """
[profile.hour]
kind = "sliding"
size = 3600
step = 10
[statistic.DialsMade]
category = "TotalNumber"
main = "DialMade"
profiles = ["hour"]
"""
TOP: Final = 12


def filled(campaigns: int, hours: float) -> Driver:
    """Both agents after so long, the campaigns taking turns."""
    rate = campaigns * EVENTS_A_STEP / STEP_S
    driver = Driver(parse_definitions(STATISTICS, "benchmark"), publish_actions=False)
    source = Source(Traffic(campaigns=campaigns, lists=campaigns, rate=rate, in_turn=True))
    now = START_MS + 2 * HOUR_S * 1_000
    for partition, records in source.started().items():
        driver.round(NAMES.campaign_events, {partition: records}, now)
    size = 5 * campaigns * EVENTS_A_STEP
    for records in source.rounds(round(rate * HOUR_S * hours), size):
        now += CHUNK_MS
        driver.round(NAMES.call_results, records, now)
    return driver


def of_objects(campaigns: int, hours: float) -> dict[str, Any]:
    """What is allocated after the window was filled, less what was before any object; by line of the program."""
    collect_seldom()
    filled(1, 0.01)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    driver = filled(campaigns, hours)
    gc.collect()
    grown = [line for line in tracemalloc.take_snapshot().compare_to(before, "lineno") if line.size_diff > 0]
    tracemalloc.stop()
    ledgers = [state.engine.ledger for state in driver.states.values()]
    objects = sum(found.known for state in driver.states.values() for found in state.engine.directory.objects)
    panes = sum(ledger.held for ledger in ledgers)
    counts = sum(ledger.cells.nbytes for ledger in ledgers)
    total = sum(line.size_diff for line in grown)
    chains = sum(len(state.engine.chains) for (agent, _), state in driver.states.items() if agent == "campaigns")
    for line in grown[:TOP]:
        print(f"{line.size_diff / 1e6:7.2f} MB {line.count_diff:9,} {line.traceback}", file=sys.stderr)
    return {
        "objects": objects,
        "panes": panes,
        "chains": chains,
        "megabytes": round(total / 1e6, 1),
        "kilobytes_an_object": round(total / objects / 1e3, 1),
        "bytes_a_pane": round(counts / panes),
        "kilobytes_of_panes_an_object": round(counts / objects / 1e3, 1),
    }


def of_worker(objects: int, log: Path) -> dict[str, float]:
    """A worker with so many objects on a real broker, after a quarter of an hour's events."""
    scenario = replace(traffic(1, 100.0), campaigns=objects // 5, lists=objects // 5)
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder) / "kafka") as running, log.open("w+") as said:
        create_topics(running.bootstrap, "")
        count = load(running.bootstrap, "", scenario, 100 * HOUR_S // 4)
        measured = measure(running.bootstrap, "", count, {}, said)
    return {"worker_events": count, "worker_mb": round(measured.resident_mb), "worker_peak_mb": round(measured.peak_mb)}


def main() -> None:
    """Measure objects, and a worker if asked."""
    given = argparse.ArgumentParser(description="Memory of objects, and of a whole worker.")
    given.add_argument("--campaigns", type=int, default=CAMPAIGNS, help="with two groups and a list each")
    given.add_argument("--hours", type=float, default=1.1, help="of event time")
    given.add_argument("--kafka", action="store_true", help="also a whole worker with 2,000 objects (Java 17, Maven)")
    asked = given.parse_args()
    measured = of_objects(asked.campaigns, asked.hours)
    if asked.kafka:
        measured |= of_worker(2_000, Path("build/memory.log"))
    Console(stderr=True).print(measured)
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
