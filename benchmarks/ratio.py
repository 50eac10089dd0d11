"""``python -m benchmarks.ratio``: the agents against Polars' bare reading of the same chunks, in CPU time; the last line is JSON.

Both go through the same chunks turn about, in one process, so that what else the machine does slows both, and the ratio tells of the
program alone. ``benchmarks/recorded.json`` holds what it was when it was last found good: ``--compare`` warns of a ratio that is worse by
more than a quarter, and never fails; ``--record`` writes it.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks.driver import CHUNK, CHUNK_MS, NAMES, Spent
from benchmarks.in_process import simulated, warmed_up
from schemas.contracts import CALL_RESULT, contract
from schemas.plan import without_logical_types
from schemas.varint import encode_long, encode_text
from schemas.wire import HEADER
from transport.records import SourceRecord

EVENTS: Final = 60_000
WORSE: Final = 0.75
"""A ratio below this share of the recorded one is told of."""
RECORDED: Final = Path(__file__).with_name("recorded.json")
_READINGS: Final = 3
_SYNC: Final = b"dialstat-columns"
"""The sync marker of a container, 16 bytes."""


def container_header(schema: Any) -> bytes:  # noqa: ANN401 (a schema as JSON)
    """The head of an Object Container file, to which one block is added. Polars refuses defaults in it."""
    fields = [{"name": field["name"], "type": without_logical_types(field["type"])} for field in schema["fields"]]
    text = json.dumps({"type": "record", "name": "r", "fields": fields})
    named = encode_text("avro.schema") + encode_text(text) + encode_text("avro.codec") + encode_text("null")
    return b"Obj\x01" + encode_long(2) + named + encode_long(0) + _SYNC


def read_bare(header: bytes, chunk: list[SourceRecord]) -> pl.DataFrame:
    """A chunk's values as columns, unchecked: what a library of columns takes to read them."""
    block = b"".join([record.value[HEADER.size :] for record in chunk])
    return pl.read_avro(io.BytesIO(header + encode_long(len(chunk)) + encode_long(len(block)) + block + _SYNC))


def measure(events: int) -> dict[str, float]:
    """Events per CPU-second of both agents, of bare reading, and their ratio."""
    records = simulated(events)
    driver = warmed_up(records)
    driver.spent = Spent()
    header = container_header(contract(CALL_RESULT).schema)
    agents = bare = 0.0
    for number, low in enumerate(range(events // 10, events, CHUNK)):
        chunk = records[low : low + CHUNK]
        began = time.process_time()
        for _ in range(_READINGS):
            read_bare(header, chunk)
        turn = time.process_time()
        driver.round(NAMES.call_results, {0: chunk}, records[-1].timestamp + number * CHUNK_MS)
        agents += time.process_time() - turn
        bare += (turn - began) / _READINGS
    count = driver.spent.events
    return {
        "engine_events_per_cpu_second": round(count / agents),
        "bare_events_per_cpu_second": round(count / bare),
        "engine_of_bare": round(bare / agents, 4),
    }


def recorded() -> dict[str, Any]:
    """The ratios that were last found good."""
    found: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return found


def worse(measured: dict[str, float]) -> list[str]:
    """A line for each recorded ratio that is measured to be more than a quarter worse."""
    return [
        f"WARNING: {name} is {measured[name]:g}, {1 - measured[name] / before:.0%} worse than the recorded {before:g}: "
        "something became slower; `make profile` shows where the time goes"
        for name, before in recorded().items()
        if name in measured and measured[name] < WORSE * before
    ]


def record(measured: dict[str, float]) -> None:
    """Make the measured ratios the recorded ones; those that were not measured stay."""
    ratios = {name: measured.get(name, before) for name, before in recorded().items()}
    RECORDED.write_text(json.dumps(ratios, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, and compare or record as asked."""
    given = argparse.ArgumentParser(description="The agents against bare reading of the same chunks.")
    given.add_argument("--events", type=int, default=EVENTS)
    given.add_argument("--compare", action="store_true", help="warn if it is much worse than recorded")
    given.add_argument("--record", action="store_true", help=f"write the ratio to {RECORDED.name}")
    asked = given.parse_args()
    measured = measure(asked.events)
    for line in worse(measured) if asked.compare else ():
        print(line)
    if asked.record:
        record(measured)
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
