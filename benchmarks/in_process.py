"""``python -m benchmarks.in_process``: call results through both agents, without Kafka; the last line is JSON.

With ``--profile`` the functions that took longest are printed first (cProfile, which makes calls look dearer than they are).
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
from collections.abc import Iterator
from itertools import islice

from benchmarks.driver import CHUNK, CHUNK_MS, NAMES, Driver, Spent
from benchmarks.pipeline import traffic
from engine.catalog import RESULT_KINDS
from engine.definitions import default_definitions, parse_definitions
from schemas.contracts import CALL_RESULT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from schemas.wire import record_key
from simulator.simulate import simulate
from transport.garbage import collect_seldom
from transport.records import SourceRecord

EVENTS = 200_000


def main() -> None:
    """Warm up with a tenth of the events, then measure the others."""
    given = argparse.ArgumentParser(description="Call results through both agents in this process.")
    given.add_argument("--events", type=int, default=EVENTS)
    given.add_argument("--profile", action="store_true", help="print where the time goes")
    asked = given.parse_args()
    records = simulated(asked.events)
    driver = warmed_up(records)
    profile = cProfile.Profile() if asked.profile else None
    if profile is not None:
        profile.enable()
    spent = work(driver, records[len(records) // 10 :], records[-1].timestamp)
    if profile is not None:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    print(json.dumps({f"{name}_us": round(value, 1) for name, value in spent.us_per_event().items()}))


def warmed_up(records: list[SourceRecord]) -> Driver:
    """A driver with the shipped definitions that has worked through a tenth of the records."""
    driver = Driver(parse_definitions(default_definitions(), "shipped"))
    work(driver, records[: len(records) // 10], records[-1].timestamp)
    collect_seldom()
    return driver


def simulated(count: int) -> list[SourceRecord]:
    """Call results of forty simulated campaigns."""
    return list(_records(count))


def _records(count: int) -> Iterator[SourceRecord]:
    writer = RecordWriter(CALL_RESULT, BuiltinRegistry().id_for(NAMES.call_results, CALL_RESULT))
    results = (event for event in simulate(traffic(1, 2_000.0)) if event["kind"] in RESULT_KINDS)
    for offset, event in enumerate(islice(results, count)):
        fields = {"tenant": "", **event}
        key = record_key(fields["tenant"], fields["campaign"])
        yield SourceRecord(offset, fields["occurred_at"], key, writer.encode(fields))


def work(driver: Driver, records: list[SourceRecord], now_ms: int) -> Spent:
    """Chunk after chunk, the clock moving from ``now_ms`` on; returns what they took."""
    driver.spent = Spent()
    for number, low in enumerate(range(0, len(records), CHUNK)):
        driver.round(NAMES.call_results, {0: records[low : low + CHUNK]}, now_ms + number * CHUNK_MS)
    return driver.spent


if __name__ == "__main__":
    main()
