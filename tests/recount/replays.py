"""Replays of drawn events, and the recount of the same events."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from agents.replay import run_replay
from engine.definitions import Definitions
from recount.inputs import File
from recount.lines import read_lines
from recount.recounting import Recount
from recount.reports import report_of
from tests.engine.test_against_plain import LATENESS, LIMITS, RETENTION


def replayed(events: list[dict[str, Any]], asked: Definitions, at: list[int], folder: Path, chunk: int) -> list[dict[str, Any]]:
    """The reports of a replay."""
    lines = io.BytesIO(b"".join(json.dumps(event).encode() + b"\n" for event in events))
    run_replay(lines, asked, LIMITS, at, folder, lambda _: None, chunk)
    return [json.loads(line) for line in (folder / "statistics.jsonl").read_text().splitlines()]


def recount_of(events: list[dict[str, Any]], asked: Definitions) -> Recount:
    """The recount of a file of events."""
    return Recount(asked, File(read_lines(json.dumps(event).encode() for event in events), (LATENESS, RETENTION)))


def hold(events: list[dict[str, Any]], asked: Definitions, at: list[int], folder: Path, chunk: int) -> list[dict[str, Any]]:
    """The reports of a replay, each of which is what the recount makes of it, window and all."""
    recount, reports = recount_of(events, asked), replayed(events, asked, at, folder, chunk)
    for number, form in enumerate(reports):
        verdict = recount.verify(report_of(form, str(number)))
        assert not verdict.differences
        if form["inputs"]:
            assert (verdict.refusal, dict(verdict.unverified)) == (None, {})
            assert verdict.compared >= len(form["values"])
    return reports
