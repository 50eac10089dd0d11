"""A gap of years in the input closes more windows at once than one transaction should hold: they go out a chunk at a time."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

from agents import replay
from engine import ledger
from engine.campaigns import Chunk, Limits
from engine.definitions import parse_definitions
from engine.effects import Report
from engine.forms import report_form
from engine.reporting import Moment
from engine.rows import EventRows, ResultRows
from kernels.texts import texts_of
from tests.engine.replaying import at, call, event

DEFINITIONS = parse_definitions(
    """
[profile.quarter]
kind = "growing"
reset = "00:00 +0:15"
publish = "reset"
[statistic.Running]
category = "TotalTime"
main = "StatusRunning"
profiles = ["quarter"]
""",
    "test",
)
MONTH = 31 * 86_400_000
NONE = np.empty(0, dtype=np.int64)
NO_EVENTS = EventRows(NONE, NONE, [])
NO_RESULTS = ResultRows(NONE, NONE, NONE.astype(bool), NONE, NONE.astype(bool), NONE, texts_of([]), texts_of([]))


def finals(monkeypatch: pytest.MonkeyPatch | None) -> tuple[list[dict[str, Any]], int]:
    """Final reports of a month of running, live or, without a patch, in a replay; and the most of them in one chunk."""
    live = Moment(at("12:00:00") + 2 * MONTH)
    if monkeypatch:
        monkeypatch.setattr(replay, "Moment", lambda: live)
    late = call("12:00:00", 6, group="G") | {"occurred_at": at("12:00:00") + MONTH}
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in (event("DialingStarted", "12:00:00"), late))
    run = replay._Run(DEFINITIONS, Limits(), replay.read_input(io.BytesIO(lines), Limits()), 1)
    chunks: list[list[Report]] = [[*effects.reports] for effects, _ in run.steps([], lambda _: None) if effects is not None]
    while run._campaigns.ledger.behind:
        assert run._campaigns.reporter.due(drained=False) is not None, "nobody would come back to it"
        chunks.append([*run._campaigns.apply(Chunk(NO_EVENTS, NONE, NONE, NO_RESULTS, NONE, NONE, moment=live)).reports])
    return [report_form(report) for reports in chunks for report in reports if report.final], max(map(len, chunks))


def test_windows_close_a_chunk_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    expected, all_at_once = finals(None)
    assert all_at_once == len(expected) > 5_000
    monkeypatch.setattr(ledger, "_MOST", 500)
    bounded, most = finals(monkeypatch)
    assert most <= 502
    order = sorted(expected, key=repr)
    assert sorted(bounded, key=repr) == order
