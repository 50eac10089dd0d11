"""`dialstat dead-letters` on a real Kafka: what is listed, and that each letter is sent again exactly once (contract 6)."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from schemas.contracts import CALL_RESULT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from tests.agents.site import Site, WorkerProcess
from tests.cli.killed_retry import STAGES
from tests.harness.kafka import Kafka
from topologies.retries import RetryError, RetryWriter
from transport.security import Brokers

WRITER = RecordWriter(CALL_RESULT, BuiltinRegistry().id_for("call-results", CALL_RESULT))
CAMPAIGNS = [f"campaign-{number}" for number in range(12)]


def call(event_id: str, campaign: str, at: int, **fields: Any) -> tuple[bytes, bytes]:
    """A call, as a record of its campaign."""
    given = {"event_id": event_id, "tenant": "", "campaign": campaign, "calling_list": "l", "occurred_at": at, "kind": "CallCompleted"}
    return campaign.encode(), WRITER.encode({**given, "call_result": 33, **fields})


@pytest.fixture(name="site")
def _site(kafka: Kafka, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Site:
    prefix = unique("letters")[-14:]
    for name, value in {"brokers": kafka.bootstrap, "topic_prefix": prefix, "app": f"{prefix}app"}.items():
        monkeypatch.setenv(f"DIALSTAT_{name.upper()}", value)
    return Site(kafka, prefix)


def run(*arguments: str, code: int = 0, stdin: str | None = None) -> Any:
    result = CliRunner().invoke(app, ["dead-letters", *arguments], input=stdin)
    assert result.exit_code == code, result.output
    return result


def listed(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("list", "--json", "--limit", "100000", *arguments).stdout.splitlines()]


def work(site: Site, topic: str, written: int, *options: str) -> None:
    """A worker, until that many records stand in a topic and at most the markers of transactions are left to be read."""
    worker: WorkerProcess = site.worker(*options)
    try:
        worker.wait_ready()
        site.wait_until(lambda sums: not sums["left"] and len(site.rows(topic)) >= written, 120)
    finally:
        assert worker.end() == 0, "".join(worker.lines)


def dials(site: Site) -> Counter[str]:
    return Counter(action["event_id"] for action in site.records("campaign-actions") if action["action"] == "DialMade")


@pytest.mark.timeout(600)
def test_a_retry_that_is_killed_and_run_again_sends_each_letter_once(kafka: Kafka, site: Site) -> None:
    """Killed before and after the commit of a transaction; what is counted in the end is what the rules make of the input."""
    now = time.time_ns() // 1_000_000
    good = [call(f"now-{number}", CAMPAIGNS[number % 12], now + number) for number in range(300)]
    early = [call(f"future-{number}", CAMPAIGNS[number % 12], now + 1_200_000 + number) for number in range(600)]
    kafka.produce(site.topic("call-results"), [record for pair in zip(good, early[:300], strict=True) for record in pair] + early[300:])
    work(site, "dead-letters", 600)
    assert dials(site) == Counter(f"now-{number}" for number in range(300))
    letters = listed("--reason", "future")
    assert len(letters) == 600
    left = 600
    for stage in STAGES:
        killed = subprocess.run(
            [sys.executable, "-m", "tests.cli.killed_retry", stage, "dead-letters", "retry", "--reason", "future", "--yes"],
            capture_output=True,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        left -= 150 if stage == "after" else 100
        assert f"{left:,} letters would be sent again" in run("retry", "--reason", "future", "--dry-run").stderr
    assert f"{left:,} of {left:,} letters were sent again" in run("retry", "--reason", "future", "--yes").stderr
    assert "no letter is to be sent again" in run("retry", "--reason", "future", "--yes").stderr
    work(site, "campaign-actions", 2 * 900, "--future-limit", "1h")
    assert dials(site) == Counter([*(f"now-{number}" for number in range(300)), *(f"future-{number}" for number in range(600))])
    assert all(letter["retried_as"] for letter in listed("--reason", "future"))
    assert len({letter["retried_as"] for letter in listed()}) == 600
    again = {dict(row.headers)["dialstat.retried"].decode() for row in site.rows("call-results") if dict(row.headers)}
    assert again == {letter["letter"] for letter in letters}
    of_campaign = [row.value for row in site.rows("call-results") if row.key == b"campaign-3" and row.headers]
    assert of_campaign == [value for key, value in early if key == b"campaign-3"], "in the order in which they were written"
    verified = CliRunner().invoke(app, ["verify"])
    assert (verified.exit_code, verified.stdout) == (0, ""), verified.output[:2_000]


@pytest.mark.timeout(600)
def test_letters_are_chosen_shown_and_fail_again_as_others(kafka: Kafka, site: Site) -> None:
    """By reason, campaign, time and place; two retries at a time; what fails again is another letter."""
    now = time.time_ns() // 1_000_000
    headers = [("trace", b"\x1b[31m\xff"), ("dialstat.topic", b"forged")]
    kafka.produce(site.topic("call-results"), [(b"spring", b"bad bytes"), call("odd", "spring", now, call_result=54)])
    kafka.produce(site.topic("call-results"), [call("c1", "autumn", now), (b"autumn", b'{"campaign": "autumn", "call_result": "busy"}')])
    kafka.producer.produce(site.topic("campaign-events"), b"no key", headers=headers)
    assert kafka.producer.flush(30) == 0
    work(site, "dead-letters", 4)
    first = listed()
    assert Counter(letter["reason"] for letter in first) == {"malformed": 3, "invalid_call_result": 1}
    assert [letter["campaign"] for letter in listed("--reason", "malformed", "--campaign", "autumn")] == ["autumn"]
    assert {letter["source"]["topic"] for letter in listed("--topic", "campaign-events")} == {site.topic("campaign-events")}
    (keyless,) = listed("--topic", "campaign-events")
    moment = max(letter["set_aside_at"] for letter in first) + 1
    assert listed("--until", str(moment)) == first
    assert listed("--since", str(moment)) == []
    summary = run("list", "--summary").stdout
    assert re.search(r"^1 +0 +invalid_call_result +\S+call-results +spring +20", summary, re.MULTILINE)
    check_what_is_shown(keyless["letter"], first)
    check_refusals(site)

    assert "nothing was sent" in run("retry", "--reason", "malformed", stdin="n\n", code=1).stderr
    assert "3 of 3 letters were sent again" in run("retry", "--reason", "malformed", stdin="y\n").stderr
    work(site, "dead-letters", 7)
    second = listed()
    retried = {letter["letter"]: letter for letter in second if letter["retried_as"]}
    failed_again = [letter for letter in second if letter["attempt"] == 1]
    assert {letter["retry_of"] for letter in failed_again} == retried.keys()
    assert len(second) == 7
    for letter in failed_again:
        assert place_of(letter) == retried[letter["retry_of"]]["retried_as"]
    again = next(letter for letter in failed_again if letter["campaign"] == "autumn")
    told = run("retry", again["letter"], again["retry_of"], "--yes").stderr
    assert "1 letters were sent again before" in told
    assert "1 of 1 letters were sent again" in told
    work(site, "dead-letters", 8)
    assert [letter["retry_of"] for letter in listed() if letter["attempt"] == 2] == [again["letter"]]
    (row,) = [row for row in site.rows("dead-letters") if dict(row.headers).get("dialstat.attempt") == b"2"]
    assert [name for name, _ in row.headers].count("dialstat.retried") == 1
    moved = [row for row in site.rows("campaign-events") if row.value == b"no key"]
    assert [(row.key, row.partition) for row in moved] == [(None, keyless["source"]["partition"])] * 2
    assert moved[1].headers[:2] == tuple(headers)
    check_two_at_a_time(kafka, site)


def place_of(letter: dict[str, Any]) -> str:
    """Where the record of a letter stood."""
    return ":".join(str(letter["source"][name]) for name in ("topic", "partition", "offset"))


def check_what_is_shown(keyless: str, letters: list[dict[str, Any]]) -> None:
    shown = run("show", keyless).stdout
    for part in ("malformed: not the wire format", "header     trace: \\x1b[31m\\xff", "key        none", "6e 6f 20 6b 65 79", "no key"):
        assert part in shown
    odd = next(letter["letter"] for letter in letters if letter["reason"] == "invalid_call_result")
    shown = run("show", odd.partition(":")[2]).stdout
    assert '"event_id": "odd"' in shown
    assert "to do      mend the writer" in shown
    json_sent = next(letter["letter"] for letter in letters if letter["campaign"] == "autumn")
    assert "not in the wire format; it is JSON" in run("show", json_sent).stdout


def check_refusals(site: Site) -> None:
    for arguments, message in (
        (("list", "--reason", "bad"), "there is no reason 'bad'; the reasons are malformed, "),
        (("show", "0:999999"), "has no dead letter 0:999999"),
        (("show", "call-results:0:1"), "a letter is named dead-letters:PARTITION:OFFSET"),
        (("show", "77:1"), f"{site.topic('dead-letters')} has no partition 77, it has 4"),
        (("retry", "0:999999", "--dry-run"), "not among the letters that the options choose"),
        (("list", "--json", "--summary"), "--summary is for people"),
    ):
        assert message in run(*arguments, code=2).stderr


def check_two_at_a_time(kafka: Kafka, site: Site) -> None:
    """The one that began last goes on, the other can't send any more."""
    of_site = (Brokers(kafka.bootstrap), site.topic("dead-letter-retries"), {site.topic("call-results"): 4}, 10.0)
    older, before = RetryWriter(*of_site), len(site.rows("call-results"))
    newer = RetryWriter(*of_site)
    with pytest.raises(RetryError, match="another retry of this site has begun"):
        older.send([], 0, ["gone:0:1"])
    assert newer.send([], 0, ["gone:0:1"]) == []
    assert len(site.rows("call-results")) == before
