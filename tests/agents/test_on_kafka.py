"""Whole workers on a real Kafka against the replay of the same file: kills, rebalances, garbage (domain 7.5, 7.6)."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agents.replay import run_replay
from engine.campaigns import Limits
from engine.definitions import default_definitions, parse_definitions
from engine.offline import RESULT_SCHEMA, typed
from kernels.texts import places_of
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
            site.wait_until(lambda sums: not sums["left"], 300)
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
    worker = site.worker("--dead-letter-limit", "0")
    try:
        site.wait_until(lambda sums: sums["read"] >= len(encoded) + len(bad) and not sums["left"], 300)
    finally:
        assert worker.end() == 0, "".join(worker.lines)
    assert by_campaign(site.records("campaign-actions")) == by_campaign(actions)
    letters = site.rows("dead-letters")
    assert Counter(letter.value for letter in letters) == Counter(value for _, value in bad)
    reasons = Counter(dict(letter.headers)["dialstat.reason"].decode() for letter in letters)
    assert set(reasons) == {"malformed", "unknown_schema", "incompatible_schema"}
    assert all(dict(letter.headers)["dialstat.detail"] for letter in letters)


BEFORE = """
[profile.watch]
kind = "growing"
reset = "00:00 +2:00"
[statistic.Dials]
category = "TotalNumber"
main = "DialMade"
profiles = ["watch"]
"""
AFTER = """
[profile.watch]
kind = "growing"
reset = "00:00 +2:00"
[profile.shift]
kind = "growing"
reset = "00:00 +4:00"
[statistic.Dials]
category = "TotalNumber"
main = "DialMade"
profiles = ["watch", "shift"]
[statistic.Answers]
category = "TotalNumber"
main = "DialAnswer"
profiles = ["watch", "shift"]
[statistic.ByResult]
category = "TotalNumber"
main = "DialMade"
by = ["call_result", "dial_mode"]
profiles = ["shift"]
"""
BY_STREAM_TIME = ("--close-grace", "1h")
"""The clock is a day ahead of these events: it must not close windows before the definitions that they are to fill have come."""


@pytest.mark.timeout(600)
def test_definitions_change_while_a_site_runs(kafka: Kafka, unique: Callable[[str], str], tmp_path: Path) -> None:
    """What the new worker reports is what it would be had the definitions always been these, but for what it tells of (domain 7.5)."""
    yesterday = datetime.combine(datetime.now(UTC).date() - timedelta(days=1), time(8), UTC)
    scenario = replace(preset("site"), rate=0.3, start_ms=round(yesterday.timestamp() * 1000))
    events = list(islice(simulate(scenario), 10_000))
    noon, end = (scenario.start_ms + hours * 3_600_000 for hours in (4, 8))
    assert noon < events[5_000]["occurred_at"] < end < events[9_000]["occurred_at"], "the change must fall into a shift that ends"
    files = {name: tmp_path / f"{name}.jsonl" for name in ("first", "second", "all")}
    for name, part in (("first", events[:5_000]), ("second", events[5_000:]), ("all", events)):
        files[name].write_text("".join(json.dumps(one) + "\n" for one in part))
    for name, text in (("before", BEFORE), ("after", AFTER)):
        (tmp_path / f"{name}.toml").write_text(text)
    site = Site(kafka, unique("changed")[-12:])
    for part, definitions in (("first", "before"), ("second", "after")):
        site.run("load", str(files[part]))
        worker = site.worker("--definitions", str(tmp_path / f"{definitions}.toml"), *BY_STREAM_TIME)
        try:
            worker.wait_ready()
            loaded = 5_000 if part == "first" else 10_000
            site.wait_until(lambda sums, loaded=loaded: sums["read"] >= loaded and not sums["left"], 120)  # type: ignore[misc]
        finally:
            assert worker.end() == 0, "".join(worker.lines)
    with files["all"].open("rb") as lines:
        run_replay(lines, parse_definitions(AFTER, "after"), Limits(), [], tmp_path, lambda _: None)
    always = last_finals([json.loads(line) for line in (tmp_path / "statistics.jsonl").read_text().splitlines()])
    published = last_finals([*site.records("campaign-statistics"), *site.records("calling-list-statistics")])
    new = {key: report for key, report in published.items() if "Answers" in report["values"]}
    filled = 0
    for key, report in new.items():
        complete = [name for name in report["values"] if name.split("{")[0] not in report["complete_from"]]
        if key in always:
            filled += key[5] == "shift" and "Dials" in complete
            assert {name: report["values"][name] for name in complete} == {name: always[key]["values"][name] for name in complete}, key
    assert filled, "nothing was filled from the windows that were held"
    assert any(report["complete_from"] for report in new.values()), "nothing was told to be incomplete"


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
        if decoder.decode(places_of([value])).refused:
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
