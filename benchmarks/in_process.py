"""``python -m benchmarks.in_process``: decoding, applying and encoding call results, without Kafka; the last line is JSON.

With ``--profile`` the functions that took longest are printed first (cProfile, which makes calls look dearer than they are).
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from agents.campaigns import CampaignsJob, Held
from agents.names import topic_names
from benchmarks.pipeline import traffic
from engine.campaigns import Limits
from engine.catalog import RESULT_KINDS
from engine.definitions import default_definitions, parse_definitions
from schemas.contracts import CALL_RESULT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from schemas.wire import record_key
from simulator.simulate import simulate
from transport.garbage import collect_seldom
from transport.job import Chunk, Piece, SourceRecord, Taken

CHUNK: Final = 2_000
CHUNK_MS: Final = 50
"""How far the clock moves from chunk to chunk: as fast as a worker goes that catches up, hence seldom reports."""


@dataclass(frozen=True, slots=True)
class Read:
    """A record as the transport hands it over."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class Spent:
    """CPU-seconds by step."""

    decode: float = 0.0
    apply: float = 0.0


def main() -> None:
    """Warm up with a tenth of the events, then measure the others."""
    given = argparse.ArgumentParser(description="Call results through the campaigns' agent in this process.")
    given.add_argument("--events", type=int, default=200_000)
    given.add_argument("--profile", action="store_true", help="print where the time goes")
    asked = given.parse_args()
    registry, names = BuiltinRegistry(), topic_names("", "dialstat")
    job = CampaignsJob(parse_definitions(default_definitions(), "shipped"), Limits(), registry, names)
    records = list(_records(registry.id_for(names.call_results, CALL_RESULT), asked.events))
    state = job.restore(0, {})
    collect_seldom()
    tenth = len(records) // 10
    _run(job, state, names.call_results, records[:tenth])
    profile = cProfile.Profile() if asked.profile else None
    if profile is not None:
        profile.enable()
    spent = _run(job, state, names.call_results, records[tenth:])
    if profile is not None:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    count = len(records) - tenth
    micros = {"decode_us": spent.decode / count * 1e6, "apply_us": spent.apply / count * 1e6}
    print(json.dumps({name: round(value, 1) for name, value in micros.items()}))


def _records(schema_id: int, count: int) -> Iterator[Read]:
    writer = RecordWriter(CALL_RESULT, schema_id)
    results = (event for event in simulate(traffic(1, 2_000.0)) if event["kind"] in RESULT_KINDS)
    for offset, event in enumerate(islice(results, count)):
        fields = {"tenant": "", **event}
        key = record_key(fields["tenant"], fields["campaign"])
        yield Read(offset, fields["occurred_at"], key, writer.encode(fields))


def _run(job: CampaignsJob, state: Held, topic: str, records: list[Read]) -> Spent:
    spent = Spent()
    for number, low in enumerate(range(0, len(records), CHUNK)):
        part: list[SourceRecord] = [*records[low : low + CHUNK]]
        now_ms = records[-1].timestamp + number * CHUNK_MS
        began = time.process_time()
        batch = job.decode(state, topic, part, now_ms)
        decoded = time.process_time()
        taken = Taken(topic, (Piece(batch, 0, len(part)),), np.arange(len(part)), part[-1].offset + 1)
        job.apply(state, Chunk((taken,), now_ms, drained=False)).committed()
        spent.decode += decoded - began
        spent.apply += time.process_time() - decoded
    return spent


if __name__ == "__main__":
    main()
