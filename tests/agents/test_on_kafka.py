"""Whole workers on a real Kafka against the replay of the same file: kills, rebalances, garbage (domain 7.5, 7.6)."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.replay import run_replay
from engine.campaigns import Limits
from engine.definitions import default_definitions, parse_definitions
from engine.offline import RESULT_SCHEMA, typed
from schemas.contracts import CALL_RESULT, contract
from schemas.decode import Decoder
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from simulator import preset, simulate
from tests.agents.site import Site, by_campaign, last_finals
from tests.harness.kafka import Kafka

BANK = Path(__file__).parents[2] / "examples" / "bank_campaign.jsonl.gz"
GARBAGE = 100_000


def replayed(lines: Any, folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Actions and reports of a replay with the shipped definitions."""
    run_replay(lines, parse_definitions(default_definitions(), "default"), Limits(), [], folder, lambda _: None)
    return tuple([json.loads(line) for line in (folder / name).read_text().splitlines()] for name in ("actions.jsonl", "statistics.jsonl"))  # type: ignore[return-value]


def values(report: dict[str, Any]) -> tuple[Any, ...]:
    """What of a final report does not depend on how it came about."""
    return report["as_of"], report["values"], report["state"]


@pytest.mark.timeout(600)
def test_the_bank_campaign_survives_a_kill_and_a_rebalance(kafka: Kafka, unique: Callable[[str], str], tmp_path: Path) -> None:
    """Two workers, one killed in the middle, another joins: the same actions, once each and in order, and the same last finals."""
    with gzip.open(BANK) as lines:
        actions, reports = replayed(lines, tmp_path)
    site = Site(kafka, unique("bank")[-12:])
    site.run("load", str(BANK))
    first, second = site.worker(), site.worker()
    try:
        first.wait_ready()
        second.wait_ready()
        site.wait_until(lambda sums: sums["read"] > 30_000, 120)
        first.end(subprocess.Popen.kill)
        third = site.worker()
        try:
            site.wait_until(lambda sums: sums["left"] <= 12, 300)
        finally:
            assert third.end() == 0, "".join(third.lines)
    finally:
        assert second.end() == 0, "".join(second.lines)
    assert by_campaign(site.records("campaign-actions")) == by_campaign(actions)
    published = last_finals([*site.records("campaign-statistics"), *site.records("calling-list-statistics")])
    expected = last_finals(reports)
    assert {key: values(published[key]) for key in expected} == {key: values(report) for key, report in expected.items()}


@pytest.mark.timeout(600)
def test_garbage_among_good_records_costs_only_itself(kafka: Kafka, unique: Callable[[str], str], tmp_path: Path) -> None:
    """Every good record is counted, every bad one is in dead-letters with its reason, bytes as they came (contract 6)."""
    random = Random(11)
    good = [one for one in islice(simulate(preset("site")), 6_000) if one["kind"] in {"CallCompleted", "LeadProcessed"}]
    lines = tmp_path / "good.jsonl"
    lines.write_text("".join(json.dumps(one) + "\n" for one in good))
    with lines.open("rb") as source:
        actions, _ = replayed(source, tmp_path)
    writer = RecordWriter(CALL_RESULT, BuiltinRegistry().id_for("call-results", CALL_RESULT))
    encoded = [(one["campaign"].encode(), writer.encode(typed(one, RESULT_SCHEMA))) for one in good]
    bad = [(random.choice(encoded)[0], value) for value in islice(garbage([value for _, value in encoded], random), GARBAGE)]
    site = Site(kafka, unique("garbage")[-12:])
    kafka.produce(site.topic("call-results"), mixed(encoded, bad, random))
    worker = site.worker()
    try:
        site.wait_until(lambda sums: sums["read"] >= len(encoded) + len(bad) and sums["left"] <= 12, 300)
    finally:
        assert worker.end() == 0, "".join(worker.lines)
    assert by_campaign(site.records("campaign-actions")) == by_campaign(actions)
    letters = site.rows("dead-letters")
    assert Counter(letter.value for letter in letters) == Counter(value for _, value in bad)
    reasons = Counter(dict(letter.headers)["dialstat.reason"].decode() for letter in letters)
    assert set(reasons) == {"malformed", "unknown_schema", "incompatible_schema"}
    assert all(dict(letter.headers)["dialstat.detail"] for letter in letters)


def garbage(good: list[bytes], random: Random) -> Any:
    """Values that no reader of ours can read, of all kinds; damage that leaves a record whole is passed over."""
    decoder = Decoder(contract(CALL_RESULT).schema, BuiltinRegistry())
    kinds = (
        lambda value: random.randbytes(random.randrange(200)),
        lambda value: value[: random.randrange(len(value))],
        lambda value: flipped(value, random),
        lambda value: value[:5] + b"\xfe\xff\xff\xff\x0f" + value[5:],
        lambda value: b"\x00" + random.choice([b"\x00\x00\x00\x07", b"\x00\x00\x07\xd9"]) + value[5:],
        lambda value: b"\x00\x00\x00\x0b\xb9" + value[5:],
        lambda value: json.dumps({"kind": "CallCompleted"}).encode(),
        lambda value: value + b"\x00",
    )
    while True:
        value = random.choice(kinds)(random.choice(good))
        if decoder.decode([value]).refused:
            yield value


def flipped(value: bytes, random: Random) -> bytes:
    """One bit of a value, turned."""
    bit = random.randrange(8 * len(value))
    return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")


def mixed(good: list[tuple[bytes, bytes]], bad: list[tuple[bytes, bytes]], random: Random) -> list[tuple[bytes, bytes]]:
    """All records, the good ones in their order."""
    places = set(random.sample(range(len(good) + len(bad)), len(good)))
    of_good, of_bad = iter(good), iter(bad)
    return [next(of_good if place in places else of_bad) for place in range(len(good) + len(bad))]
