"""What is set aside, and in which words: the first check that fails names the reason (domain 2.8, contract 6)."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.replay import read_input, run_replay
from engine.admission import Admission
from engine.campaigns import EVENTS, RESULTS, Limits
from engine.catalog import EVENT_KINDS, RESULT_KINDS
from engine.checks import Checked, check_events, check_results
from engine.definitions import default_definitions, parse_definitions
from engine.directory import Directory
from engine.offline import EVENT_SCHEMA, RESULT_SCHEMA, TopicLines, typed
from engine.rows import event_rows, result_rows
from kernels.fields import FieldColumns
from tests.engine.replaying import at, call, event

SHIPPED = parse_definitions(default_definitions(), "default")
TEN = "10:00:00"
FIRST, LAST = -62_135_596_800_000 + 100 * 86_400_000, 253_402_300_799_999 - 100 * 86_400_000
"""The instants between which a calendar can place all windows in every time zone."""
NAME_LIMIT = Limits().name_limit
NAMES = {*EVENT_SCHEMA, *RESULT_SCHEMA}


def letters(folder: Path, lines: list[Any]) -> list[dict[str, Any]]:
    """The dead letters of a replay of events, or of lines as they are."""
    text = b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines)
    run_replay(io.BytesIO(text), SHIPPED, Limits(), [], folder, lambda _: None)
    return [json.loads(line) for line in (folder / "dead_letters.jsonl").read_text().splitlines()]


REQUIRED = "missing_field", "the field {} is required for the kind {}"
CASES = [
    (b"[1]", "malformed", "expected a JSON object, got list"),
    (b'{"kind": "Nonsense"}', "unknown_kind", "'Nonsense' is not the kind of an event or a call result"),
    (b"{}", "unknown_kind", "None is not the kind of an event or a call result"),
    (call(TEN, 18), "invalid_call_result", "call result 18 is not one of an outbound call"),
    (call(TEN, 54), "invalid_call_result", "call result 54 is not one of an outbound call"),
    (call(TEN, -(1 << 31)), "invalid_call_result", "call result -2147483648 is not one of an outbound call"),
    *(
        (call(TEN, 33) | {name: absent}, REQUIRED[0], REQUIRED[1].format(name, "CallCompleted"))
        for name, absent in [("event_id", ""), ("campaign", None), ("calling_list", ""), ("call_result", None), ("occurred_at", None)]
    ),
    *(
        (event(kind, TEN) | {name: absent}, REQUIRED[0], REQUIRED[1].format(name, kind))
        for kind, name, absent in [
            ("CampaignActivated", "event_id", None),
            ("CampaignActivated", "campaign", ""),
            ("CampaignActivated", "occurred_at", None),
            ("CampaignActivated", "group", ""),
            ("GroupRemoved", "group", None),
            ("DialModeChanged", "dial_mode", ""),
            ("RecordScheduled", "records", None),
            ("ProcessingCompleted", "records", None),
        ]
    ),
    (call(TEN, 33, call_result="33"), "malformed", "the field call_result must be a whole number of 32 bits, got '33'"),
    (call(TEN, 33, call_result=1 << 31), "malformed", "the field call_result must be a whole number of 32 bits, got 2147483648"),
    (call(TEN, 33, attempt=True), "malformed", "the field attempt must be a whole number of 32 bits, got True"),
    (call(TEN, 33, occurred_at=1 << 63), "malformed", "the field occurred_at must be a whole number of 64 bits, got 9223372036854775808"),
    (call(TEN, 33, group=7), "malformed", "the field group must be text, got 7"),
    (event("AgentError", TEN, personal="x" * 80), "malformed", f"the field personal must be true or false, got '{'x' * 59}"),
    (event("RecordScheduled", TEN, records=-1), "malformed", "records -1 is negative"),
    (event("RecordScheduled", TEN, records=10**12 + 1), "malformed", "records 1000000000001 is more than 1000000000000"),
    (event("ProcessingCompleted", TEN, records=2**63 - 1), "malformed", "records 9223372036854775807 is more than 1000000000000"),
    *(
        (
            make(occurred_at=instant),
            "malformed",
            f"occurred_at {instant} lies outside the years 1 to 9999, or within 100 days of their ends",
        )
        for instant in (FIRST - 1, LAST + 1)
        for make in (lambda **fields: event("AgentError", TEN, **fields), lambda **fields: call(TEN, 33, **fields))
    ),
    (event("DialingStarted", TEN, dial_mode="predict"), "unknown_kind", "predict is not the name of a dial mode"),
]


@pytest.mark.parametrize(("line", "reason", "detail"), CASES)
def test_a_letter_says_what_is_wrong(tmp_path: Path, line: Any, reason: str, detail: str) -> None:
    """With the line, blank ones counted, and the event as it was read."""
    fine = call(TEN, 6, event_id="fine")
    kept = json.loads(line) if isinstance(line, bytes) else line
    assert letters(tmp_path, [b"", fine, line, fine]) == [{"line": 3, "reason": reason, "detail": detail, "event": kept}]


def test_what_is_not_json_is_kept_as_text(tmp_path: Path) -> None:
    (letter,) = letters(tmp_path, [b"not json \xff\r"])
    assert (letter["line"], letter["reason"], letter["event"]) == (1, "malformed", "not json �")
    assert letter["detail"].startswith("not JSON: ")


def test_what_depends_on_what_came_before(tmp_path: Path) -> None:
    """An anomaly (3.3), and what is later than the allowed lateness, by a millisecond (6.6)."""
    started = event("DialingStarted", "12:00:00", group="H")
    late = [event("AgentError", "11:00:00"), call("12:00:00", 33), call("11:00:00", 33, event_id="c")]
    later = [{**one, "occurred_at": one["occurred_at"] - 1, "event_id": "late"} for one in (late[0], late[2])]
    found = letters(tmp_path, [event("WaitingPortsStart", TEN), started, *late, *later])
    waiting = f"WaitingPortsStart at {at(TEN)} for group G: WaitingPortsStart needs a group that is in StatusRunning"
    too_late = "3600001 ms behind the campaign's clock in this topic; the allowed lateness is 3600000 ms"
    assert [(one["line"], one["reason"], one["detail"]) for one in found] == [
        (1, "anomaly", f"{waiting}; this one is in StatusDeactivated"),
        (6, "too_late", too_late),
        (7, "too_late", too_late),
    ]


def columns_of(*events: dict[str, Any], topic: int) -> FieldColumns:
    lines = TopicLines(topic)
    for number, one in enumerate(events, start=1):
        lines.add(number, one)
    columns, _, _ = lines.columns()
    return columns


def checked_events(*events: dict[str, Any], not_after: int | None) -> Checked:
    return check_events(columns_of(*events, topic=EVENTS), not_after, NAME_LIMIT)


def checked_results(*results: dict[str, Any], not_after: int | None) -> Checked:
    return check_results(columns_of(*results, topic=RESULTS), not_after, NAME_LIMIT)


def test_the_future_is_set_aside_after_all_that_is_wrong_by_itself() -> None:
    """6.7, 2.8; what is as late as the clock allows stands."""
    now = at(TEN)
    ahead = f"occurred_at {now + 1} is later than {now}, the latest instant that this worker's clock allows"
    after = {"occurred_at": now + 1}
    events = [event("AgentError", TEN), event("AgentError", TEN, **after), event("DialingStarted", TEN, dial_mode="x", **after)]
    found = checked_events(*events, event("GroupRemoved", TEN, group=None, **after), not_after=now)
    assert found.ordered.tolist() == [0]
    assert [(one.row, one.reason) for one in found.refused] == [(1, "future"), (2, "unknown_kind"), (3, "missing_field")]
    assert found.refused[0].detail == ahead
    results = [call(TEN, 33), call(TEN, 33, **after), call(TEN, 18, **after), call(TEN, 18), call(TEN, 33, campaign="", **after)]
    found = checked_results(*results, not_after=now)
    assert found.ordered.tolist() == [0, 3], "an invalid result takes part in the order of events (2.5)"
    assert [(one.row, one.reason) for one in found.refused] == [(1, "future"), (2, "invalid_call_result"), (4, "missing_field")]
    assert found.refused[0].detail == ahead


@pytest.mark.parametrize("instant", [FIRST, at(TEN), LAST])
def test_without_a_clock_nothing_is_in_the_future(instant: int) -> None:
    assert checked_events(event("AgentError", TEN, occurred_at=instant), not_after=None).ordered.tolist() == [0]
    assert checked_results(call(TEN, 33, occurred_at=instant), not_after=None).ordered.tolist() == [0]


def test_empty_texts_are_absent() -> None:
    """2.7."""
    for topic, made in ((EVENTS, event("AgentError", TEN, dial_mode="")), (RESULTS, call(TEN, 33, chain_id=""))):
        columns = columns_of(made | {"group": "", "calling_list": "l"}, made | {"group": None, "calling_list": "l"}, topic=topic)
        directory = Directory()
        routes = Admission(9, directory).routes(columns)
        assert [(one.group, one.calling_list) for one in map(directory.routes.__getitem__, routes.tolist())] == [(None, "l")] * 2
        if topic == EVENTS:
            assert [row.dial_mode for row in event_rows(columns, routes).rows] == [None] * 2
        else:
            assert result_rows(columns, routes).chain_id.size.tolist() == [0, 0]


ANY = st.none() | st.sampled_from(
    ["", "x" * 250, "é" * 126, "Predict", True, 0, -1, 5, 33, 18, 1 << 31, 1 << 63, 1.0, at(TEN), FIRST, LAST + 1, []]
)


@given(
    st.lists(st.tuples(st.sampled_from([*EVENT_KINDS, *RESULT_KINDS]), st.dictionaries(st.sampled_from(sorted(NAMES)), ANY)), max_size=5)
)
def test_what_becomes_of_a_line_does_not_depend_on_its_neighbours(drawn: list[tuple[str, dict[str, Any]]]) -> None:
    """Whole columns are checked first, and lines one by one only where something is wrong."""
    lines = [(call(TEN, 33) if kind in RESULT_KINDS else event(kind, TEN)) | fields | {"kind": kind} for kind, fields in drawn]
    together = read_input(io.BytesIO(b"\n".join(map(orjson.dumps, lines))), Limits())
    told = {bad.line: (bad.refusal.reason, bad.refusal.detail) for bad in together.bad}
    taken = {line for topic in together.topics for line in topic.lines.tolist()}
    for number, line in enumerate(lines, start=1):
        alone = read_input(io.BytesIO(orjson.dumps(line)), Limits())
        assert [(bad.refusal.reason, bad.refusal.detail) for bad in alone.bad] == ([told[number]] if number in told else [])
        assert alone.count == (number in taken) == (number not in told)


def test_no_rows() -> None:
    assert checked_results(not_after=at(TEN)).ordered.tolist() == checked_events(not_after=None).ordered.tolist() == []


def test_a_null_tenant_is_the_empty_one() -> None:
    """2.7."""
    assert [typed(call(TEN, 33, tenant=tenant), RESULT_SCHEMA)["tenant"] for tenant in (None, "", "t")] == ["", "", "t"]
    row = typed({"kind": "CallCompleted"}, RESULT_SCHEMA)
    assert (list(row), set(row.values())) == (list(RESULT_SCHEMA), {None, "", "CallCompleted"})
