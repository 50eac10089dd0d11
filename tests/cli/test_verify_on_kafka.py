"""`verify` and `explain` on a real Kafka: every report that a worker published is what the rules make of its inputs (domain 7.5)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from typer.testing import CliRunner

from cli.main import app
from schemas.registry import BuiltinRegistry
from tests.agents.site import Site
from tests.engine.test_against_plain import DEFINITIONS
from tests.harness.kafka import Kafka
from topologies.inputs import InputWriter
from transport.security import Brokers

START = 1_700_000_000_000
STATUSES = ("CampaignActivated", "DialingStarted", "DialingStopped", "CampaignDeactivated", "GroupRemoved", "DialModeChanged")


def definitions(folder: Path) -> Path:
    """Every category under every profile, published as often as anything changes; one by the clock."""
    text = re.sub(r"(\[profile\.\w+\]\n)", r'\1min_interval = "50ms"\n', DEFINITIONS)
    file = folder / "definitions.toml"
    file.write_text(text.replace('kind = "selection"', 'kind = "selection"\npublish = "interval"\ninterval = "200ms"'))
    return file


def events(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Events of some campaigns that share two lists: late ones, some of the future, chains, gauges, groups that come and go."""
    random, now = Random(seed), START
    for number in range(count):
        now += random.choice([0, 0, 100, 1_000, 20_000])
        event: dict[str, Any] = {
            "event_id": f"{seed}-{number}",
            "campaign": random.choice("ABCDEF"),
            "tenant": random.choice(["", "", "t"]),
        }
        event["occurred_at"] = 10**14 if number % 500 == 7 else now - random.choice([0, 0, 0, random.randint(0, 900_000)])
        group, calling_list = random.choice("gh"), random.choice("kl")
        kind = random.choice(["CallCompleted", "CallCompleted", "LeadProcessed", "RecordScheduled", "WaitingAgentsStart", *STATUSES])
        event["kind"] = kind
        if kind in {"CallCompleted", "LeadProcessed"}:
            event |= {"calling_list": calling_list, "call_result": random.choice([6, 7, 21, 33, 33, 54]), "chain_id": random.choice("xyz")}
        elif kind == "RecordScheduled":
            event |= {"calling_list": calling_list, "records": random.randint(0, 99)}
        yield event | {"group": group} | ({"dial_mode": random.choice(["Predict", "Progress"])} if kind.startswith("Dial") else {})


def load(kafka: Kafka, site: Site, seed: int, count: int) -> None:
    """Put events onto the input topics, some of them later than those that follow, so that the topics pass each other."""
    random, held = Random(seed), list[dict[str, Any]]()
    with InputWriter(Brokers(kafka.bootstrap), BuiltinRegistry(), site.topic("")) as writer:
        for event in events(seed, count):
            if random.random() < 0.1:
                held.append(event)
                continue
            writer.write(event)
            if random.random() < 0.03:
                writer.flush()
                while held:
                    writer.write(held.pop(0))


@pytest.fixture(name="site")
def _site(kafka: Kafka, unique: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    prefix = unique("verify")[-14:]
    monkeypatch.setenv("DIALSTAT_DEFINITIONS", str(definitions(tmp_path)))
    monkeypatch.setenv("DIALSTAT_BROKERS", kafka.bootstrap)
    monkeypatch.setenv("DIALSTAT_TOPIC_PREFIX", prefix)
    monkeypatch.setenv("DIALSTAT_ALLOWED_LATENESS", "600s")
    return Site(kafka, prefix)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


def shown(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.timeout(600)
def test_what_workers_publish_is_verified_and_explained(kafka: Kafka, site: Site) -> None:
    """Live reports and closed windows, of campaigns and of lists, before and after a worker was killed."""
    load(kafka, site, 1, 1_500)
    first = site.worker()
    try:
        first.wait_ready()
        site.wait_until(lambda sums: sums["read"] >= 1_500 and not sums["left"], 120)
        load(kafka, site, 2, 400)
        first.end(subprocess.Popen.kill)
        load(kafka, site, 3, 400)
        second = site.worker()
        try:
            second.wait_ready()
            site.wait_until(lambda sums: sums["read"] >= 2_300 and not sums["left"], 120)
        finally:
            assert second.end() == 0, "".join(second.lines)
    finally:
        if first.process.poll() is None:
            first.end()
    result = run("verify", "--json")
    assert (result.exit_code, result.stdout) == (0, ""), result.output[:4_000]
    reports = [*site.records("campaign-statistics"), *site.records("calling-list-statistics")]
    assert f"{len(reports):,} of {len(reports):,} reports checked" in result.stderr
    assert {(report["profile"], report["final"]) for report in reports} >= {
        *((profile, final) for profile in ("half", "since") for final in (True, False)),
        *((profile, False) for profile in ("day", "slide", "period", "last3")),
    }
    check_explanation(site)
    check_input_that_is_gone(kafka, site, len(reports))


def check_explanation(site: Site) -> None:
    """What explain lists stands in the input, at the very offsets."""
    printed = shown("tail", "campaign-statistics", "--until-idle", "0", "--offsets")
    report = max(printed, key=lambda report: report["values"].get("Hit") is not None and report["values"]["Dials"])
    where = f"campaign-statistics:{report['partition']}:{report['offset']}"
    *forms, published = shown("explain", where, "Hit", "--json", "--limit", "9999")
    assert (forms[-1]["recomputed"], published["published"]) == (report["values"]["Hit"],) * 2
    listed = [form for form in forms if "event" in form]
    assert len(listed) >= report["values"]["Dials"] > 2
    calls = {(call["partition"], call["offset"]): call for call in shown("tail", "call-results", "--until-idle", "0", "--offsets")}
    for form in listed:
        call = calls[form["event"]["partition"], form["event"]["offset"]]
        assert form["event"]["topic"] == call["topic"] == site.topic("call-results")
        assert (form["event"]["event_id"], form["occurred_at"]) == (call["event_id"], call["occurred_at"])
    text = run("explain", where, "Hit", "--limit", "9999").stdout
    assert all(f"call-results:{form['event']['partition']}:{form['event']['offset']}" in text for form in listed)
    refused = run("explain", "campaign-statistics:0:99999999", "Hit")
    assert (refused.exit_code, "no committed record at offset 99999999" in refused.stderr) == (2, True)


def check_input_that_is_gone(kafka: Kafka, site: Site, count: int) -> None:
    """Reports whose input is no longer retained can't be verified, which is no difference."""
    topic = site.topic("campaign-events")
    deleted = kafka.admin.delete_records([TopicPartition(topic, partition, 1) for partition in range(4)])
    for future in deleted.values():
        future.result(30)
    result = run("verify")
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"0 of {count:,} reports checked, 0 values; 0 reports differ" in result.stderr
    assert f"the input is no longer retained from its beginning: {topic}:0 begins at offset 1" in result.stderr
