"""Workers on a real Kafka that stop rather than go on with what is wrong, and what makes them go on."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

from schemas.contracts import CALL_RESULT
from schemas.records import RecordWriter
from schemas.registry import BuiltinRegistry
from tests.agents.faulty_worker import INAPPLICABLE, UNREADABLE
from tests.agents.site import Site, WorkerProcess
from tests.harness.kafka import Kafka
from transport.partitioning import partition_of

KEY = b"spring"
PLACE = partition_of(KEY, 4)
WRITER = RecordWriter(CALL_RESULT, BuiltinRegistry().id_for("call-results", CALL_RESULT))


def call(event_id: str, at: int, **fields: Any) -> tuple[bytes, bytes]:
    """A call of one campaign."""
    given = {"event_id": event_id, "tenant": "", "campaign": "spring", "calling_list": "l", "occurred_at": 1_700_000_000_000 + at}
    return KEY, WRITER.encode({**given, "kind": "CallCompleted", "call_result": 33, **fields})


def said(worker: WorkerProcess) -> str:
    """What a worker says that ends by itself, as it can't go on."""
    assert worker.process.wait(60) == 70
    worker.end(lambda _: None)
    return "".join(worker.lines)


def reasons(site: Site) -> Counter[str]:
    return Counter(dict(row.headers)["dialstat.reason"].decode() for row in site.rows("dead-letters"))


def test_a_worker_stops_before_it_empties_a_topic_into_the_dead_letters(kafka: Kafka, unique: Callable[[str], str]) -> None:
    """However often it is started; once the operator has looked, all goes through."""
    site = Site(kafka, unique("limit")[-12:])
    bad = [(KEY, b"bad %d" % number) for number in range(20)]
    kafka.produce(site.topic("call-results"), [call("good-1", 1), *bad, call("good-2", 2)])
    for _ in range(2):
        lines = said(site.worker("--dead-letter-limit", "5/10", "--chunk", "3"))
        assert re.search(
            rf"6 of the last 10 records of \S+call-results-{PLACE} .*\(malformed 6\), the last one at offset 6: malformed", lines
        )
        assert "raise the setting `dead_letter_limit` (now 5/10; 0 is no limit)" in lines
        assert reasons(site) == {"malformed": 5}, "of the chunk that was too much, nothing is written"
    worker = site.worker("--dead-letter-limit", "0")
    try:
        site.wait_until(lambda sums: sums["read"] >= 22 and not sums["left"], 60)
    finally:
        assert worker.end() == 0, "".join(worker.lines)
    assert [row.value for row in site.rows("dead-letters")] == [value for _, value in bad]
    assert [action["event_id"] for action in site.records("campaign-actions") if action["action"] == "DialMade"] == ["good-1", "good-2"]


def test_records_that_a_bug_of_ours_can_not_handle_are_named_and_set_aside(kafka: Kafka, unique: Callable[[str], str]) -> None:
    """The rest of their chunk is counted, once."""
    site = Site(kafka, unique("aside")[-12:])
    calls = [call(f"good-{number}", number) for number in range(40)]
    poison = {23: call(UNREADABLE.decode(), 23), 31: call(INAPPLICABLE, 31)}
    kafka.produce(site.topic("call-results"), [poison.get(number, one) for number, one in enumerate(calls)])
    faulty = [sys.executable, "-m", "tests.agents.faulty_worker"]
    named: list[str] = []
    for offset in poison:
        found = re.search(rf"--set-aside (\S+call-results:{PLACE}:{offset})\b", said(site.worker(*named, command=faulty)))
        assert found is not None
        named = ["--set-aside", ",".join([*named[1:], found[1]])]
    worker = site.worker(*named, command=faulty)
    try:
        site.wait_until(lambda sums: sums["read"] >= 40 and not sums["left"], 60)
    finally:
        assert worker.end() == 0, "".join(worker.lines)
    assert reasons(site) == {"set_aside": 2}
    assert [row.value for row in site.rows("dead-letters")] == [value for _, value in poison.values()]
    dials = [action["event_id"] for action in site.records("campaign-actions") if action["action"] == "DialMade"]
    assert dials == [f"good-{number}" for number in range(40) if number not in poison]
